"""Many rows in one statement with one parameter, and two statements in one round trip.

A row each would take six times as long; what is inserted and why is in claims.py and
counts.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    CursorResult,
    Insert,
    Text,
    Update,
    cast,
    column,
    func,
    literal,
    select,
    true,
    type_coerce,
)

from capi_jobs.ledger.columns import AnySelect

Columns = Mapping[str, Column[Any]]


def both(
    connection: Connection, first: Insert, then: Insert | Update
) -> CursorResult[Any]:
    """Execute two statements that do not read what the other writes.

    Where the database takes them as one, that is one round trip: beside a thread that
    computes, each costs two waits for the interpreter's lock.
    """
    # Else the count of an INSERT is lost with its cursor.
    counted = then.execution_options(preserve_rowcount=True)
    if connection.dialect.name == "sqlite":
        connection.execute(first)
        return connection.execute(counted)
    return connection.execute(counted.add_cte(first.cte("first")))


def given_rows(
    connection: Connection, columns: Columns, rows: Sequence[Sequence[object]]
) -> AnySelect:
    """Select these rows: one text holds them, as the columns' types write it."""
    written = [
        _written(connection, of, values)
        for of, values in zip(columns.values(), zip(*rows, strict=True), strict=True)
    ]
    if connection.dialect.name == "sqlite":
        return _from_arrays(list(zip(*written, strict=True)), len(columns))
    return _from_records(columns, zip(*written, strict=True))


def _written(
    connection: Connection, of: Column[Any], values: Sequence[object]
) -> Sequence[object]:
    dialect = connection.dialect
    write = of.type.dialect_impl(dialect).bind_processor(dialect)
    return values if write is None else [write(value) for value in values]


def _text(rows: list[Any]) -> str:
    """Amounts as the text that they are read back from, never as binary floats."""
    return orjson.dumps(rows, default=str).decode()


def _from_records(columns: Columns, rows: Iterable[Sequence[object]]) -> AnySelect:
    """Read them as PostgreSQL reads JSON, with the columns' types."""
    text = _text([dict(zip(columns, row, strict=True)) for row in rows])
    each = func.json_to_recordset(cast(literal(text, Text), JSON)).table_valued(
        *(column(name, of.type) for name, of in columns.items())
    )
    derived = each.render_derived(name="given", with_types=True)
    return select(*(derived.c[name] for name in columns))


def _from_arrays(rows: list[tuple[object, ...]], width: int) -> AnySelect:
    """Read them as SQLite reads JSON, by their places."""
    each = func.json_each(_text(rows)).table_valued("value")
    values = [
        type_coerce(func.json_extract(each.c.value, f"$[{place}]"), Text)
        for place in range(width)
    ]
    # Without a WHERE, SQLite would take "ON CONFLICT" for the condition of a join.
    return select(*values).where(true())
