"""The list of runs: newest first, by destination, status and kind, page by page."""

from datetime import timedelta
from pathlib import Path

import pytest

from capi_jobs.ledger.values import Gate, RunStatus
from capi_jobs.model import OrderClass
from tests.report.building import a_count
from tests.web.views.looking import Looking, books, looking_into

HOSTILE = "<b>r</b>'\"&/..%2f"


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Looking:
    """Runs r1 and r2 of meta-web, of which r2 asks; then one of tiktok-web."""
    folder = tmp_path_factory.mktemp("three")
    looking = looking_into(folder)
    with books(folder) as shop:
        shop.assess(a_count(OrderClass.MISSING, 2))
        shop.ledger.finish_run("r1", RunStatus.DONE, now=shop.now + timedelta(hours=1))
        shop.run_id, shop.now = "r2", shop.now + timedelta(minutes=1)
        shop.gate, shop.gate_reasons = Gate.ASK, ["first_run: everything looks missing"]
        shop.assess(a_count(OrderClass.MISSING, 3))
        shop.ledger.set_run_status("r2", RunStatus.WAITING)
    with books(folder, "tiktok-web") as shop:
        shop.run_id, shop.now = "r3", shop.now + timedelta(minutes=2)
        shop.assess(a_count(OrderClass.DELIVERED, 1))
    return looking


def _ids(looking: Looking, query: str = "") -> list[str]:
    return [one["run_id"] for one in looking.json(f"/runs{query}")["runs"]]


def test_runs_are_told_with_what_each_would_send(three: Looking) -> None:
    newest, asking, _ = three.json("/runs")["runs"]

    assert newest["destinations"][0]["due"] == {"orders": 0, "values": {}}
    assert (asking["status"], asking["first_day"], asking["last_day"]) == (
        "waiting",
        "2026-11-20",
        "2026-11-20",
    )
    assert asking["destinations"] == [
        {
            "destination": "meta-web",
            "status": "waiting",
            "gate": "ask",
            "decision": None,
            "due": {"orders": 3, "values": {"EUR": "30.00"}},
            "note": "",
        }
    ]
    page = three.text("/runs")
    assert "3 orders to send · asks a person" in page
    assert "took 1 h" in page
    assert 'href="/runs/r2"' in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["r3", "r2", "r1"]),
        ("?destination=meta-web", ["r2", "r1"]),
        ("?status=done", ["r1"]),
        ("?kind=run&status=&destination=", ["r3", "r2", "r1"]),
        ("?kind=nightly", []),
        (f"?destination={HOSTILE}", []),
    ],
)
def test_runs_are_filtered(three: Looking, query: str, expected: list[str]) -> None:
    assert _ids(three, query) == expected
    page = three.html(f"/runs{query}")
    assert ("No run fits" in page) == (not expected)
    assert "<b>r" not in page


def test_pages_of_the_list_follow_each_other_and_keep_the_filter(
    three: Looking,
) -> None:
    first = three.json("/runs?limit=2&kind=run")

    older = f"/runs?limit=2&kind=run&after={first['after']}"
    assert _ids(three, older.removeprefix("/runs")) == ["r1"]
    assert three.json(older)["after"] == ""
    assert f"kind=run&amp;after={first['after']}" in three.html(
        "/runs?limit=2&kind=run"
    )
    assert "Newest" in three.html(older)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?status=lost", 422),
        ("?limit=0", 422),
        ("?limit=1000000", 422),
        (f"?kind={'x' * 201}", 422),
        ("?after=bm90aGluZw", 409),
        ("?after=%00", 409),
    ],
)
def test_what_cannot_be_asked_is_refused(
    three: Looking, query: str, status: int
) -> None:
    assert three.status(f"/runs{query}") == (status, status)


def test_before_the_first_run_the_page_says_how_to_start(tmp_path: Path) -> None:
    looking = looking_into(tmp_path)

    assert "There has been no run yet" in looking.text("/runs")
    assert _ids(looking) == []
    assert not (tmp_path / "ledger.db").exists()
