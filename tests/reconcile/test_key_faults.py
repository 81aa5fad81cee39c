from datetime import UTC, datetime
from typing import Any

import pytest

from capi_jobs.model import DataInterval, OrderClass
from tests.reconcile.keys import entry, keys, order, reconciled

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


def test_an_event_id_that_was_released_is_free() -> None:
    """Of whichever order: what was released did not count."""
    free = entry("other", event_id="e", status="released")
    with reconciled([order(event_id="e")], entries=[free]) as found:
        assert keys(found)["o1"].fault is None


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
