from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger.pages import StatusAmount
from capi_jobs.ledger.values import HoldEnd
from capi_jobs.lifecycle import Event, Status
from tests.ledger.building import NOON, Bench, an_entry
from tests.ledger.test_holds import A_HOLD

NINETEENTH, TWENTIETH = date(2026, 11, 19), date(2026, 11, 20)


def listed(bench: Bench, **filters: object) -> list[str]:
    page = bench.ledger.entries_page("meta", **filters)  # type: ignore[arg-type]
    return [row.entry.order_id for row in page.rows]


def test_an_entry_is_shown_with_its_batch(bench: Bench) -> None:
    batch_id = bench.in_status(Status.REJECTED, 1)

    (row,) = bench.ledger.entries_page("meta").rows

    assert (row.entry, row.status, row.last_sent_at) == (
        an_entry(1),
        Status.REJECTED,
        NOON,
    )
    assert row.batch == bench.ledger.batch(batch_id)


def test_entries_come_newest_order_first_and_are_filtered(bench: Bench) -> None:
    bench.in_status(Status.DELIVERED, 1, 2)
    doubtful = bench.in_status(Status.IN_DOUBT, 3)
    bench.claim(4, day=TWENTIETH, event_time=NOON)
    bench.claim(5, destination="tiktok")

    assert listed(bench) == ["o4", "o3", "o2", "o1"]
    assert listed(bench, status=Status.DELIVERED) == ["o2", "o1"]
    assert listed(bench, status=Status.IN_DOUBT) == ["o3"]
    assert listed(bench, status=Status.REJECTED) == []
    assert listed(bench, batch_id=doubtful) == ["o3"]
    assert listed(bench, last_day=NINETEENTH) == ["o3", "o2", "o1"]
    assert listed(bench, first_day=TWENTIETH) == ["o4"]


@pytest.mark.parametrize("hours", [-14, 36])
def test_a_day_of_any_zone_is_found_whole(bench: Bench, hours: int) -> None:
    """The shop's day may begin 14 hours before that of UTC, or end 12 after it."""
    edge = NOON.replace(hour=0, day=19) + timedelta(hours=hours)
    inside = edge if hours < 0 else edge - timedelta(microseconds=1)
    bench.claim(1, day=NINETEENTH, event_time=inside)

    assert listed(bench, first_day=NINETEENTH, last_day=NINETEENTH) == ["o1"]


# ── Quarantine ──────────────────────────────────────────────────────────────────


def held(bench: Bench, **filters: object) -> list[str]:
    page = bench.ledger.holds_page(**filters)  # type: ignore[arg-type]
    return [row.order_id for row in page.rows]


def test_open_holds_are_filtered(bench: Bench) -> None:
    holds = [
        A_HOLD,
        replace(A_HOLD, order_id="o2", rule="currency_unknown", value=Decimal("9.90")),
        replace(A_HOLD, order_id="o3", day=TWENTIETH, value=Decimal("10.10")),
        replace(A_HOLD, order_id="o4", day=None, value=None),
        replace(A_HOLD, order_id="o5", destination="tiktok", value=Decimal(100)),
        replace(A_HOLD, order_id="o6"),
    ]
    bench.ledger.record_holds(holds, run_id="r1", now=bench.now)
    bench.ledger.end_holds("meta", ["o6"], HoldEnd.MENDED, now=bench.now)

    assert held(bench) == ["o1", "o2", "o3", "o4", "o5"]
    assert held(bench, destination="tiktok") == ["o5"]
    assert held(bench, rule="currency_unknown") == ["o2"]
    assert held(bench, first_day=TWENTIETH) == ["o3"]
    assert held(bench, last_day=NINETEENTH) == ["o1", "o2", "o5"]
    assert held(bench, min_value=Decimal("10.10")) == ["o3", "o5"]
    assert held(bench, max_value=Decimal("10.1")) == ["o1", "o2", "o3"]
    assert held(bench, min_value=Decimal(0), max_value=Decimal(10)) == ["o2"]


def test_the_quarantine_pages_over_destinations(bench: Bench) -> None:
    holds = [
        replace(A_HOLD, order_id=f"o{number}", destination=name)
        for name in ("meta", "tiktok")
        for number in range(3)
    ]
    bench.ledger.record_holds(holds, run_id="r1", now=bench.now)
    first = bench.ledger.holds_page(limit=4)
    second = bench.ledger.holds_page(limit=4, after=first.after)

    told = [(row.destination, row.order_id) for row in first.rows + second.rows]
    assert told == [(one.destination, one.order_id) for one in holds]
    assert second.after is None


# ── Runs and their batches ──────────────────────────────────────────────────────


def test_a_batch_is_shown_with_what_it_holds(bench: Bench) -> None:
    batch_id = bench.claim_these(
        [an_entry(1), an_entry(2, currency="JPY", value=Decimal(500)), an_entry(3)]
    ).batch_id
    bench.settle(batch_id, Event.ACCEPTED)

    (row,) = bench.ledger.batches_page("r1").rows

    assert (row.batch, row.events, row.orders, row.values, row.created_at) == (
        bench.ledger.batch(batch_id),
        3,
        3,
        {"EUR": Decimal("20.20"), "JPY": Decimal(500)},
        NOON,
    )


def test_a_released_batch_holds_nothing(bench: Bench) -> None:
    bench.in_status(Status.RELEASED, 1)

    (row,) = bench.ledger.batches_page("r1").rows

    assert (row.events, row.orders, row.values) == (1, 0, {})


def test_batches_of_a_run_are_filtered_and_paged(bench: Bench) -> None:
    first = bench.in_status(Status.DELIVERED, 1)
    bench.now += timedelta(seconds=1)
    second = bench.in_status(Status.DELIVERED, 2)
    bench.now += timedelta(seconds=1)
    other = bench.claim(3, destination="tiktok").batch_id

    def ids(**filters: object) -> list[str]:
        page = bench.ledger.batches_page("r1", **filters)  # type: ignore[arg-type]
        return [row.batch.batch_id for row in page.rows]

    assert ids() == [first, second, other]
    assert ids(destination="tiktok") == [other]
    assert ids(status=Status.DELIVERED) == [first, second]
    page = bench.ledger.batches_page("r1", limit=1)
    assert ids(after=page.after) == [second, other]
    assert bench.ledger.batches_page("r2").rows == ()


def test_what_a_run_sent_is_counted_by_status(bench: Bench) -> None:
    bench.in_status(Status.DELIVERED, 1, 2)
    bench.in_status(Status.REJECTED, 3)
    bench.claim(4, destination="tiktok", currency="JPY")

    assert bench.ledger.sent_by_run("r1") == [
        StatusAmount("meta", Status.DELIVERED, 2, {"EUR": Decimal("20.20")}),
        StatusAmount("meta", Status.REJECTED, 1, {"EUR": Decimal("10.10")}),
        StatusAmount("tiktok", Status.IN_FLIGHT, 1, {"JPY": Decimal("10.10")}),
    ]
    assert bench.ledger.sent_by_run("r2") == []


# ── What comes out of somebody's browser ────────────────────────────────────────


@pytest.mark.parametrize("text", ["\x00", "\ud800", "x" * 9_000, "'; DROP"])
def test_a_filter_that_fits_nothing_finds_nothing(bench: Bench, text: str) -> None:
    bench.in_status(Status.IN_DOUBT, 1)

    assert bench.ledger.entries_page(text, status=Status.IN_DOUBT).rows == ()
    assert bench.ledger.entries_page("meta", batch_id=text).rows == ()
    assert bench.ledger.holds_page(text, rule=text).rows == ()
    assert bench.ledger.batches_page(text, destination=text).rows == ()
    assert bench.ledger.sent_by_run(text) == []
    assert bench.ledger.hold_counts(text) == []


def test_the_ends_of_the_calendar_are_days_as_others(bench: Bench) -> None:
    bench.claim(1)

    assert listed(bench, first_day=date.min, last_day=date.max) == ["o1"]


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1E+999999"])
def test_a_value_that_no_order_has_is_refused(bench: Bench, value: str) -> None:
    with pytest.raises(DecisionRefused, match="value"):
        bench.ledger.holds_page(min_value=Decimal(value))
