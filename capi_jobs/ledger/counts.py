"""What each batch holds, counted: so that live counts need not read the entries.

Written in the transaction that changes the entries; read by balances.py and waiting.py.
Retention takes days out of it as it takes them out of the entries.
"""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    delete,
    except_,
    func,
    insert,
    literal,
    select,
    union_all,
)

from capi_jobs.ledger.bulk import given_rows
from capi_jobs.ledger.columns import EXACT, AnySelect, among, exact_sum
from capi_jobs.ledger.schema import batch_counts, entries
from capi_jobs.model import Entry

_GROUP = (
    entries.c.batch_id,
    entries.c.destination,
    entries.c.day,
    entries.c.currency,
    entries.c.owed_as,
)
_COUNTED = {
    name: batch_counts.c[name]
    for name in ("destination", "day", "currency", "owed_as", "orders", "value")
}
_KEPT = (
    *(batch_counts.c[column.name] for column in _GROUP),
    batch_counts.c.orders,
    batch_counts.c.value,
)


def count_new(connection: Connection, batch_id: str, kept: Sequence[Entry]) -> Insert:
    """Say what a new batch holds: its entries are at hand, so none is read."""
    totals: dict[tuple[object, ...], tuple[int, Decimal]] = {}
    for entry in kept:
        key = (entry.destination, entry.day, entry.currency, entry.owed_as)
        orders, value = totals.get(key, (0, Decimal(0)))
        totals[key] = orders + 1, EXACT.add(value, entry.value)
    rows = [(*key, *told) for key, told in totals.items()]
    whole = given_rows(connection, _COUNTED, rows).add_columns(literal(batch_id))
    return insert(batch_counts).from_select([*_COUNTED, "batch_id"], whole)


def count_again(connection: Connection, *batch_ids: str) -> None:
    """Write anew what these batches hold, after entries came, went or moved."""
    connection.execute(
        delete(batch_counts).where(_of(batch_counts.c.batch_id, batch_ids, connection))
    )
    mine = counted().where(_of(entries.c.batch_id, batch_ids, connection))
    connection.execute(insert(batch_counts).from_select([c.name for c in _KEPT], mine))


def counted() -> AnySelect:
    """Count the entries themselves, as the table of counts must tell them."""
    return select(
        *_GROUP, func.count().label("orders"), exact_sum(entries.c.value).label("value")
    ).group_by(*_GROUP)


def miscounted(connection: Connection) -> list[str]:
    """Name the batches whose counts are not those of their entries: there are none.

    Reads every entry: for tests, and for who doubts the books.
    """
    entries_say, counts_say = counted(), select(*_KEPT)
    differing = union_all(
        select(except_(entries_say, counts_say).subquery().c.batch_id),
        select(except_(counts_say, entries_say).subquery().c.batch_id),
    )
    return sorted(set(connection.scalars(differing)))


def _of(
    column: ColumnElement[str], batch_ids: Sequence[str], connection: Connection
) -> ColumnElement[bool]:
    return among(connection, column, batch_ids)
