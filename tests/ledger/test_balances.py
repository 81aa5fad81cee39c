from dataclasses import replace
from datetime import date
from decimal import Decimal

from capi_jobs.ledger.values import HoldEnd, LedgerCount
from capi_jobs.lifecycle import Status
from capi_jobs.model import OwedAs
from tests.ledger.building import Bench
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


def test_what_has_no_day_is_counted_apart(bench: Bench) -> None:
    undated = replace(A_HOLD, order_id="o2", day=None)
    bench.ledger.record_holds([A_HOLD, undated], run_id="r1", now=bench.now)

    (count,) = bench.ledger.undated_counts("meta")

    assert (count.day, count.name, count.orders) == (None, "value_negative", 1)
