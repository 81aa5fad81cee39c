"""What is in the ledger, order by order: for lists, traces and reports.

Counts and balances are in balances.py; bulk keys for reconcile in keys.py.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from capi_jobs.ledger.columns import AnyRow, AnySelect, among, few_values, given
from capi_jobs.ledger.door import Door, reading
from capi_jobs.ledger.forgotten import digest_of
from capi_jobs.ledger.journal import batch_from
from capi_jobs.ledger.schema import batches, entries, history
from capi_jobs.lifecycle import Status
from capi_jobs.model import Batch, OwedAs

# A batch that was halved until one event was left has a dozen ancestors.
_ANCESTORS_MAX = 64


class Listing(Door):
    """Reads only."""

    def entries(  # noqa: PLR0913 - filters of a list
        self,
        destination: str | None = None,
        *,
        status: Status | None = None,
        order_ids: Sequence[str] | None = None,
        batch_id: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
        after: tuple[str, str, str] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """List entries by (destination, event_name, event_id); `after` pages on.

        `since` is the completion time from which on. Streams in bounded memory.
        """
        tests = given(
            (status, batches.c.status.__eq__),
            (batch_id, entries.c.batch_id.__eq__),
            (since, entries.c.event_time.__ge__),
        )
        if after is not None:
            tests.append(_later(after))
        query = select(*_COLUMNS).join(batches).where(*tests).limit(limit)
        is_few = order_ids is not None or batch_id is not None or not _many(status)

        def sought(connection: Connection) -> AnySelect:
            if order_ids is not None:
                here = _of_orders(connection, destination, order_ids)
            elif is_few:
                here = _of_batches(connection, destination, batch_id, status)
            else:
                here = given((destination, entries.c.destination.__eq__))
            return query.where(*here).order_by(*(_SORTED if is_few else _KEY))

        return map(_listed, self.stream(sought))

    @reading
    def entry_history(
        self, connection: Connection, order_id: str
    ) -> list[dict[str, Any]]:
        """Every move of the batches that an order's entries are or were in.

        An attempt that was given back leaves no entry, so only the moves that a
        person made of this very order tell of batches it is no longer part of.
        """
        known = [order_id, digest_of(order_id)]
        held = select(entries.c.batch_id, entries.c.order_id).where(
            entries.c.destination.in_(destinations_of(connection)),
            among(connection, entries.c.order_id, known),
        )
        moved = select(history.c.batch_id, history.c.order_id).where(
            among(connection, history.c.order_id, known)
        )
        found = {row.batch_id for row in connection.execute(held.union(moved))}
        lineage = _with_ancestors(connection, found)
        rows = connection.execute(
            select(history)
            .where(
                history.c.batch_id.in_(lineage),
                or_(history.c.order_id.is_(None), among(connection, _MOVED, known)),
            )
            .order_by(history.c.id)
        )
        return [dict(row._mapping) for row in rows]  # noqa: SLF001 - public name

    @reading
    def batches_of(self, connection: Connection, run_id: str) -> list[Batch]:
        """List the batches of a run, oldest first."""
        rows = connection.execute(
            select(batches)
            .where(batches.c.run_id == run_id)
            .order_by(batches.c.created_at, batches.c.batch_id)
        )
        return [batch_from(row) for row in rows]

    @reading
    def batch(self, connection: Connection, batch_id: str) -> Batch | None:
        """Look one batch up."""
        query = select(batches).where(batches.c.batch_id == batch_id)
        row = connection.execute(query).one_or_none()
        return None if row is None else batch_from(row)


_MOVED = history.c.order_id
_KEY = (entries.c.destination, entries.c.event_name, entries.c.event_id)
# As values, or a planner may walk all entries because an index has them in order.
_SORTED = tuple(func.coalesce(column, column) for column in _KEY)
_COLUMNS = (
    *_KEY,
    entries.c.order_id,
    entries.c.event_time,
    entries.c.day,
    entries.c.value,
    entries.c.currency,
    entries.c.owed_as,
    entries.c.batch_id,
    batches.c.status,
    batches.c.reason,
    batches.c.trace_id,
    batches.c.attempts,
    batches.c.run_id,
    batches.c.first_sent_at,
    batches.c.last_sent_at,
)


def _listed(row: AnyRow) -> dict[str, Any]:
    fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    return {
        **fields,
        "status": Status(fields["status"]),
        "owed_as": OwedAs(fields["owed_as"]),
    }


def _many(status: Status | None) -> bool:
    return status is None or status is Status.DELIVERED


def _of_orders(
    connection: Connection, destination: str | None, order_ids: Sequence[str]
) -> list[ColumnElement[bool]]:
    names = [destination] if destination else destinations_of(connection)
    known = [*order_ids, *map(digest_of, order_ids)]
    return [
        entries.c.destination.in_(names),
        among(connection, entries.c.order_id, known),
    ]


def _of_batches(
    connection: Connection,
    destination: str | None,
    batch_id: str | None,
    status: Status | None,
) -> list[ColumnElement[bool]]:
    """Name the batches: else all entries are walked for a handful."""
    if batch_id is not None or status is None:
        return given((destination, batches.c.destination.__eq__))
    names = [destination] if destination else destinations_of(connection)
    return [
        among(connection, entries.c.batch_id, batches_in(connection, names, status))
    ]


def destinations_of(connection: Connection) -> Sequence[str]:
    """Name the destinations that have batches.

    Indexes of entries begin with the destination: who asks about an order at any of
    them has to name all.
    """
    return few_values(connection, batches.c.destination)


def batches_in(
    connection: Connection, destinations: Sequence[str], status: Status
) -> Sequence[str]:
    """Name the batches in a status; they are few unless it is "delivered"."""
    query = select(batches.c.batch_id).where(
        batches.c.destination.in_(destinations), batches.c.status == status
    )
    return connection.scalars(query).all()


def _later(after: tuple[str, str, str]) -> ColumnElement[bool]:
    """Whatever sorts behind this key; spelt out, as the two engines' tuples differ."""
    destination, name, event_id = after
    here = entries.c.destination == destination
    return or_(
        entries.c.destination > destination,
        and_(here, entries.c.event_name > name),
        and_(here, entries.c.event_name == name, entries.c.event_id > event_id),
    )


def _with_ancestors(connection: Connection, found: set[str]) -> list[str]:
    """Add the batches that these were split from."""
    lineage = set(found)
    for _ in range(_ANCESTORS_MAX):
        query = select(batches.c.parent_id).where(
            batches.c.batch_id.in_(sorted(found)), batches.c.parent_id.is_not(None)
        )
        found = set(connection.scalars(query)) - lineage
        if not found:
            break
        lineage |= found
    return sorted(lineage)
