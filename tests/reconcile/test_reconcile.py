from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from capi_jobs.errors import BalanceOpen, WarehouseUnavailable
from capi_jobs.model import DataInterval, OrderClass, OwedAs
from capi_jobs.reconcile import classing, reconcile
from tests.reconcile.keys import (
    AGE_MAX,
    DAY,
    LEASE,
    NOON,
    NOW,
    START,
    WINDOW,
    batches,
    classes,
    entry,
    event,
    held,
    hold,
    keys,
    order,
    policy,
    reconciled,
)

BROWSER = event(channel="browser", order_id="o1", event_id="px1")
MICROSECOND = timedelta(microseconds=1)

# One order, what is known of it, and the only class and reason that fit.
CASES: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "nobody saw it": ({}, ("missing", "")),
    # The ledger comes first.
    "in flight": ({"entries": [entry(status="in_flight")]}, ("in_flight", "")),
    "in doubt": ({"entries": [entry(status="in_doubt")]}, ("in_doubt", "")),
    "sent again": ({"entries": [entry(status="resending")]}, ("in_doubt", "")),
    "delivered": ({"entries": [entry()]}, ("delivered", "")),
    "rejected": ({"entries": [entry(status="rejected")]}, ("rejected", "")),
    "released is not sent": ({"entries": [entry(status="released")]}, ("missing", "")),
    "delivered, then cancelled": (
        {"orders": [order(status="cancelled")], "entries": [entry()]},
        ("delivered", ""),
    ),
    "delivered, and in the log": (
        {"entries": [entry()], "events": [event(order_id="o1")]},
        ("delivered", ""),
    ),
    "delivered under another event": (
        {"entries": [entry(event_name="Subscribe")]},
        ("missing", ""),
    ),
    "delivered under our own name": (
        {"entries": [entry(event_name="purchase")]},
        ("delivered", ""),
    ),
    "delivered long before": ({"older": [entry()]}, ("delivered", "")),
    # Exclusions.
    "cancelled": ({"orders": [order(status="Cancelled")]}, ("excluded", "status")),
    "status in capitals": ({"orders": [order(status=" PAID ")]}, ("missing", "")),
    "test order": ({"orders": [order(is_test=" Yes")]}, ("excluded", "test")),
    "test before consent": (
        {"orders": [order(is_test="1", consent="0")]},
        ("excluded", "test"),
    ),
    "consent denied": (
        {"orders": [order(consent="F")]},
        ("excluded", "consent_denied"),
    ),
    "consent unknown": (
        {"orders": [order(consent_told="true")]},
        ("excluded", "consent_unknown"),
    ),
    "consent unknown, but sent": (
        {"orders": [order(consent_told="true")], "consent_unknown": "send"},
        ("missing", ""),
    ),
    "no consent column": ({"orders": [order(consent=None)]}, ("missing", "")),
    "another channel": ({"orders": [order(channel="phone")]}, ("excluded", "channel")),
    "channel in capitals": ({"orders": [order(channel="Store")]}, ("missing", "")),
    "blocked": ({"overrides": {"o1": "block"}}, ("excluded", "blocked")),
    "excluded though seen": (
        {"orders": [order(consent="0")], "events": [event(order_id="o1")]},
        ("excluded", "consent_denied"),
    ),
    # Seen by others.
    "seen by order id": ({"events": [event(order_id="o1")]}, ("seen_server", "")),
    "seen by event id": (
        {"orders": [order(event_id="e1")], "events": [event(event_id="e1")]},
        ("seen_server", ""),
    ),
    "seen by the template's id": (
        {"events": [event(event_id="o1")]},
        ("seen_server", ""),
    ),
    "seen under an alias": (
        {"events": [event(order_id="o1", event_name="completepayment")]},
        ("seen_server", ""),
    ),
    "seen in a log without names": (
        {"events": [event(order_id="o1", event_name=None)]},
        ("seen_server", ""),
    ),
    "seen at the checkout": (
        {"events": [event(order_id="o1", event_name="InitiateCheckout")]},
        ("missing", ""),
    ),
    "seen for nobody named": (
        {"events": [event(order_id="o1", platform=None)]},
        ("seen_server", ""),
    ),
    "seen for this destination": (
        {"events": [event(order_id="o1", platform=None, destination="shop-eu")]},
        ("seen_server", ""),
    ),
    "seen for another destination": (
        {"events": [event(order_id="o1", destination="shop-us")]},
        ("missing", ""),
    ),
    "seen for another platform": (
        {"events": [event(order_id="o1", platform="meta")]},
        ("missing", ""),
    ),
    "seen at no time": (
        {"events": [event(order_id="o1", event_time="soon")]},
        ("seen_server", ""),
    ),
    "seen by both": (
        {"events": [BROWSER, event(order_id="o1")]},
        ("seen_server", ""),
    ),
    "seen by the browser": ({"events": [BROWSER]}, ("seen_browser", "")),
    "seen by the browser under another id": (
        {"orders": [order(event_id="e1")], "events": [BROWSER]},
        ("seen_browser", "other_event_id"),
    ),
    "seen by the browser under both ids": (
        {
            "orders": [order(event_id="e1")],
            "events": [BROWSER, event(channel="browser", event_id="e1")],
        },
        ("seen_browser", ""),
    ),
    "seen, so not held": (
        {"events": [BROWSER], "holds": [hold()]},
        ("seen_browser", ""),
    ),
    # Held and expired.
    "held": ({"holds": [hold()]}, ("held", "value_negative")),
    "held before it expires": (
        {"holds": [hold()], "now": NOON + 2 * AGE_MAX},
        ("held", "value_negative"),
    ),
    "held, but let go": (
        {"holds": [hold()], "overrides": {"o1": "release"}},
        ("missing", ""),
    ),
    "let go though consent is denied": (
        {"orders": [order(consent="0")], "overrides": {"o1": "release"}},
        ("excluded", "consent_denied"),
    ),
    "just young enough": ({"now": NOON + AGE_MAX - LEASE}, ("missing", "")),
    "too old": ({"now": NOON + AGE_MAX - LEASE + MICROSECOND}, ("expired", "")),
    "old, but the store's may be": (
        {"orders": [order(channel="store")], "now": NOON + AGE_MAX},
        ("missing", ""),
    ),
    "old, and no limit is known": (
        {"event_age_max": {}, "now": NOON + 9 * AGE_MAX},
        ("missing", ""),
    ),
    # What cannot be sent, but is still owed.
    "no time, delivered": (
        {"orders": [order(completed_at=None)], "entries": [entry()]},
        ("delivered", ""),
    ),
    "no time, held for it": (
        {
            "orders": [order(completed_at=None)],
            "holds": [hold(rule="completed_at_missing")],
            "overrides": {"o1": "release"},
        },
        ("held", "completed_at_missing"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_order_has_the_class_that_the_rules_give(name: str) -> None:
    told, expected = CASES[name]

    with reconciled(**({"orders": [order()]} | told)) as found:
        assert [(*expected, 1)] == classes(found)


# ── Event ids and enrichment ────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"event_id": "own"}, "own"),
        ({"event_id": " own "}, "own"),
        ({}, "EUR-purchase-o1"),
    ],
    ids=["its own", "its own, trimmed", "of the template"],
)
def test_a_missing_order_gets_its_event_id(
    changes: dict[str, str], expected: str
) -> None:
    template = "{currency}-{event_name}-{order_id}"
    row = order(event_name="purchase") | changes
    with reconciled([row], event_id_template=template) as found:
        assert expected == keys(found)["o1"].event_id


def test_an_enrichment_carries_the_id_of_the_browser_event() -> None:
    """The order's own id would count a second time."""
    with reconciled(
        [order(event_id="own")], events=[BROWSER], on_browser_seen="enrich"
    ) as found:
        key = keys(found)["o1"]

    assert ("px1", OwedAs.ENRICHMENT) == (key.event_id, key.owed_as)
    assert NOON + WINDOW == key.send_until


WINDOW_CASES = {
    "the call is over in time": (timedelta(0), True, ""),
    "the call may end too late": (MICROSECOND, False, "outside_window"),
}


@pytest.mark.parametrize("name", WINDOW_CASES)
def test_a_browser_event_is_enriched_only_inside_its_window(name: str) -> None:
    beyond, is_owed, reason = WINDOW_CASES[name]
    now = NOON + WINDOW - LEASE + beyond

    with reconciled(
        [order()], events=[BROWSER], on_browser_seen="enrich", now=now
    ) as found:
        assert ({"o1"} if is_owed else set()) == set(keys(found))
        assert [("seen_browser", reason, 1)] == classes(found)


NOT_ENRICHED: dict[str, dict[str, Any]] = {
    "skip": {"on_browser_seen": "skip"},
    "the browser event has no id": {
        "events": [event(channel="browser", order_id="o1", event_id=None)]
    },
    "the browser event has no time": {
        "events": [event(channel="browser", order_id="o1", event_id="x", event_time="")]
    },
    "the server sent it, too": {"events": [BROWSER, event(order_id="o1")]},
    "too old for the platform": {"event_age_max": {"web": timedelta(hours=1)}},
    "consent is denied": {"orders": [order(consent="no")]},
    "its time is unreadable": {"orders": [order(completed_at="soon")]},
    "the ledger has it": {"entries": [entry(event_id="px1", owed_as="enrichment")]},
    "the ledger has it since long": {"older": [entry(event_id="px1")]},
    "another order was sent under that id": {
        "entries": [entry("other", event_id="px1")]
    },
    "another order has the same browser id": {
        "orders": [order("o1"), order("o2")],
        "events": [BROWSER, event(channel="browser", order_id="o2", event_id="px1")],
    },
}


@pytest.mark.parametrize("name", NOT_ENRICHED)
def test_what_the_browser_told_is_not_told_again_if(name: str) -> None:
    told: dict[str, Any] = {
        "orders": [order()],
        "events": [BROWSER],
        "on_browser_seen": "enrich",
    }
    with reconciled(**(told | NOT_ENRICHED[name])) as found:
        assert {} == keys(found)


def test_of_two_browser_events_the_first_starts_the_window() -> None:
    later = event(
        channel="browser",
        order_id="o1",
        event_id="px2",
        event_time=(NOON + timedelta(hours=1)).isoformat(),
    )
    with reconciled(
        [order()], events=[later, BROWSER], on_browser_seen="enrich"
    ) as found:
        assert "px1" == keys(found)["o1"].event_id


def test_a_log_without_zone_is_read_in_the_zone_of_the_log() -> None:
    local = event(
        channel="browser",
        order_id="o1",
        event_id="px1",
        event_time="2026-11-20 13:00:00",
        timezone="Europe/Berlin",
    )
    with reconciled([order()], events=[local], on_browser_seen="enrich") as found:
        assert NOON + WINDOW == keys(found)["o1"].send_until


# ── Key faults ──────────────────────────────────────────────────────────────────

FAULTS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "no time": ({"orders": [order(completed_at=" ")]}, {"o1": "completed_at_missing"}),
    "a time in words": (
        {"orders": [order(completed_at="soon")]},
        {"o1": "completed_at_unreadable"},
    ),
    "a time without zone": (
        {"orders": [order(completed_at="2026-11-20 10:00:00")]},
        {"o1": "completed_at_naive"},
    ),
    "an hour that the clocks skipped": (
        {
            "orders": [order(completed_at="2026-03-29T02:30:00")],
            "timezone": "Europe/Berlin",
            "interval": DataInterval(
                datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)
            ),
        },
        {"o1": "completed_at_in_dst_gap"},
    ),
    "no order id": ({"orders": [order(None), order("  ")]}, {"": "order_id_missing"}),
    "rows that differ": (
        {"orders": [order(), order(value="11")]},
        {"o1": "order_id_ambiguous"},
    ),
    "one row paid, one refunded": (
        {"orders": [order(), order(status="refunded")]},
        {"o1": "order_id_ambiguous"},
    ),
    "two orders, one event id": (
        {"orders": [order("o1", event_id="e"), order("o2", event_id="e")]},
        {"o1": "event_id_shared", "o2": "event_id_shared"},
    ),
    "an order named as another's event": (
        {"orders": [order("o1"), order("o2", event_id="o1")]},
        {"o1": "event_id_shared", "o2": "event_id_shared"},
    ),
    "an event id sent for another order": (
        {"orders": [order(event_id="e")], "entries": [entry("other", event_id="e")]},
        {"o1": "event_id_shared"},
    ),
    "an event id sent for another order long ago": (
        {"orders": [order(event_id="e")], "older": [entry("other", event_id="e")]},
        {"o1": "event_id_shared"},
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_key_that_cannot_be_sent_says_why(name: str) -> None:
    told, expected = FAULTS[name]

    with reconciled(**told) as found:
        faults = {i: k.fault.rule for i, k in keys(found).items() if k.fault}
        assert expected == faults
        assert len(expected) == found.totals[OrderClass.MISSING]


SOUND: dict[str, list[Any]] = {
    "equal rows are one order": [order(), order()],
    "excluded orders share nothing": [
        order(event_id="e"),
        order("o2", event_id="e", consent="0"),
    ],
    "different events may share an id": [
        order(event_id="e"),
        order("o2", event_id="e", event_name="Subscribe", consent="0"),
    ],
}


@pytest.mark.parametrize("name", SOUND)
def test_what_looks_alike_may_be_sound(name: str) -> None:
    with reconciled(SOUND[name]) as found:
        assert keys(found)["o1"].fault is None


def test_a_time_that_comes_twice_is_the_first() -> None:
    """As `orders.read_time` reads it: the event time must not move."""
    day = DataInterval(
        datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC)
    )
    row = order(completed_at="2026-10-25 02:30:00")
    with reconciled(
        [row], interval=day, timezone="Europe/Berlin", now=day.end
    ) as found:
        assert (
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC) == keys(found)["o1"].completed_at
        )


# ── The interval, and what is counted ───────────────────────────────────────────


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
        assert 2 == found.source_rows


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
        assert (3, 2, 2) == (found.source_rows, found.rows_without_id, found.orders)


def test_rows_without_order_id_are_held_together() -> None:
    with reconciled([order(None)], holds=[hold("", rule="order_id_missing")]) as found:
        assert [("held", "order_id_missing", 1)] == classes(found)
        assert [""] == list(held(found))


def test_the_ledger_is_counted_as_it_was() -> None:
    """By day, whether or not its orders are in the view; what is looked up is not."""
    entries = [entry("o1"), entry("o9"), entry("o0", day="2026-11-19")]
    with reconciled(
        [order(), order("o2")],
        entries=entries,
        older=[entry("o2", event_id="o2")],
        holds=[hold("h1"), hold("h2", day=None), hold("h3", day="2026-11-21")],
    ) as found:
        [counted] = found.baseline_entries
        holds = [(held.day, held.holds) for held in found.baseline_holds]
        assert 2 == found.totals[OrderClass.DELIVERED]

    assert (2, Decimal(21)) == (counted.entries, counted.value)
    assert [(date(2026, 11, 20), 1), (None, 1)] == holds


# ── Keys ────────────────────────────────────────────────────────────────────────


def test_keys_come_oldest_first_and_in_pages() -> None:
    hours = [3, 1, 2, 5, 4]
    rows = [
        order(f"o{hour}", completed_at=(START + timedelta(hours=hour)).isoformat())
        for hour in hours
    ]
    rows.append(order("lost", completed_at=None))
    with reconciled(rows) as found:
        pages = [[key.order_id for key in page] for page in found.keys(4)]

    assert [["lost", "o1", "o2", "o3"], ["o4", "o5"]] == pages


def test_held_orders_are_told_apart_from_those_to_be_sent() -> None:
    with reconciled([order("o1"), order("o2")], holds=[hold("o2")]) as found:
        assert (["o1"], ["o2"]) == (list(keys(found)), list(held(found)))


def test_pages_of_both_kinds_may_take_turns() -> None:
    rows = [order(f"o{n}") for n in range(6)]
    holds = [hold(f"o{n}") for n in range(3)]
    with reconciled(rows, holds=holds) as found:
        pairs = zip(found.keys(1), found.held_keys(1), strict=True)
        turns = [(a.order_id, b.order_id) for [a], [b] in pairs]

    assert [("o3", "o0"), ("o4", "o1"), ("o5", "o2")] == turns


def test_strange_ids_are_classed_like_others() -> None:
    ids = ["x" * 10_000, "a\0b", "a\nb", 'it\'s "quoted"', "🎁", "%_"]
    rows = [order(i) for i in ids]
    with reconciled(rows, entries=[entry("🎁")], older=[entry('it\'s "quoted"')]) as f:
        assert set(ids) - {"🎁", 'it\'s "quoted"'} == set(keys(f))


# ── Faults ──────────────────────────────────────────────────────────────────────


def test_a_warehouse_that_goes_away_is_told_as_such() -> None:
    def broken() -> Any:  # noqa: ANN401
        yield from batches([order()])
        raise WarehouseUnavailable("gone")

    with (
        pytest.raises(WarehouseUnavailable, match="gone"),
        reconcile(
            orders=broken(),
            sent_events=[],
            ledger_entries=[],
            known_lookup=lambda _o, _e: [],
            holds=[],
            overrides=[],
            interval=DAY,
            policy=policy(),
            now=NOW,
        ),
    ):
        pass


def test_an_order_in_two_classes_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a join told of it twice."""
    doubled = (
        "CREATE TABLE decided AS SELECT n, false AS blocked, false AS released"
        " FROM orders, range(2)"
    )
    monkeypatch.setattr(classing, "_DECIDED", doubled)

    with pytest.raises(BalanceOpen, match="'o1'"), reconciled([order()]):
        pass


def test_nothing_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with reconciled([order()]):
        [folder] = tmp_path.iterdir()
        assert 0o700 == folder.stat().st_mode & 0o777
    assert [] == list(tmp_path.iterdir())


def test_more_keys_than_memory_spill(tmp_path: Path) -> None:
    count = 300_000
    columns = {
        "order_id": pa.array([f"order-{n:032d}" for n in range(count)]),
        "completed_at": pa.repeat(NOON.isoformat(), count),
        "value": pa.repeat("1.00", count),
        "currency": pa.repeat("EUR", count),
    }
    logged = {"order_id": columns["order_id"].slice(0, count - 5), "channel": None}
    logged["channel"] = pa.repeat("server", count - 5)
    with reconcile(
        orders=[pa.record_batch(columns)],
        sent_events=[pa.record_batch(logged)],
        ledger_entries=[],
        known_lookup=lambda _o, _e: [],
        holds=[],
        overrides=[],
        interval=DAY,
        policy=policy(),
        now=NOW,
        memory_limit_mb=64,
    ) as found:
        assert 5 == len(keys(found))
        assert count - 5 == found.totals[OrderClass.SEEN_SERVER]
