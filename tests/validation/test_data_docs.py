"""Data Docs of what the ledger keeps: whole, linked, and nothing in them runs."""

from datetime import UTC, datetime
from pathlib import Path

from capi_jobs.ledger.values import Validation
from capi_jobs.validation.data_docs import Judged, write

AT = datetime(2026, 11, 23, 3, 15, tzinfo=UTC)
HOSTILE = '"><img src=x onerror=alert(1)>${x}$y'


def _found(rule: str, suite: str = "orders", **changes: object) -> Validation:
    usual: dict[str, object] = {
        "column": "value",
        "severity": "critical",
        "evaluated": 200,
        "failed": 3,
        "share": 0.015,
        "samples": ("o-1",),
        "passed": False,
    }
    return Validation(suite=suite, rule=rule, **usual | changes)  # type: ignore[arg-type]


def _pages(folder: Path) -> dict[str, str]:
    return {
        str(one.relative_to(folder)): one.read_text("utf-8")
        for one in folder.rglob("*.html")
    }


def test_every_suite_of_every_destination_has_a_page_that_the_first_leads_to(
    tmp_path: Path,
) -> None:
    found = [_found("value_negative"), _found("event_id_missing", "conversions")]
    judged = [
        Judged("r-1", name, AT, found) for name in ("meta-web", "shop.tiktok/../x")
    ]

    first = write(tmp_path, judged, {})

    pages = _pages(tmp_path)
    others = set(pages) - {"index.html"}
    assert first == tmp_path / "index.html"
    assert len(others) == 8  # what is expected, and what was found
    assert [name for name in others if name not in pages["index.html"]] == []


def test_a_run_whose_name_looks_like_a_time_has_its_page(tmp_path: Path) -> None:
    judged = Judged("20261123-161500-4526", "meta-web", AT, [_found("value_negative")])

    write(tmp_path, [judged], {})

    (page,) = (t for name, t in _pages(tmp_path).items() if "validations/" in name)
    assert "3 unexpected values found." in page


def test_words_counts_and_examples_are_told_and_what_is_hostile_is_text(
    tmp_path: Path,
) -> None:
    found = [
        _found("value_negative", samples=(HOSTILE,)),
        _found(HOSTILE, column="", severity="warning"),
        _found("coverage_email", severity="info"),
    ]
    says = {("orders", "value_negative"): f"below zero {HOSTILE}"}

    write(tmp_path, [Judged(HOSTILE, "meta-web", AT, found)], says)

    whole = "".join(_pages(tmp_path).values())
    assert "value_negative: below zero" in whole
    assert "3 unexpected values found." in whole
    assert "order &quot;&gt;&lt;img" in whole
    assert "<img src=x" not in whole


def test_what_is_only_counted_fails_nobody(tmp_path: Path) -> None:
    counted = [_found("coverage_email", severity="info")]
    broken = [_found("value_negative", "conversions")]

    write(tmp_path, [Judged("r-1", "meta-web", AT, counted + broken)], {})

    pages = _pages(tmp_path).items()
    (good,) = (text for name, text in pages if "validations/meta-web-orders" in name)
    (bad,) = (text for name, text in pages if "validations/meta-web-conv" in name)
    assert ("</i> Succeeded" in good, "</i> Failed" in good) == (True, False)
    assert ("</i> Succeeded" in bad, "</i> Failed" in bad) == (False, True)
