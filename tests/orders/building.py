"""A valid row, and the order or the faults that it becomes."""

from zoneinfo import ZoneInfo

from capi_jobs.model import Order
from capi_jobs.orders import read_order


def row(**columns: object) -> dict[str, object]:
    valid: dict[str, object] = {
        "order_id": "A-1",
        "completed_at": "2026-11-20 10:00:00+00",
        "value": "12.50",
        "currency": "EUR",
    }
    return valid | columns


def order(zone: str | None = None, /, **columns: object) -> Order:
    read = read_order(row(**columns), timezone=ZoneInfo(zone) if zone else None)
    assert isinstance(read, Order), read
    return read


def rules(zone: str | None = None, /, **columns: object) -> list[str]:
    """The rules of all faults; no fault, no rules."""
    read = read_order(row(**columns), timezone=ZoneInfo(zone) if zone else None)
    return [] if isinstance(read, Order) else [fault.rule for fault in read]
