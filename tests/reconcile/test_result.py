from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from capi_jobs.ledger.forgotten import digest_of
from capi_jobs.model import DataInterval, OrderClass
from tests.reconcile.keys import (
    DAY,
    NOON,
    START,
    classes,
    entry,
    event,
    held,
    hold,
    keys,
    order,
    reconciled,
)

MICROSECOND = timedelta(microseconds=1)


def test_only_orders_of_the_interval_are_classed() -> None:
    times = {
        "before": START - MICROSECOND,
        "first": START,
        "last": DAY.end - MICROSECOND,
        "after": DAY.end,
    }
    rows = [order(name, completed_at=time.isoformat()) for name, time in times.items()]
    with reconciled(rows) as found:
        assert {"first", "last"} == set(keys(found))
        assert found.source_rows == 2


def test_days_are_those_of_the_shop() -> None:
    rows = [
        order("o1", completed_at="2026-11-20T22:59:59Z"),
        order("o2", completed_at="2026-11-20T23:00:00Z"),
        order("o3", completed_at=None),
    ]
    with reconciled(rows, day_timezone="Europe/Berlin") as found:
        days = [count.day for count in found.counts]

    assert [date(2026, 11, 20), date(2026, 11, 21), None] == days


def test_money_is_summed_exactly_and_what_is_none_counts_nothing() -> None:
    values = [
        "0.10",
        "0.20",
        "1e3",
        "NaN",
        "Infinity",
        "free",
        "9" * 400,
        None,
        "-0.05",
    ]
    rows = [order(f"o{i}", value=value) for i, value in enumerate(values)]
    with reconciled(rows) as found:
        [count] = found.counts

    assert (len(values), Decimal("1000.25")) == (count.orders, count.value)


@pytest.mark.parametrize(
    ("currency", "expected"),
    [(" eur ", "EUR"), ("EURO", ""), ("€", ""), (None, ""), ("E1", "")],
)
def test_currencies_are_codes_or_nameless(currency: str | None, expected: str) -> None:
    with reconciled([order(currency=currency)]) as found:
        assert [expected] == [count.currency for count in found.counts]


def test_rows_without_order_id_count_as_one_order() -> None:
    """Nobody can tell them apart; how many rows there are is told beside it."""
    with reconciled([order(None), order("", value="7"), order()]) as found:
        assert (found.source_rows, found.rows_without_id, found.orders) == (3, 2, 2)


def test_rows_without_order_id_are_held_together() -> None:
    together = hold("", rule="order_id_missing", day=None, currency="", value=None)
    with reconciled([order(None)], holds=[together]) as found:
        assert classes(found) == [("held", "order_id_missing", 1)]
        assert list(held(found)) == [""]


def test_the_ledger_is_counted_as_it_was() -> None:
    """By day, whether or not its orders are in the view."""
    entries = [entry("o1"), entry("o9"), entry("o0", day="2026-11-19")]
    with reconciled(
        [order(), order("o2"), order("h1"), order("h2", completed_at=None)],
        entries=entries,
        older=[entry("o2", event_id="o2", day="2026-11-18")],
        holds=[hold("h1"), hold("h2", day=None), hold("h3", day="2026-11-21")],
    ) as found:
        [counted] = found.baseline_entries
        holds = [(held.day, held.holds) for held in found.baseline_holds]
        assert found.totals[OrderClass.DELIVERED] == 2

    assert (2, Decimal(21)) == (counted.entries, counted.value)
    assert [(date(2026, 11, 20), 1), (None, 1)] == holds


def test_keys_come_oldest_first_and_in_pages() -> None:
    hours = [3, 1, 2, 5, 4]
    rows = [
        order(f"o{hour}", completed_at=(START + timedelta(hours=hour)).isoformat())
        for hour in hours
    ]
    rows.append(order("lost", completed_at=None))
    with reconciled(rows) as found:
        pages = [[key.order_id for key in page] for page in found.keys(4)]

    assert pages == [["lost", "o1", "o2", "o3"], ["o4", "o5"]]


def test_held_orders_are_told_apart_from_those_to_be_sent() -> None:
    with reconciled([order("o1"), order("o2")], holds=[hold("o2")]) as found:
        assert (list(keys(found)), list(held(found))) == (["o1"], ["o2"])


def test_pages_of_both_kinds_may_take_turns() -> None:
    rows = [order(f"o{n}") for n in range(6)]
    holds = [hold(f"o{n}") for n in range(3)]
    with reconciled(rows, holds=holds) as found:
        pairs = zip(found.keys(1), found.held_keys(1), strict=True)
        turns = [(a.order_id, b.order_id) for [a], [b] in pairs]

    assert turns == [("o3", "o0"), ("o4", "o1"), ("o5", "o2")]


def test_strange_ids_are_classed_like_others() -> None:
    ids = ["x" * 10_000, "a\0b", "a\nb", 'it\'s "quoted"', "🎁", "%_"]
    rows = [order(i) for i in ids]
    with reconciled(rows, entries=[entry("🎁")], older=[entry('it\'s "quoted"')]) as f:
        assert set(ids) - {"🎁", 'it\'s "quoted"'} == set(keys(f))


STALE: dict[str, dict[str, Any]] = {
    "seen since": {"orders": [order()], "events": [event(order_id="o1")]},
    "excluded since": {"orders": [order(status="cancelled")]},
    "delivered since": {"orders": [order()], "entries": [entry()]},
    "released since": {"orders": [order()], "overrides": {"o1": "release"}},
    "its value changed": {"orders": [order(value="11")]},
    "its currency changed": {"orders": [order(currency="USD")]},
    "its time is missing": {"orders": [order(completed_at=None)]},
    "no longer in the view": {"orders": [order("o2")]},
}


@pytest.mark.parametrize("world", STALE.values(), ids=STALE)
def test_a_hold_that_is_no_longer_true_is_stale_and_counts_nowhere(
    world: dict[str, Any],
) -> None:
    """Else it would stay open for ever, or leave a column in which nobody stood."""
    with reconciled(**world, holds=[hold()]) as found:
        assert found.stale_holds == ("o1",)
        assert found.baseline_holds == ()
        assert found.totals[OrderClass.HELD] == 0


KEPT: dict[str, dict[str, Any]] = {
    "still held": {"orders": [order()], "holds": [hold()]},
    "of a day that was not read": {
        "orders": [order("o2")],
        "holds": [hold(day="2026-11-19")],
    },
    "of a day of which hours were read": {
        "orders": [order("o2")],
        "holds": [hold()],
        "interval": DataInterval(DAY.start, DAY.end - MICROSECOND),
    },
    "without a day, perhaps of another": {
        "orders": [order("o2")],
        "holds": [hold(day=None)],
    },
    "of a view that is empty": {"orders": [], "holds": [hold()]},
}


@pytest.mark.parametrize("world", KEPT.values(), ids=KEPT)
def test_a_hold_that_may_be_true_stays(world: dict[str, Any]) -> None:
    with reconciled(**world) as found:
        assert found.stale_holds == ()


def test_a_held_row_that_changed_is_looked_at_as_a_new_one() -> None:
    with reconciled([order(value="11")], holds=[hold()]) as found:
        assert (list(keys(found)), list(held(found))) == (["o1"], [])


def test_what_was_sent_is_counted_as_it_was_sent() -> None:
    """Its row may have changed since; the ledger moves what it holds."""
    changed = order(value="7", currency="USD", completed_at="2026-11-21T10:00:00Z")
    days = DataInterval(DAY.start, DAY.end + timedelta(days=1))
    with reconciled([changed], entries=[entry()], interval=days) as found:
        [count] = found.counts

    assert (date(2026, 11, 20), "EUR", Decimal("10.50")) == (
        count.day,
        count.currency,
        count.value,
    )


def test_what_was_sent_on_a_day_that_was_not_read_is_counted_where_it_is() -> None:
    with reconciled([order()], entries=[entry(day="2026-11-19")]) as found:
        assert [date(2026, 11, 20)] == [count.day for count in found.counts]


def test_what_was_imported_without_its_worth_is_worth_what_its_row_says() -> None:
    imported = entry(owed_as="imported", value="0", currency="")
    with reconciled([order()], entries=[imported]) as found:
        [count] = found.counts

    assert ("EUR", Decimal("10.50")) == (count.currency, count.value)


def test_what_another_run_claims_while_we_read_is_counted_on_both_sides() -> None:
    """Its order is counted as being sent; else it would be so twice."""
    claimed = entry("o2", status="in_flight")
    with reconciled(
        [order("o1"), order("o2")], entries=[entry("o1")], older=[claimed]
    ) as found:
        assert found.totals[OrderClass.IN_FLIGHT] == 1
        counts = [(c.status, c.entries) for c in found.baseline_entries]

    assert counts == [("delivered", 1), ("in_flight", 1)]


def test_what_was_forgotten_is_counted_once() -> None:
    """It streams by its digest, and is found by its ids."""
    gone = entry(digest_of("o1"), event_id=digest_of("o1"))
    with reconciled([order("o1")], entries=[gone], older=[entry("o1")]) as found:
        [counted] = found.baseline_entries
        assert found.totals[OrderClass.DELIVERED] == 1

    assert counted.entries == 1


def later(number: int) -> str:
    return (NOON + timedelta(minutes=number)).isoformat()


@pytest.mark.parametrize(
    ("parts", "expected"),
    [(1, []), (2, [3]), (3, [2, 4]), (5, [1, 2, 3, 4]), (9, [1, 2, 3, 4])],
)
def test_cuts_leave_as_much_due_in_each_part(parts: int, expected: list[int]) -> None:
    rows = [order(f"o{n}", completed_at=later(n)) for n in range(5)]
    with reconciled(rows) as found:
        cuts = found.cuts(parts)

    assert cuts == [NOON + timedelta(minutes=n) for n in expected]


def test_cuts_are_made_between_moments_and_by_what_is_due_alone() -> None:
    rows = [
        *(order(f"same{n}", completed_at=later(0)) for n in range(4)),
        order("next", completed_at=later(1)),
        order("held", completed_at=later(2)),
        order("sent", completed_at=later(3)),
        order("undated", completed_at=None),
    ]
    with reconciled(rows, holds=[hold("held")], entries=[entry("sent")]) as found:
        assert found.cuts(2) == []
        assert found.cuts(5) == [NOON + timedelta(minutes=1)]


def test_nothing_due_is_cut_nowhere() -> None:
    with reconciled([]) as found:
        assert found.cuts(4) == []


def test_a_part_is_what_was_completed_in_it_and_the_counts_are_of_all() -> None:
    rows = [
        *(order(f"o{n}", completed_at=later(n)) for n in range(4)),
        order("held", completed_at=later(1)),
        order("undated", completed_at=None),
    ]
    part = DataInterval(NOON + timedelta(minutes=1), NOON + timedelta(minutes=3))
    with reconciled(rows, holds=[hold("held")]) as found:
        found.keep_only(part)

        assert set(keys(found)) == {"o1", "o2"}
        assert set(held(found)) == {"held"}
        assert sum(due.orders for due in found.due()) == 2
        assert found.orders == 6


def test_what_shares_an_id_with_an_order_of_another_part_keeps_its_fault() -> None:
    rows = [
        order("o1", event_id="e", completed_at=later(0)),
        order("o2", event_id="e", completed_at=later(5)),
    ]
    with reconciled(rows) as found:
        found.keep_only(DataInterval(NOON, NOON + timedelta(minutes=1)))

        [key] = keys(found).values()

    assert key.fault is not None
    assert key.fault.rule == "event_id_shared"


def test_much_that_is_due_is_read_in_its_order_with_little_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("capi_jobs.reconcile.due._KEPT_LIMIT_MB", 8)
    many = 300_000  # 40 MB, and more than DuckDB reads at once
    rows = [
        order(f"o{n}", completed_at=(NOON + n * 7_919 % many * MICROSECOND).isoformat())
        for n in range(many)
    ]
    with reconciled(rows) as found:
        times = [k.completed_at for page in found.keys(5_000) for k in page]

        assert times == [NOON + n * MICROSECOND for n in range(many)]
        [half] = found.cuts(2)
        assert half == NOON + many // 2 * MICROSECOND
        found.keep_only(DataInterval(half, DAY.end))
        rest = [k.completed_at for page in found.keys(5_000, 10) for k in page]
        assert rest == times[many // 2 + 10 :]
