"""The validation report: by suite and rule, beside earlier runs, and as files."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from capi_jobs.ledger.values import Coverage
from capi_jobs.model import OrderClass
from capi_jobs.web.page import API
from tests.report.building import a_count, a_validation
from tests.web.views.looking import Looking, books, looking_into

HOSTILE = "=1+1<script>alert(1)</script>&\"'/?"
READY = [Coverage("website", "email", 10, 9, 0)]


def _rules(failed: int) -> list[Any]:
    share = failed / 100
    usual = {"failed": failed, "share": share, "passed": not failed}
    return [
        a_validation("currency_unknown"),
        a_validation("value_negative", samples=(HOSTILE,) * bool(failed), **usual),
        a_validation("value_zero", severity="warning", failed=2, share=0.02),
        a_validation("coverage_email", severity="info", failed=9, share=0.09),
        a_validation("coverage_email", suite="conversions", severity="info"),
        a_validation("a_fault_of_the_reader", **usual),
    ]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Looking:
    """Four nights: 1, 2 and 4 orders failed; then only held ones were looked at."""
    folder = tmp_path_factory.mktemp("judged")
    looking = looking_into(folder, rules=None)
    with books(folder) as shop:
        for run_id, failed in (("r1", 1), ("r2", 2), ("r3", 4), ("r4", 0)):
            shop.run_id = run_id
            shop.coverage = READY if failed else []
            shop.validations = _rules(failed)
            shop.assess(a_count(OrderClass.MISSING, 96))
            shop.now += timedelta(days=1)
    return looking


def _rule(looking: Looking, rule: str, path: str = "/validation/r3/meta-web") -> Any:  # noqa: ANN401
    return next(one for one in looking.json(path)["rules"] if one["rule"] == rule)


def test_what_holds_orders_comes_first_with_words_and_examples(
    judged: Looking,
) -> None:
    told = judged.json("/validation/r3/meta-web")

    names = [one["rule"] for one in told["rules"]]
    assert names[:3] == ["a_fault_of_the_reader", "value_negative", "value_zero"]
    worst = _rule(judged, "value_negative")
    assert (worst["severity"], worst["failed"], worst["share"], worst["broken"]) == (
        "critical",
        4,
        0.04,
        True,
    )
    assert worst["says"] == "the value is below zero: a refund is no conversion"
    assert worst["ask"] == "the owner of the orders' view"
    assert worst["order_ids"] == [HOSTILE]
    assert told["says"].startswith("2 expectations hold orders back.")


def test_a_rule_is_compared_with_the_runs_before_it(judged: Looking) -> None:
    worst = _rule(judged, "value_negative")

    assert round(worst["change"], 6) == 0.02
    earlier = [(one["run_id"], one["failed"]) for one in worst["earlier"]]
    assert earlier == [("r2", 2), ("r1", 1)]
    first = _rule(judged, "value_negative", "/validation/r1/meta-web")
    assert (first["change"], first["earlier"]) == (None, [])
    page = judged.text("/validation/r3/meta-web")
    assert "▲ 2.0 points" in page
    assert "<svg" in page.partition("Beside the runs before")[2]
    assert "no earlier run" in judged.text("/validation/r1/meta-web")


def test_both_suites_have_words_of_their_own(judged: Looking) -> None:
    rules = judged.json("/validation/r3/meta-web")["rules"]
    says = {one["suite"]: one["says"] for one in rules if "email" in one["rule"]}
    assert says == {
        "orders": "the order has no e-mail address",
        "conversions": "the conversion has no e-mail address as match key",
    }


def test_a_look_at_held_orders_alone_says_so_and_is_not_the_latest(
    judged: Looking,
) -> None:
    assert judged.json("/validation/r4/meta-web")["of_held_alone"] is True
    assert "looked again only at orders" in judged.text("/validation/r4/meta-web")
    meta, *others = judged.json("/validation")["destinations"]
    assert (meta["run_id"], meta["level"]) == ("r3", "look")
    assert [one["rule"] for one in meta["broken"]] == [
        "a_fault_of_the_reader",
        "value_negative",
    ]
    assert {one["level"] for one in others} == {"empty"}
    page = judged.text("/validation")
    assert 'href="/validation/r3/meta-web"' in page
    assert "No run has looked at any order yet" in page


def test_the_csv_is_safe_and_says_what_it_is(judged: Looking) -> None:
    answer = judged.client.get(f"{API}/validation/r3/meta-web/rules.csv")

    assert answer.headers["content-type"].startswith("text/csv")
    name = 'attachment; filename="validation-r3-meta-web.csv"'
    assert answer.headers["content-disposition"] == name
    rows = {row["rule"]: row for row in csv.DictReader(io.StringIO(answer.text))}
    assert rows["value_negative"]["order_ids"] == f"'{HOSTILE}"
    assert rows["value_negative"]["share_before"] == "0.020000"
    assert rows["currency_unknown"]["failed"] == "0"


def test_what_orders_are_called_is_shown_as_text(judged: Looking) -> None:
    page = judged.html("/validation/r3/meta-web")

    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/validation/r-7/meta-web", 404),
        ("/validation/r3/tiktok-web", 404),
        ("/validation/r3/%3Cb%3E", 404),
        (f"/validation/{'x' * 201}/meta-web", 422),
    ],
)
def test_what_is_not_there_is_said(judged: Looking, path: str, status: int) -> None:
    assert judged.status(path) == (status, status)
    file = judged.client.get(f"{API}{path}/rules.csv")
    assert file.status_code == status


def test_before_the_first_run_the_page_says_how_to_start(tmp_path: Path) -> None:
    looking = looking_into(tmp_path)

    assert "capi-jobs run --destination meta-web" in looking.text("/validation")
    assert {one["run_id"] for one in looking.json("/validation")["destinations"]} == {
        ""
    }
    assert not (tmp_path / "ledger.db").exists()
