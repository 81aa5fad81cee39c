from datetime import timedelta
from typing import Any

import pytest

from capi_jobs.reconcile import parting
from tests.reconcile.keys import (
    AGE_MAX,
    LEASE,
    NOON,
    classes,
    entry,
    event,
    hold,
    order,
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
    "seen by its event id in a log's order id": (
        {
            "orders": [order(event_id="e1")],
            "events": [event(order_id="e1", event_id="e1")],
        },
        ("seen_server", ""),
    ),
    "seen by its event id in a log without names": (
        {
            "orders": [order(event_id="e1")],
            "events": [event(event_id="e1", event_name=None)],
        },
        ("seen_server", ""),
    ),
    "seen by the browser by its event id in a log's order id": (
        {
            "orders": [order(event_id="e1")],
            "events": [event(channel="browser", order_id="e1", event_id="e1")],
        },
        ("seen_browser", ""),
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
            "holds": [hold(rule="completed_at_missing", day=None)],
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


def test_an_event_that_others_told_is_found_in_whatever_part_its_order_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Parts go by the ids that are joined: here by the event's, not by the order's."""
    monkeypatch.setattr(parting, "_IDS_PER_MB", 0.002)
    ids = [str(i) for i in range(20)]
    orders = [order(order_id=f"a{i}", event_id=f"e{i}") for i in ids]
    told = [entry(order_id="", event_id=f"e{i}") for i in ids[:10]]
    taken = [entry(order_id="other", event_id=f"e{i}") for i in ids[10:]]

    with reconciled(orders, entries=told + taken) as found:
        totals = {c.value: n for c, n in found.totals.items() if n}
        due = [key for page in found.keys(20) for key in page]

    assert totals == {"delivered": 10, "missing": 10}
    assert {key.fault and key.fault.rule for key in due} == {"event_id_shared"}
