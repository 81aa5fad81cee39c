"""Which orders may be sent, and under which event id."""

from datetime import UTC, datetime, timedelta

import pytest

from capi_jobs.orders import event_id_of, exclusion, future_fault, template_fault
from tests.orders.building import order


def excluded(unknown: str = "send", /, **columns: object) -> str | None:
    return exclusion(
        order(**columns),
        completed_statuses=frozenset({"completed", "shipped"}),
        channels=frozenset({"web"}),
        consent_unknown="exclude" if unknown == "exclude" else "send",
    )


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({}, None),
        ({"status": " SHIPPED"}, None),
        ({"status": ""}, None),
        ({"status": "refunded"}, "status"),
        ({"is_test": "t"}, "test"),
        ({"is_test": "f"}, None),
        ({"consent": "t"}, None),
        ({"consent": "f"}, "consent_denied"),
        ({"consent": None}, None),
        ({"channel": "WEB"}, None),
        ({"channel": "store"}, "channel"),
    ],
)
def test_exclusion(columns: dict[str, object], reason: str | None) -> None:
    assert reason == excluded(**columns)


def test_unknown_consent_excludes_where_the_view_tells_consent() -> None:
    assert excluded("exclude", consent=None) == "consent_unknown"
    assert excluded("exclude", consent="t") is None
    assert excluded("exclude") is None


def test_first_reason_is_named() -> None:
    columns: dict[str, object] = {
        "status": "refunded",
        "is_test": "t",
        "consent": "f",
        "channel": "store",
    }
    reasons = []
    for mended in ("status", "is_test", "consent", "channel"):
        reasons.append(excluded(**columns))
        del columns[mended]

    assert reasons == ["status", "test", "consent_denied", "channel"]


def test_order_of_the_future_is_a_fault_beyond_the_clocks_difference() -> None:
    now = datetime(2026, 11, 20, 10, tzinfo=UTC)
    skew = timedelta(seconds=60)

    assert future_fault(order(completed_at="2026-11-20T10:01:00Z"), now, skew) is None
    late = future_fault(order(completed_at="2026-11-20T10:01:01Z"), now, skew)
    assert late
    assert late.rule == "completed_at_in_future"


def test_event_id_is_the_order_s_own_else_the_browser_s_else_the_template_s() -> None:
    template = "{event_name}-{order_id}-{currency}"

    assert event_id_of(order(event_id="E"), "B", template) == "E"
    assert event_id_of(order(), "B", template) == "B"
    assert event_id_of(order(), None, template) == "Purchase-A-1-EUR"


def test_braces_in_an_order_id_are_no_placeholders() -> None:
    odd = order(order_id="{currency}\\1")

    assert event_id_of(odd, None, "{order_id}") == "{currency}\\1"


@pytest.mark.parametrize(
    ("template", "sound"),
    [
        ("{order_id}", True),
        ("shop-{order_id}-{event_name}", True),
        ("{currency}", False),
        ("", False),
        ("{order_id}{email}", False),
        ("{order_id!r}", False),
        ("{order_id:>10}", False),
        ("{order_id.__class__}", False),
        ("{{order_id}}", False),
        ("{order_id}}", False),
        ("{order_id}\n", False),
        ("x" * 200 + "{order_id}", False),
    ],
)
def test_template_is_checked(template: str, sound: bool) -> None:
    assert sound is (template_fault(template) is None)
