"""Which orders may be sent at all, and under which event id.

Whether the platform could take them is `eligible()` in the platform's file; whether the
data is sane at large stands in `expectations/`.
"""

import re
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Literal

from capi_jobs.model import Order, RowFault

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PLACEHOLDERS = frozenset({"order_id", "event_name", "currency"})
# Leaves most of an id's characters to the order id.
_TEMPLATE_CHARACTERS_MAX = 128


def exclusion(
    order: Order,
    *,
    completed_statuses: AbstractSet[str],
    channels: AbstractSet[str],
    consent_unknown: Literal["exclude", "send"],
) -> str | None:
    """Name the first reason not to tell anybody of this order, else None.

    Statuses and channels compare in lower case. An order without a status is completed,
    as the view is one of completed orders. Where the view has no consent column, the
    shop answers for consent itself.
    """
    if order.status and order.status.strip().lower() not in completed_statuses:
        return "status"
    if order.is_test:
        return "test"
    if order.consent is False:
        return "consent_denied"
    unknown = order.consent is None and order.consent_told
    if unknown and consent_unknown == "exclude":
        return "consent_unknown"
    return None if order.channel in channels else "channel"


def future_fault(order: Order, now: datetime, future_max: timedelta) -> RowFault | None:
    """Say so if an order was completed after now, allowing for clocks that differ."""
    if order.completed_at <= now + future_max:
        return None
    return RowFault("completed_at_in_future", "completed_at lies in the future")


def event_id_of(order: Order, browser_event_id: str | None, template: str) -> str:
    """Return the same id on every run and machine, so that platforms deduplicate.

    The order's own, else the one its browser event had, else the template's.
    """
    return order.event_id or browser_event_id or _filled(template, order)


def _filled(template: str, order: Order) -> str:
    values = {
        "order_id": order.order_id,
        "event_name": order.event_name,
        "currency": order.currency,
    }
    return _PLACEHOLDER.sub(lambda found: values[found[1]], template)


def template_fault(template: str) -> str | None:
    """Say what is wrong with an event id template, else None."""
    names = set(_PLACEHOLDER.findall(template))
    if names - _PLACEHOLDERS:
        return f"knows only {', '.join(f'{{{n}}}' for n in sorted(_PLACEHOLDERS))}"
    if "order_id" not in names:
        return "must hold {order_id}, else several orders share an id"
    rest = _PLACEHOLDER.sub("", template)
    if "{" in rest or "}" in rest:
        return "has a brace without its partner"
    if not template.isprintable():
        return "holds a control character"
    if len(template) > _TEMPLATE_CHARACTERS_MAX:
        return f"is longer than {_TEMPLATE_CHARACTERS_MAX} characters"
    return None
