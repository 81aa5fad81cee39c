"""Keys as warehouse and ledger give them; a test changes what it is about."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from capi_jobs.model import DataInterval, OrderKey
from capi_jobs.reconcile import OnClasses, Policy, Reconciliation, Wanted, reconcile

Row = dict[str, str | None]

START, END = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
DAY = DataInterval(START, END)
NOON = START + timedelta(hours=12)
NOW = END
LEASE = timedelta(minutes=5)
AGE_MAX = timedelta(days=7)
WINDOW = timedelta(hours=48)

POLICY: dict[str, Any] = {
    "destination": "shop-eu",
    "platform": "tiktok",
    "channels": frozenset({"web", "store"}),
    "completed_statuses": frozenset({"completed", "paid"}),
    "sources": {"web": "web", "store": "offline"},
    "event_age_max": {"web": AGE_MAX, "offline": timedelta(days=28)},
    "dedup_window": WINDOW,
    "lease": LEASE,
    "event_names": {"Purchase": "CompletePayment"},
    "aliases": {"CompletePayment": "Purchase"},
}


def policy(**changes: Any) -> Policy:  # noqa: ANN401 - as many kinds as fields
    return Policy(**(POLICY | changes))


def order(order_id: str | None = "o1", **changes: str | None) -> Row:
    row: Row = {
        "order_id": order_id,
        "event_id": None,
        "completed_at": NOON.isoformat(),
        "value": "10.50",
        "currency": "EUR",
        "consent_told": "false",
    }
    return row | changes


def event(**changes: str | None) -> Row:
    row: Row = {
        "channel": "server",
        "event_name": "Purchase",
        "event_time": NOON.isoformat(),
        "platform": "tiktok",
    }
    return row | changes


def entry(order_id: str = "o1", **changes: str | None) -> Row:
    row: Row = {
        "event_name": "CompletePayment",
        "event_id": order_id,
        "order_id": order_id,
        "status": "delivered",
        "day": "2026-11-20",
        "currency": "EUR",
        "value": "10.50",
        "owed_as": "missing",
    }
    return row | changes


def hold(order_id: str = "o1", **changes: str | None) -> Row:
    row: Row = {
        "order_id": order_id,
        "rule": "value_negative",
        "day": "2026-11-20",
        "currency": "EUR",
        "value": "10.50",
    }
    return row | changes


def batches(rows: Sequence[Row]) -> list[pa.RecordBatch]:
    names = sorted({name for row in rows for name in row})
    columns = {
        name: pa.array([row.get(name) for row in rows], pa.string()) for name in names
    }
    return [pa.record_batch(columns)] if rows else []


@contextmanager
def reconciled(
    orders: Sequence[Row],
    *,
    events: Sequence[Row] = (),
    entries: Sequence[Row] = (),
    older: Sequence[Row] = (),
    holds: Sequence[Row] = (),
    overrides: Mapping[str, str] | None = None,
    now: datetime = NOW,
    interval: DataInterval = DAY,
    wanted: Wanted | None = None,
    on_classes: OnClasses | None = None,
    **changes: Any,  # noqa: ANN401 - as many kinds as fields
) -> Iterator[Reconciliation]:
    """Reconcile; `older` entries are known to the look-up by key only."""

    def known(orders: list[str], events: list[str]) -> list[pa.RecordBatch]:
        # PostgreSQL knows no such text, and would refuse the question.
        assert not any("\0" in key for key in [*orders, *events])
        named = [r for r in older if r["order_id"] in orders or r["event_id"] in events]
        return batches(named)

    words: list[Row] = [
        {"order_id": i, "decision": d} for i, d in (overrides or {}).items()
    ]
    with reconcile(
        orders=batches(orders),
        sent_events=batches(events),
        ledger_entries=batches(entries),
        known_lookup=known,
        holds=batches(holds),
        overrides=batches(words),
        interval=interval,
        policy=policy(**changes),
        now=now,
        memory_limit_mb=64,
        wanted=wanted,
        on_classes=on_classes,
    ) as found:
        yield found


def keys(found: Reconciliation) -> dict[str, OrderKey]:
    return {key.order_id: key for page in found.keys(3) for key in page}


def held(found: Reconciliation) -> dict[str, OrderKey]:
    return {key.order_id: key for page in found.held_keys(3) for key in page}


def classes(found: Reconciliation) -> list[tuple[str, str, int]]:
    return [(c.order_class.value, c.reason, c.orders) for c in found.counts]
