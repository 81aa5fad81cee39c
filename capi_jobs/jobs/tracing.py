"""`trace`: one order from end to end, for every destination, and where it broke.

Reads the order's row, the events that name it, and the ledger; decides as a run would.
Nothing personal leaves this file: of a row only the core, and which columns are filled.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from capi_jobs.audit import Audit, audited
from capi_jobs.audit.counting import Copy, counted
from capi_jobs.audit.terms import DIALECTS, flat
from capi_jobs.config import Destination
from capi_jobs.jobs.auditing import AUDIT_MB, logs_of, terms
from capi_jobs.jobs.house import House
from capi_jobs.jobs.traced_events import (
    EVENTS_MAX,
    events_of,
    events_of_others,
    keys_of,
    long_ago,
    neighbours,
)
from capi_jobs.lifecycle import Status
from capi_jobs.model import DataInterval
from capi_jobs.orders.scalars import Unreadable, read_time, text_of
from capi_jobs.reconcile import AskedOrder, Wanted, asked_orders
from capi_jobs.report.traces import SHOWN, Trace, TracedDestination, TracedOrder

Json = dict[str, Any]
Row = Mapping[str, object]

_AUDITED = (*SHOWN, "items")
_UTC = ZoneInfo("UTC")


def trace(house: House, order_id: str, chosen: Sequence[Destination]) -> Trace:
    """Follow one order."""
    rows = list(house.orders([order_id], long_ago(house)))
    history = tuple(house.ledger.entry_history(order_id))
    return Trace(
        order_id=order_id,
        order=_redacted(rows),
        destinations=tuple(_traced(house, one, order_id, rows) for one in chosen),
        history=history,
    )


def trace_of_books(house: House, order_id: str, chosen: Sequence[Destination]) -> Trace:
    """Tell what the ledger alone knows, where the warehouse cannot be read."""
    return Trace(
        order_id=order_id,
        order=None,
        destinations=tuple(_in_books(house, one, order_id) for one in chosen),
        history=tuple(house.ledger.entry_history(order_id)),
    )


def _in_books(
    house: House, destination: Destination, order_id: str
) -> TracedDestination:
    name, policy = destination.name, house.policy(destination)
    entries = tuple(house.ledger.entries(name, order_ids=[order_id]))
    copies = _copies((), entries, policy.names(), _name(()))
    return TracedDestination(
        destination=destination,
        decision=None,
        events=(),
        entries=entries,
        hold=house.ledger.open_hold(name, order_id),
        override=house.ledger.overrides(name, [order_id]).get(order_id),
        findings=(),
        corrections=(),
        counted=counted(copies, policy.dedup_window),
    )


def _redacted(rows: Sequence[Row]) -> TracedOrder | None:
    if not rows:
        return None
    row = rows[0]
    texts = {name: text_of(value) for name, value in row.items()}
    hidden = [name for name in texts if name not in SHOWN]
    return TracedOrder(
        facts={name: texts[name] or "" for name in SHOWN if texts.get(name)},
        filled=tuple(sorted(n for n in hidden if _there(row[n]))),
        empty=tuple(sorted(n for n in hidden if not _there(row[n]))),
        rows=len(rows),
    )


def _there(value: object) -> bool:
    return bool(text_of(value)) or (isinstance(value, list) and bool(value))


def _traced(
    house: House,
    destination: Destination,
    order_id: str,
    rows: Sequence[Row],
) -> TracedDestination:
    name = destination.name
    entries = tuple(house.ledger.entries(name, order_ids=[order_id]))
    keys = keys_of(order_id, rows, [str(one["event_id"]) for one in entries])
    batches = list(events_of(house, destination, keys))
    events = tuple(row for batch in batches for row in batch.to_pylist())
    others = list(events_of_others(house, destination, set(keys), events))
    decision = _decision(house, destination, order_id, rows)
    policy = house.policy(destination)
    return TracedDestination(
        destination=destination,
        decision=decision,
        events=events[:EVENTS_MAX],
        entries=entries,
        hold=house.ledger.open_hold(name, order_id),
        override=house.ledger.overrides(name, [order_id]).get(order_id),
        **_audited(
            house,
            destination,
            (rows, [*batches, *others], decision),
            order_id,
        ),
        counted=counted(
            _copies(events, entries, policy.names(), _name(rows)), policy.dedup_window
        ),
    )


def _decision(
    house: House,
    destination: Destination,
    order_id: str,
    rows: Sequence[Row],
) -> AskedOrder | None:
    """Decide as a run over the order's day would."""
    if not rows:
        return None
    day, now = _day(house, rows), house.clock.now()
    wanted = Wanted(order_ids=[order_id])
    with house.reconcile(destination, day, now, wanted) as found:
        pages = asked_orders(found.connection, 1)
        return next((order for page in pages for order in page), None)


def _day(house: House, rows: Sequence[Row]) -> DataInterval:
    """Return the day of the order; whatever day, where its time cannot be read."""
    zone = house.settings.orders_zone or _UTC
    completed = _time(rows[0].get("completed_at"), zone) or house.clock.now()
    local = completed.astimezone(house.settings.day_zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return DataInterval(
        midnight.astimezone(UTC), (midnight + timedelta(days=1)).astimezone(UTC)
    )


def _audited(
    house: House,
    destination: Destination,
    known: tuple[Sequence[Row], Sequence[pa.RecordBatch], AskedOrder | None],
    order_id: str,
) -> Json:
    """Audit this order, beside those that share an event id with it.

    What many share is not named, see `audit`.
    """
    rows, events, decision = known
    day = _day(house, rows) if rows else _all_of_time(house)
    with audited(
        classes=lambda take: take(_classes(decision)),
        orders=_batches([*rows, *neighbours(house, order_id, events)], _AUDITED),
        events=events,
        entries=house.ledger.known(destination.name, [order_id], []),
        terms=replace(terms(house, destination, day), one_order=True),
        logs=[*logs_of(house, destination)],
        memory_limit_mb=AUDIT_MB,
    ) as found:
        return _of_order(found, order_id)


def _of_order(found: Audit, order_id: str) -> Json:
    return {
        "findings": tuple(f for f in found.findings() if f.order_id == order_id),
        "corrections": tuple(c for c in found.corrections() if c.order_id == order_id),
    }


def _all_of_time(house: House) -> DataInterval:
    return DataInterval(datetime(1970, 1, 1, tzinfo=UTC), house.clock.now())


def _classes(decision: AskedOrder | None) -> list[pa.RecordBatch]:
    if decision is None:
        return []
    row = {
        "order_id": decision.order_id,
        "day": decision.day and decision.day.isoformat(),
        "currency": decision.currency,
        "value": f"{decision.value:f}",
        "class": decision.order_class.value,
        "reason": decision.reason,
    }
    return _batches([row], tuple(row))


def _batches(rows: Sequence[Row], names: Sequence[str]) -> list[pa.RecordBatch]:
    columns = {
        name: pa.array([text_of(row.get(name)) for row in rows], pa.string())
        for name in names
    }
    return [pa.record_batch(columns)] if rows else []


def _copies(
    events: Sequence[Mapping[str, str | None]],
    entries: Sequence[Json],
    names: Mapping[str, str],
    own: str,
) -> Iterator[Copy]:
    """All that told of a purchase; a checkout is none."""

    def canonical(name: object) -> str:
        lower = str(name or own).strip().lower()
        return names.get(lower, lower)

    for event in events:
        name = canonical(event.get("event_name"))
        if name == canonical(own) or flat(name) in DIALECTS:
            yield Copy(
                name, event.get("event_id"), _time(event.get("event_time"), _UTC)
            )
    for entry in entries:
        yield Copy(
            canonical(entry["event_name"]),
            str(entry["event_id"]),
            entry["first_sent_at"],
            certain=entry["status"] is Status.DELIVERED,
            refused=entry["status"] is Status.REJECTED,
        )


def _time(text: object, zone: ZoneInfo) -> datetime | None:
    with suppress(Unreadable):
        return read_time("time", text, zone)
    return None


def _name(rows: Sequence[Row]) -> str:
    told = text_of(rows[0].get("event_name")) if rows else None
    return told or "Purchase"
