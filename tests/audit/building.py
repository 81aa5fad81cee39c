"""Orders, events and entries of one noon; a test changes what it is about."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from capi_jobs.audit import Audit, Terms, audited
from capi_jobs.audit.piles import ROWS_PER_PART_MAX
from capi_jobs.model import DataInterval

Row = dict[str, str | None]

START, END = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
DAY = DataInterval(START, END)
NOON = START + timedelta(hours=12)
WINDOW = timedelta(hours=48)

TERMS: dict[str, Any] = {
    "destination": "meta-web",
    "platform": "meta",
    "interval": DAY,
    "dedup_window": WINDOW,
    "completed_statuses": frozenset({"completed", "paid"}),
    "cancelled_statuses": frozenset({"cancelled"}),
    "refunded_statuses": frozenset({"refunded"}),
    "value_tolerance": 0.005,
    "time_tolerance": timedelta(minutes=15),
    "reopened_after": timedelta(days=1),
    "systematic_orders": 3,
    "systematic_share": 0.1,
}


def at(**span: float) -> str:
    """Write a time so far from noon."""
    return (NOON + timedelta(**span)).isoformat()


def order(order_id: str | None = "DE-1001", **changes: str | None) -> Row:
    row: Row = {
        "order_id": order_id,
        "completed_at": NOON.isoformat(),
        "value": "10.50",
        "currency": "EUR",
        "status": "completed",
    }
    return row | changes


def event(order_id: str | None = "DE-1001", **changes: str | None) -> Row:
    """Return what the pixel says of that order, under its own event id."""
    row: Row = {
        "log": "pixel",
        "channel": "browser",
        "event_name": "Purchase",
        "event_id": order_id,
        "event_time": at(seconds=5),
        "order_id": order_id,
        "value": "10.50",
        "currency": "EUR",
        "platform": "meta",
    }
    return row | changes


def server(order_id: str | None = "DE-1001", **changes: str | None) -> Row:
    """Return what another server says of that order."""
    return event(order_id, log="server", channel="server") | changes


def entry(order_id: str = "DE-1001", **changes: str | None) -> Row:
    row: Row = {
        "event_name": "Purchase",
        "event_id": order_id,
        "order_id": order_id,
        "status": "delivered",
        "first_sent_at": at(hours=20),
        "day": "2026-11-20",
        "currency": "EUR",
        "value": "10.50",
    }
    return row | changes


def one_class(order_id: str | None = "DE-1001", **changes: str | None) -> Row:
    row: Row = {
        "order_id": order_id,
        "day": "2026-11-20",
        "currency": "EUR",
        "value": "10.50",
        "class": "seen_browser",
        "reason": "",
    }
    return row | changes


def batches(rows: Sequence[Row]) -> list[pa.RecordBatch]:
    names = sorted({name for row in rows for name in row})
    columns = {
        name: pa.array([row.get(name) for row in rows], pa.string()) for name in names
    }
    return [pa.record_batch(columns)] if rows else []


@contextmanager
def audit(
    orders: Sequence[Row],
    events: Sequence[Row] = (),
    *,
    entries: Sequence[Row] = (),
    classes: Sequence[Row] | None = None,
    logs: Sequence[str] = ("pixel", "server"),
    rows_per_part_max: int = ROWS_PER_PART_MAX,
    **changes: Any,  # noqa: ANN401 - as many kinds as fields
) -> Iterator[Audit]:
    """Audit these rows; without classes, every order stands in one."""
    given = classes
    if given is None:
        ids = sorted({row["order_id"] or "" for row in orders})
        given = [one_class(order_id) for order_id in ids]
    with audited(
        classes=lambda take: take(batches(given)),
        orders=batches(orders),
        events=batches(events),
        entries=batches(entries),
        terms=Terms(**(TERMS | changes)),
        logs=logs,
        memory_limit_mb=64,
        rows_per_part_max=rows_per_part_max,
    ) as found:
        yield found


def found(
    orders: Sequence[Row],
    events: Sequence[Row] = (),
    **more: Any,  # noqa: ANN401 - as `audit` takes it
) -> Mapping[str, set[str]]:
    """Return the order ids by `kind/cause`."""
    told = dict[str, set[str]]()
    with audit(orders, events, **more) as made:
        for one in made.findings():
            told.setdefault(f"{one.kind}/{one.cause}", set()).add(one.order_id)
    return told
