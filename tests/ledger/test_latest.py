from datetime import date, timedelta
from decimal import Decimal

from capi_jobs.ledger.values import Assessment, Gate
from capi_jobs.lifecycle import Event, Status
from capi_jobs.model import ClassCount, OrderClass
from tests.ledger.building import Bench
from tests.ledger.test_assessments import DAY, start
from tests.ledger.test_balances import NINETEENTH, TWENTIETH, entries_of


def assess(bench: Bench, run_id: str, *counts: ClassCount, **more: object) -> None:
    start(bench, run_id)
    found = Assessment(
        interval=DAY,
        gate=Gate.PASS,
        counts=counts,
        baselines=bench.ledger.live_counts("meta"),
        **more,  # type: ignore[arg-type]
    )
    bench.ledger.record_assessment(run_id, "meta", found, now=bench.now)
    bench.now += timedelta(hours=1)


def missing(day: date | None, orders: int) -> ClassCount:
    return ClassCount(day, "EUR", OrderClass.MISSING, "", orders, Decimal(orders))


def test_each_day_has_its_latest_assessment(bench: Bench) -> None:
    assess(bench, "r1", missing(NINETEENTH, 5), missing(TWENTIETH, 6))
    assess(bench, "r2", missing(TWENTIETH, 7))

    found = bench.ledger.latest_balances("meta", NINETEENTH, TWENTIETH)

    assert [(one.day, one.run_id, one.counts) for one in found] == [
        (NINETEENTH, "r1", (missing(NINETEENTH, 5),)),
        (TWENTIETH, "r2", (missing(TWENTIETH, 7),)),
    ]


def test_a_day_that_became_empty_is_empty(bench: Bench) -> None:
    """Its orders were removed from the warehouse: an older balance would lie."""
    assess(bench, "r1", missing(NINETEENTH, 5))
    assess(bench, "r2", days=(NINETEENTH, TWENTIETH))

    found = bench.ledger.latest_balances("meta", NINETEENTH, NINETEENTH)

    assert [(one.run_id, one.counts) for one in found] == [("r2", ())]


def test_orders_without_a_day_are_those_of_the_last_assessment(bench: Bench) -> None:
    assess(bench, "r1", missing(NINETEENTH, 5), missing(None, 1))
    assess(bench, "r2", missing(NINETEENTH, 5), missing(None, 2))

    found = bench.ledger.latest_balances("meta", NINETEENTH, NINETEENTH)

    assert found[-1].counts == (missing(None, 2),)


def test_days_that_nobody_assessed_are_left_out(bench: Bench) -> None:
    assess(bench, "r1", missing(NINETEENTH, 5))

    assert bench.ledger.latest_balances("meta", TWENTIETH, TWENTIETH) == []
    assert bench.ledger.latest_balances("tiktok", NINETEENTH, NINETEENTH) == []


def test_what_moved_since_is_live_less_baseline(bench: Bench) -> None:
    bench.in_status(Status.DELIVERED, 1)
    assess(bench, "r1", missing(NINETEENTH, 2))
    batch_id = bench.claim(2, 3).batch_id
    bench.settle(batch_id, Event.ACCEPTED)

    (balance,) = bench.ledger.latest_balances("meta", NINETEENTH, NINETEENTH)

    assert balance.baselines == (entries_of(Status.DELIVERED, 1, "10.10"),)
    assert bench.ledger.live_counts("meta") == [
        entries_of(Status.DELIVERED, 3, "30.30")
    ]
