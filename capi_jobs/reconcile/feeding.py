"""Batches into DuckDB as they come: keys are text, or instants and flags of a database.

How texts are read stands in `duck.py`, what becomes of them in `loading.py`.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import duckdb
import pyarrow as pa

from capi_jobs import duck

Batches = Iterable[pa.RecordBatch]

_READ_TEXTS = (
    "CREATE OR REPLACE MACRO moment(t, zone) AS read_time(tidy(t), zone)",
    """
    CREATE OR REPLACE MACRO moment_fault(t, instant, zone) AS
    time_fault(tidy(t), instant, zone)
    """,
    "CREATE OR REPLACE MACRO moment_given(t) AS tidy(t)",
)
# No time is later: an infinite one stands there as `warehouse.selection.NEVER`.
_READ_INSTANTS = (
    """
    CREATE OR REPLACE MACRO moment(t, zone) AS
    CASE WHEN t < TIMESTAMPTZ '9999-12-31 00:00:00+00' THEN t END
    """,
    """
    CREATE OR REPLACE MACRO moment_fault(t, instant, zone) AS
    CASE WHEN t IS NULL THEN 'missing' WHEN instant IS NULL THEN 'unreadable' END
    """,
    "CREATE OR REPLACE MACRO moment_given(t) AS t",
)
# A text that is no flag is none, but it is there.
_FLAG_TEXTS = (
    "CREATE OR REPLACE MACRO {name}_flag(t) AS read_flag(t)",
    "CREATE OR REPLACE MACRO {name}_given(t) AS tidy(t) IS NOT NULL",
)
_FLAGS = (
    "CREATE OR REPLACE MACRO {name}_flag(t) AS t",
    "CREATE OR REPLACE MACRO {name}_given(t) AS t IS NOT NULL",
)
_TIMES = frozenset({"completed_at", "event_time"})
_BOOLEANS = frozenset({"consent", "is_test"})


def feed(
    connection: duckdb.DuckDBPyConnection,
    batches: Batches,
    columns: Sequence[str],
    statement: str,
) -> None:
    """Execute a statement that inserts the table `arrived`, once per kind of batches.

    One log may keep its times as text, the next one as instants.
    """
    for schema, alike in groupby(batches, lambda batch: _schema(batch, columns)):
        for macro in _macros(schema):
            connection.execute(macro)
        _stream(connection, _Keys(alike, schema), statement)


def _schema(batch: pa.RecordBatch, columns: Sequence[str]) -> pa.Schema:
    there = batch.schema
    return pa.schema(
        (name, _kind(name, there.field(name).type if name in there.names else None))
        for name in columns
    )


def _kind(name: str, kind: pa.DataType | None) -> pa.DataType:
    if kind is None:
        return pa.string()
    if name in _BOOLEANS and pa.types.is_boolean(kind):
        return kind
    if name in _TIMES and pa.types.is_timestamp(kind) and kind.tz is not None:
        return pa.timestamp("us", "UTC")
    return pa.string()


def _macros(schema: pa.Schema) -> Iterator[str]:
    for field in schema:
        if field.name in _TIMES:
            yield from _READ_TEXTS if field.type == pa.string() else _READ_INSTANTS
        elif field.name in _BOOLEANS:
            read = _FLAG_TEXTS if field.type == pa.string() else _FLAGS
            yield from (macro.format(name=field.name) for macro in read)


class _Keys(duck.Feed):
    """Batches in one schema, whatever they lack."""

    def __init__(self, batches: Batches, schema: pa.Schema) -> None:
        super().__init__(map(self._shaped, batches), ())
        self._schema = schema

    def _shaped(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [_column(batch, field) for field in self._schema]
        return pa.record_batch(columns, schema=self._schema)

    def _texts(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._batches
        except BaseException as raised:
            self._raised = raised
            raise


def _column(batch: pa.RecordBatch, field: pa.Field) -> pa.Array:
    if field.name not in batch.schema.names:
        return pa.nulls(batch.num_rows, field.type)
    column = batch.column(field.name)
    return column if column.type == field.type else column.cast(field.type)


def _stream(connection: duckdb.DuckDBPyConnection, keys: _Keys, statement: str) -> None:
    connection.register("arrived", keys.reader())
    # As in `duck.stream`: what streams in is never the side that is kept in memory.
    connection.execute("SET disabled_optimizers = 'build_side_probe_side,join_order'")
    with keys.told():
        connection.execute(statement)
    connection.execute("RESET disabled_optimizers")
    connection.unregister("arrived")
