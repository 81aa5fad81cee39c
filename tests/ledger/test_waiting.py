from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from capi_jobs.ledger.pages import StatusAmount
from capi_jobs.ledger.values import Decision, Gate, HoldEnd, RunStatus
from capi_jobs.ledger.waiting import HoldCount, Waiting
from capi_jobs.lifecycle import Status
from tests.ledger.building import NOON, Bench
from tests.ledger.test_assessments import assess, decide, start
from tests.ledger.test_holds import A_HOLD
from tests.ledger.test_readings import HOUR, a_reading

NOTHING = Waiting(approvals=(), entries=(), holds=(), short=(), stopped=())


def asking(bench: Bench) -> list[tuple[str, str]]:
    parts = bench.ledger.waiting().approvals
    return [(part.run_id, part.destination) for part in parts]


def test_where_all_is_well_nothing_waits(bench: Bench) -> None:
    start(bench)
    assess(bench, gate=Gate.PASS)
    bench.in_status(Status.DELIVERED, 1)
    bench.in_status(Status.IN_FLIGHT, 2)
    bench.ledger.keep_readings([a_reading(short=0)])

    assert bench.ledger.waiting() == NOTHING


def test_a_gate_that_asks_waits_until_it_is_answered(bench: Bench) -> None:
    start(bench, "r1", "meta", "tiktok")
    assess(bench)
    assess(bench, "tiktok")

    assert asking(bench) == [("r1", "meta"), ("r1", "tiktok")]

    decide(bench, Decision.APPROVED, "meta")

    assert asking(bench) == [("r1", "tiktok")]


def test_a_newer_run_answers_what_an_older_asked(bench: Bench) -> None:
    start(bench)
    assess(bench)
    bench.now += timedelta(days=1)
    start(bench, "r2")
    assess(bench, run_id="r2", gate=Gate.PASS)

    assert asking(bench) == []


def test_a_newer_run_that_was_not_assessed_answers_nothing(bench: Bench) -> None:
    start(bench)
    assess(bench)
    bench.now += timedelta(days=1)
    start(bench, "r2")

    assert asking(bench) == [("r1", "meta")]


def test_doubts_and_rejections_are_counted_with_their_value(bench: Bench) -> None:
    bench.in_status(Status.IN_DOUBT, 1, 2)
    bench.in_status(Status.REJECTED, 3)

    assert bench.ledger.waiting().entries == (
        StatusAmount("meta", Status.IN_DOUBT, 2, {"EUR": Decimal("20.20")}),
        StatusAmount("meta", Status.REJECTED, 1, {"EUR": Decimal("10.10")}),
    )


def test_doubts_older_than_the_window_are_told_apart(bench: Bench) -> None:
    bench.in_status(Status.IN_DOUBT, 1, 2)
    sent = bench.now
    bench.now += timedelta(days=1)
    bench.in_status(Status.IN_DOUBT, 3)
    bench.in_status(Status.REJECTED, 4)

    def since(at: datetime, destination: str = "meta") -> int:
        return bench.ledger.in_doubt_since(destination, at)

    assert since(sent - timedelta(seconds=1)) == 0
    assert since(sent) == since(bench.now - timedelta(seconds=1)) == 2
    assert since(bench.now) == 3
    assert since(bench.now, "tiktok") == 0


def test_open_holds_are_counted_by_destination_and_rule(bench: Bench) -> None:
    later = bench.now + timedelta(hours=1)
    bench.ledger.record_holds([A_HOLD], run_id="r1", now=bench.now)
    more = [
        replace(A_HOLD, order_id="o2", currency="JPY", value=Decimal(500)),
        replace(A_HOLD, order_id="o3", rule="email_invalid", value=None),
        replace(A_HOLD, order_id="o4"),
        replace(A_HOLD, order_id="o5", destination="tiktok"),
    ]
    bench.ledger.record_holds(more, run_id="r1", now=later)
    bench.ledger.end_holds("meta", ["o4"], HoldEnd.MENDED, now=later)
    of_meta = [
        HoldCount("meta", "email_invalid", 1, {"EUR": Decimal(0)}, later),
        HoldCount(
            "meta",
            "value_negative",
            2,
            {"EUR": Decimal("-1.50"), "JPY": Decimal(500)},
            NOON,
        ),
    ]

    assert bench.ledger.hold_counts("meta") == of_meta
    assert bench.ledger.waiting().holds == (
        *of_meta,
        HoldCount("tiktok", "value_negative", 1, {"EUR": Decimal("-1.50")}, later),
    )


def test_what_was_short_when_last_read_waits(bench: Bench) -> None:
    earlier = NOON - timedelta(days=1)
    before = a_reading(start=HOUR - timedelta(days=1), taken_at=earlier)
    quality = a_reading(metric="match_quality")
    bench.ledger.keep_readings([before, quality, a_reading()])

    assert bench.ledger.waiting().short == (a_reading(),)


def test_a_destination_that_stopped_waits_until_a_run_of_it_does_not(
    bench: Bench,
) -> None:
    start(bench)
    bench.ledger.finish_destination(
        "r1", "meta", RunStatus.FAILED, now=bench.now, note="the token was refused"
    )

    told = [(one.run_id, one.note) for one in bench.ledger.waiting().stopped]
    assert told == [("r1", "the token was refused")]

    bench.now += timedelta(hours=1)
    start(bench, "r2")
    bench.ledger.finish_destination("r2", "meta", RunStatus.DONE, now=bench.now)

    assert bench.ledger.waiting().stopped == ()
