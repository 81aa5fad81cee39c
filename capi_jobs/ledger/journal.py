"""The three strokes that every move is made of: new batch, guarded update, history.

Which moves there are is in moves.py, doubts.py and people.py; which are legal is in
`capi_jobs/lifecycle.py`.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    and_,
    delete,
    insert,
    select,
    update,
)

from capi_jobs.errors import IllegalMove
from capi_jobs.ledger.bulk import both
from capi_jobs.ledger.columns import AnyRow, among
from capi_jobs.ledger.counts import count_again
from capi_jobs.ledger.schema import batches, entries, history
from capi_jobs.ledger.values import EventKey
from capi_jobs.lifecycle import Status
from capi_jobs.model import Batch, Entry, OwedAs, Receipt


@dataclass(frozen=True, slots=True)
class Move:
    """One line of the history: what happened, when, by whom."""

    event: str
    to: Status
    at: datetime
    actor: str
    receipt: Receipt


def new_id(now: datetime) -> str:
    """Return a UUID of version 7: ids sort by time, so indexes grow at their end."""
    milliseconds = int(now.timestamp() * 1_000)
    number = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    return str(UUID(int=number | 0b10 << 62 | secrets.randbits(62)))


def locked_batch(connection: Connection, batch_id: str) -> AnyRow:
    """Read a batch and keep other workers off it until this transaction ends."""
    query = select(batches).where(batches.c.batch_id == batch_id).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise IllegalMove(
            "the ledger has no such batch",
            ids=[batch_id],
            do="report this as a bug",
        )
    return row


def insert_batch(
    connection: Connection, parent: Mapping[str, object], **changes: object
) -> str:
    """Add a batch that is like `parent` but for the changes."""
    row = {**parent, **changes}
    connection.execute(insert(batches), row)
    return str(row["batch_id"])


def move_batch(
    connection: Connection,
    batch_id: str,
    expected: Status,
    to: Status,
    *,
    line: Insert | None = None,
    **changes: object,
) -> None:
    """Compare and set: nothing moves unless the batch stands where it is expected.

    A line of the history goes with it, where one is handed in.
    """
    move = (
        update(batches)
        .where(batches.c.batch_id == batch_id, batches.c.status == expected)
        .values(status=to, **changes)
    )
    moved = (
        both(connection, line, move) if line is not None else connection.execute(move)
    )
    if moved.rowcount != 1:
        raise IllegalMove(
            f"a batch was no longer {expected} when it was to become {to}",
            ids=[batch_id],
            do="report this as a bug with the batch's history",
        )


def shrink(connection: Connection, batch_id: str, events: int) -> None:
    """Say that so many events have left a batch."""
    connection.execute(
        update(batches)
        .where(batches.c.batch_id == batch_id)
        .values(events=batches.c.events - events)
    )


def write_history(
    connection: Connection,
    batch: AnyRow,
    move: Move,
    **changes: object,
) -> None:
    """Remember a move of this batch, as it stood before."""
    connection.execute(history_line(fields_of(batch), move, **changes))


def history_line(batch: Mapping[str, Any], move: Move, **changes: object) -> Insert:
    """Return the statement that remembers a move."""
    return insert(history).values(history_row(batch, move, **changes))


def fields_of(row: AnyRow) -> Mapping[str, Any]:
    """Return a row by the names of its columns."""
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name


def history_row(
    batch: Mapping[str, Any], move: Move, **changes: object
) -> dict[str, object]:
    """Return the line of the history for a move of this batch."""
    return {
        "at": move.at,
        "batch_id": batch["batch_id"],
        "destination": batch["destination"],
        "from_status": batch["status"],
        "event": move.event,
        "to_status": move.to,
        "events": batch["events"],
        "actor": move.actor,
        "reason": move.receipt.reason,
        "trace_id": move.receipt.trace_id,
        "run_id": batch["run_id"],
        "order_id": None,
        "event_id": None,
        **changes,
    }


def entries_of(connection: Connection, batch_id: str) -> list[Entry]:
    """Read the entries of one batch, oldest first."""
    query = (
        select(entries)
        .where(entries.c.batch_id == batch_id)
        .order_by(entries.c.event_time, entries.c.event_name, entries.c.event_id)
    )
    return [entry_from(row) for row in connection.execute(query)]


def entry_from(row: AnyRow) -> Entry:
    """Return the noun for a row of `entries`."""
    return Entry(
        destination=row.destination,
        event_name=row.event_name,
        event_id=row.event_id,
        order_id=row.order_id,
        event_time=row.event_time,
        day=row.day,
        value=row.value,
        currency=row.currency,
        owed_as=OwedAs(row.owed_as),
    )


def batch_from(row: AnyRow) -> Batch:
    """Return the noun for a row of `batches`."""
    return Batch(
        batch_id=row.batch_id,
        destination=row.destination,
        status=Status(row.status),
        run_id=row.run_id,
        first_sent_at=row.first_sent_at,
        lease_until=row.lease_until,
        attempts=row.attempts,
        reason=row.reason,
        trace_id=row.trace_id,
        parent_id=row.parent_id,
    )


def move_entries(
    connection: Connection, batch_id: str, keys: Collection[EventKey], to: str
) -> None:
    """Put these entries of one batch into another."""
    for name, ids in _by_name(keys).items():
        moved = connection.execute(
            update(entries)
            .where(_these(connection, batch_id, name, ids))
            .values(batch_id=to)
        )
        _all_of(moved.rowcount, ids, batch_id)
    count_again(connection, batch_id, to)


def remove_entries(
    connection: Connection, batch_id: str, keys: Collection[EventKey] | None = None
) -> None:
    """Delete these entries of one batch, or all: they are missing again."""
    if keys is None:
        connection.execute(delete(entries).where(entries.c.batch_id == batch_id))
        count_again(connection, batch_id)
        return
    for name, ids in _by_name(keys).items():
        gone = connection.execute(
            delete(entries).where(_these(connection, batch_id, name, ids))
        )
        _all_of(gone.rowcount, ids, batch_id)
    count_again(connection, batch_id)


def _by_name(keys: Collection[EventKey]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, event_id in keys:
        grouped.setdefault(name, []).append(event_id)
    return grouped


def _these(
    connection: Connection, batch_id: str, name: str, ids: list[str]
) -> ColumnElement[bool]:
    return and_(
        entries.c.batch_id == batch_id,
        entries.c.event_name == name,
        among(connection, entries.c.event_id, ids),
    )


def _all_of(found: int, ids: list[str], batch_id: str) -> None:
    """Exact counts: an entry that is not where it is said to be is a bug."""
    if found != len(ids):
        raise IllegalMove(
            f"{len(ids) - found} of these events are not in batch {batch_id}",
            ids=ids,
            do="report this as a bug with the batch's history",
        )
