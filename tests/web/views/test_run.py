"""One run: how far its orders came, what happened, and its calls with receipts."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from capi_jobs.ledger.values import Assessment, Decision, Gate, RunStatus, SliceDue
from capi_jobs.lifecycle import Event
from capi_jobs.model import DataInterval, OrderClass
from tests.report.building import NOON, a_count, a_validation
from tests.web.views.looking import Looking, books, looking_into

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Looking:
    """Run r1 asked, was approved, and sent five orders of which three arrived."""
    folder = tmp_path_factory.mktemp("ran")
    looking = looking_into(folder)
    with books(folder) as shop:
        shop.gate, shop.gate_reasons = Gate.ASK, [f"first_run: all is new {HOSTILE}"]
        shop.validations = [a_validation("value_negative", failed=2)]
        shop.assess(
            a_count(OrderClass.MISSING, 5),
            a_count(OrderClass.HELD, 2),
            a_count(OrderClass.SEEN_BROWSER, 93),
        )
        shop.now += timedelta(minutes=5)
        shop.ledger.decide(
            "r1",
            None,
            Decision.APPROVED,
            actor="dora",
            reason=f"plausible {HOSTILE}",
            now=shop.now,
        )
        shop.now += timedelta(minutes=1)
        shop.ledger.start_delivery("r1", "meta-web", now=shop.now)
        shop.send(Event.ACCEPTED, "o-1", "o-2", "o-3")
        shop.send(Event.REFUSED, "o-4", reason=f"(#100) {HOSTILE}")
        shop.send(Event.LOST, "o-5")
        shop.send(Event.DEFERRED, "o-6")
        shop.now += timedelta(seconds=30)
        shop.ledger.finish_destination("r1", "meta-web", RunStatus.DONE, now=shop.now)
        shop.ledger.finish_run("r1", RunStatus.DONE, now=shop.now)
    return looking


def _of(looking: Looking) -> dict[str, Any]:
    (one,) = looking.json("/runs/r1")["destinations"]
    return dict(one)


def test_the_funnel_tells_how_far_orders_came(ran: Looking) -> None:
    stages = {
        stage["name"]: (stage["worth"]["orders"], stage["worth"]["values"]["EUR"])
        for stage in _of(ran)["funnel"]
    }
    assert stages == {
        "looked_at": (100, "1000.00"),
        "due": (7, "70.00"),
        "ready": (5, "50.00"),
        "sent": (5, "50.00"),
        "delivered": (3, "30.00"),
        "rejected": (1, "10.00"),
        "in_doubt": (1, "10.00"),
    }
    page = ran.text("/runs/r1")
    assert "passed validation" in page
    assert "Done: 3 orders delivered, 1 order rejected, 1 order in doubt." in page


def test_what_happened_is_told_in_its_order_with_how_long_it_took(
    ran: Looking,
) -> None:
    steps = ran.json("/runs/r1")["steps"]

    assert [(one["what"], one["seconds"]) for one in steps] == [
        ("started", None),
        ("asked", 0.0),
        ("approved", 300.0),
        ("delivering", None),
        ("delivered", 30.0),
        ("finished", 390.0),
    ]
    assert (steps[2]["actor"], steps[2]["words"]) == ("dora", f"plausible {HOSTILE}")


def test_a_count_after_the_answer_is_not_the_question(tmp_path: Path) -> None:
    looking = looking_into(tmp_path)
    with books(tmp_path) as shop:
        shop.assess(a_count(OrderClass.MISSING, 1))
        shop.ledger.start_delivery("r1", "meta-web", now=NOON + timedelta(minutes=1))
        shop.now += timedelta(minutes=9)
        shop.assess(a_count(OrderClass.DELIVERED, 1))

    steps = [one["what"] for one in looking.json("/runs/r1")["steps"]]

    assert steps == ["started", "delivering", "counted"]


def test_the_gate_says_why_it_asked_and_who_answered(ran: Looking) -> None:
    asking = _of(ran)["asking"]

    assert asking["reasons"] == [{"rule": "first_run", "says": f"all is new {HOSTILE}"}]
    assert (asking["decision"], asking["decided_by"]) == ("approved", "dora")
    assert asking["approved"] == {"orders": 5, "values": {"EUR": "50.00"}}
    assert (asking["waits"], asking["undelivered"]) == (False, False)


def test_calls_have_receipts_and_come_page_by_page(ran: Looking) -> None:
    first = ran.json("/runs/r1?limit=3")
    rest = ran.json(f"/runs/r1?limit=3&after={first['calls_after']}")
    calls = first["calls"] + rest["calls"]

    told = {call["status"]: (call["events"], call["holds"]["orders"]) for call in calls}
    assert told == {
        "delivered": (3, 3),
        "rejected": (1, 1),
        "in_doubt": (1, 1),
        "released": (1, 0),
    }
    assert rest["calls_after"] == ""
    rejected = ran.json("/runs/r1?status=rejected&destination=meta-web")["calls"]
    assert [call["reason"] for call in rejected] == [f"(#100) {HOSTILE}"]
    assert "No call fits" in ran.html("/runs/r1?destination=nobody")


def test_all_that_others_wrote_is_shown_as_text(ran: Looking) -> None:
    page = ran.html("/runs/r1")

    assert page.count("&lt;script&gt;alert") >= 3  # reason, answer, platform's words
    assert "<script>alert" not in page


def test_links_lead_to_the_validation_and_the_report(ran: Looking) -> None:
    page = ran.html("/runs/r1")

    assert 'href="/validation/r1/meta-web"' in page
    assert 'href="/report/r1"' in page


def test_a_run_in_parts_tells_each(tmp_path: Path) -> None:
    looking, day = looking_into(tmp_path), timedelta(days=1)
    span = DataInterval(NOON - day, NOON)
    with books(tmp_path) as shop:
        shop.ledger.start_run(
            "r1",
            kind="nightly",
            interval=span,
            destinations=["meta-web"],
            actor="airflow",
            now=NOON,
        )
        parts = [SliceDue(span, 7, {}), SliceDue(span, 8, {})]
        found = Assessment(interval=span, gate=Gate.PASS, due=(15, {}), slices=parts)
        shop.ledger.record_assessment("r1", "meta-web", found, now=NOON)
        begun = shop.ledger.start_slice("r1", "meta-web", 1, now=NOON)
        shop.ledger.finish_slice(begun, RunStatus.FAILED, now=NOON, note="stopped")

    parts_told = _of(looking)["parts"]

    assert [(one["number"], one["due"]["orders"]) for one in parts_told] == [
        (1, 7),
        (2, 8),
    ]
    assert [one["status"] for one in parts_told] == ["waiting", "failed"]
    assert "Delivered in 2 parts" in looking.text("/runs/r1")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/runs/r-7", 404),
        ("/runs/%3Cb%3Ex", 404),
        (f"/runs/{'x' * 201}", 422),
        ("/runs/r1?status=gone", 422),
        ("/runs/r1?after=%ff", 409),
    ],
)
def test_what_is_not_there_is_said(ran: Looking, path: str, status: int) -> None:
    assert ran.status(path) == (status, status)
    assert "<b>x" not in ran.client.get(path).text


def test_before_the_first_run_there_is_none(tmp_path: Path) -> None:
    assert looking_into(tmp_path).status("/runs/r1") == (404, 404)
