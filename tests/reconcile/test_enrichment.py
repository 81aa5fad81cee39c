from datetime import timedelta
from typing import Any

import pytest

from capi_jobs.model import OwedAs
from tests.reconcile.keys import (
    LEASE,
    NOON,
    NOW,
    WINDOW,
    classes,
    entry,
    event,
    keys,
    order,
    reconciled,
)

BROWSER = event(channel="browser", order_id="o1", event_id="px1")
MICROSECOND = timedelta(microseconds=1)


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

    assert (key.event_id, key.owed_as) == ("px1", OwedAs.ENRICHMENT)
    assert key.send_until == NOON + WINDOW


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
        assert keys(found) == {}


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
        assert keys(found)["o1"].event_id == "px1"


def test_a_browser_event_of_the_future_was_sent_now_at_the_latest() -> None:
    """A wrong clock must not make its window longer."""
    future = event(
        channel="browser",
        order_id="o1",
        event_id="px1",
        event_time="9999-12-31T23:59:59Z",
    )
    with reconciled([order()], events=[future], on_browser_seen="enrich") as found:
        assert keys(found)["o1"].send_until == NOW + WINDOW


def test_a_log_without_zone_is_read_in_the_zone_of_the_log() -> None:
    local = event(
        channel="browser",
        order_id="o1",
        event_id="px1",
        event_time="2026-11-20 13:00:00",
        timezone="Europe/Berlin",
    )
    with reconciled([order()], events=[local], on_browser_seen="enrich") as found:
        assert keys(found)["o1"].send_until == NOON + WINDOW
