from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from capi_jobs.ledger.values import Assessment, Gate, HoldEnd, LedgerCount
from capi_jobs.lifecycle import Event, Status
from capi_jobs.model import ClassCount, OrderClass, OwedAs
from tests.ledger.building import Bench
from tests.ledger.test_assessments import DAY, start
from tests.ledger.test_holds import A_HOLD

NINETEENTH, TWENTIETH = date(2026, 11, 19), date(2026, 11, 20)


def entries_of(status: Status, orders: int, value: str, **more: object) -> LedgerCount:
    count = LedgerCount(
        NINETEENTH, "EUR", "entries", status, "missing", orders, Decimal(value)
    )
    return replace(count, **more)  # type: ignore[arg-type]


def test_entries_are_counted_by_day_currency_status_and_why(bench: Bench) -> None:
    bench.in_status(Status.DELIVERED, 1, 2)
    bench.claim(3, owed_as=OwedAs.ENRICHMENT)
    bench.claim(4, currency="JPY", day=TWENTIETH, value=Decimal(500))
    bench.claim(5, destination="tiktok")

    assert set(bench.ledger.live_counts("meta")) == {
        entries_of(Status.DELIVERED, 2, "20.20"),
        entries_of(Status.IN_FLIGHT, 1, "10.10", owed_as="enrichment"),
        entries_of(Status.IN_FLIGHT, 1, "500", currency="JPY", day=TWENTIETH),
    }
    assert set(bench.ledger.live_counts("meta", TWENTIETH, TWENTIETH)) == {
        entries_of(Status.IN_FLIGHT, 1, "500", currency="JPY", day=TWENTIETH)
    }


def test_open_holds_are_counted_by_rule(bench: Bench) -> None:
    undated = replace(A_HOLD, order_id="o3", day=None, value=None, currency="")
    holds = [A_HOLD, replace(A_HOLD, order_id="o2"), undated]
    bench.ledger.record_holds(holds, run_id="r1", now=bench.now)
    bench.ledger.end_holds("meta", ["o2"], HoldEnd.MENDED, now=bench.now)

    negative = LedgerCount(
        NINETEENTH, "EUR", "holds", "value_negative", "", 1, Decimal("-1.50")
    )
    assert set(bench.ledger.live_counts("meta")) == {
        negative,
        LedgerCount(None, "", "holds", "value_negative", "", 1, Decimal(0)),
    }
    assert bench.ledger.live_counts("meta", NINETEENTH, NINETEENTH) == [negative]


def test_sums_are_exact(bench: Bench) -> None:
    """Neither a float nor 28 digits would do."""
    large, small = Decimal("9" * 40), Decimal("0.000000001")
    bench.claim(1, value=large)
    bench.claim(2, value=small)

    (count,) = bench.ledger.live_counts("meta")

    assert str(count.value) == "9" * 40 + ".000000001"


def test_statuses_are_counted_for_each_destination(bench: Bench) -> None:
    bench.in_status(Status.DELIVERED, 1, 2)
    bench.claim(3, destination="tiktok")

    assert bench.ledger.status_counts() == {
        ("meta", Status.DELIVERED): 2,
        ("tiktok", Status.IN_FLIGHT): 1,
    }
    assert bench.ledger.status_counts("meta") == {("meta", Status.DELIVERED): 2}


# ── The latest balance of each day ──────────────────────────────────────────────


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
