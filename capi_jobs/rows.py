"""Rows of a SELECT as Arrow record batches, in bounded memory, from any database.

ADBC reads PostgreSQL, a cursor anything else, SQLite files among it. What is
selected stands in `warehouse/` and `ledger/`; DuckDB has its own way in `duck.py`.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import sqlalchemy as sa
from adbc_driver_manager import dbapi
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError

from capi_jobs import adbc
from capi_jobs.errors import CapiJobsError, DataContractFault

# libpq underlies these, and so ADBC understands their URLs.
_LIBPQ = frozenset({"postgresql", "postgresql+psycopg", "postgresql+psycopg2"})
# ADBC's own batches: small enough that a page of wide rows is not held many times.
_BATCH_BYTES = 4 * 1024 * 1024
# Cast to text, values must read alike whatever the server's settings are.
_SETTINGS = (
    "SET TRANSACTION READ ONLY",
    "SET LOCAL TIME ZONE 'UTC'",
    "SET LOCAL datestyle = 'ISO'",
)
# Who writes to a SQLite file keeps it for milliseconds; a stuck process is told of.
_BUSY_SECONDS = 30
# A driver's message beyond that is a dump, not a sentence.
_MESSAGE_CHARACTERS_MAX = 300
# Classes of SQLSTATE whose messages quote values: of a cast, or of a view's function.
_OF_VALUES = frozenset({"22", "23", "38", "44", "P0"})
# Beside them class 42, a name in the query; SQLite has no such codes.
_REFUSALS = _OF_VALUES | {"42"}
# After the first rows ADBC tells no SQLSTATE: what the server says then is about a row,
# unless it was told to stop.
_SERVER_SAYS = re.compile(r"\bERROR:(?! +canceling statement)")
_REFUSED_BY_SQLITE = ("no such table", "no such column", "syntax error")

Statement = sa.Select[Any]


def stream(
    url: str | sa.URL,
    statement: Statement,
    *,
    rows_per_batch: int,
    unavailable: type[CapiJobsError],
) -> Iterator[pa.RecordBatch]:
    """Yield the rows; PostgreSQL keeps its types, from others every column is text.

    One statement sees one snapshot. An order of rows is kept by PostgreSQL only.
    """
    address = sa.make_url(url)
    with told(address, unavailable):
        for batch in _batches(address, statement, rows_per_batch):
            for start in range(0, batch.num_rows, rows_per_batch):
                yield valid(batch.slice(start, rows_per_batch))


def describe(
    url: str | sa.URL, statement: Statement, *, unavailable: type[CapiJobsError]
) -> pa.Schema:
    """Return names and types of what is selected; where types vary by row, of one."""
    address = sa.make_url(url)
    with told(address, unavailable):
        if address.drivername in _LIBPQ:
            return _described(address, statement.limit(0))
        # SQLite has no types worth the name; a row of it might not even be text.
        rows = 0 if address.get_backend_name() == "sqlite" else 1
        with engine(address).connect() as connection:
            result = connection.execute(statement.limit(rows))
            names, row = list(result.keys()), result.first()
    values = row or [None] * len(names)
    return pa.schema(
        (name, _arrow_type(value)) for name, value in zip(names, values, strict=True)
    )


def engine(url: str | sa.URL) -> sa.Engine:
    """Return an engine that only reads, where the database has such a mode."""
    address, options = sa.make_url(url), dict[str, Any]()
    if _is_sqlite_file(address):
        query = {"mode": "ro", "uri": "true"}
        address = address.set(database=_sqlite_file(address), query=query)
        options = {"connect_args": {"timeout": _BUSY_SECONDS}}
    made = sa.create_engine(
        address, hide_parameters=True, poolclass=sa.NullPool, **options
    )
    return made.execution_options(postgresql_readonly=True)


def message(error: BaseException, url: sa.URL | None = None) -> str:
    """Return the first line of what a driver said, without password and values."""
    said = str(getattr(error, "orig", None) or error).partition("\n")[0]
    state = _state(error)
    if state[:2] in _OF_VALUES:
        return f"a value cannot be read (SQLSTATE {state})"
    if not state and _SERVER_SAYS.search(said):
        return "a value cannot be read"
    if url is not None and url.password:
        said = said.replace(str(url.password), "***")
    return said[:_MESSAGE_CHARACTERS_MAX]


@contextmanager
def told(url: sa.URL, unavailable: type[CapiJobsError]) -> Iterator[None]:
    """Turn a driver's errors into one of ours."""
    try:
        yield
    # OSError: so ADBC tells what happens after the first batch.
    except (SQLAlchemyError, dbapi.Error, pa.ArrowException, OSError) as error:
        shown, said = url.render_as_string(hide_password=True), message(error, url)
        if _is_refusal(error):
            raise DataContractFault(
                f"{shown} does not take the query: {said}",
                do="mend relation, query or columns; `check` lists all faults",
            ) from None
        raise unavailable(
            f"{shown} cannot be read: {said}",
            do="see that it runs and may be read, then run again",
        ) from None


def _is_refusal(error: BaseException) -> bool:
    """Say whether the query is at fault, not the database."""
    state, text = _state(error), str(error)
    if state:
        return state[:2] in _REFUSALS
    by_sqlite = any(said in text for said in _REFUSED_BY_SQLITE)
    return by_sqlite or bool(_SERVER_SAYS.search(text))


def _state(error: BaseException) -> str:
    """Return the SQLSTATE that the driver's own error tells, if it tells one."""
    return str(getattr(getattr(error, "orig", None) or error, "sqlstate", None) or "")


def _batches(
    url: sa.URL,
    statement: Statement,
    rows_per_batch: int,
) -> Iterator[pa.RecordBatch]:
    if url.drivername in _LIBPQ:
        with _postgresql(url, statement) as found:
            yield from found
        return
    if _is_sqlite_file(url):
        yield from _sqlite(url, statement, rows_per_batch)
        return
    yield from _cursor(url, statement, rows_per_batch)


def _for_libpq(url: sa.URL) -> str:
    """Write the address as libpq reads it, password and all."""
    written = url.set(drivername="postgresql").render_as_string(hide_password=False)
    # SQLAlchemy writes a space of the query as a plus, which libpq takes for a plus:
    # two settings in `options` would be one.
    place, mark, query = written.partition("?")
    return f"{place}{mark}{query.replace('+', '%20')}"


def _described(url: sa.URL, statement: Statement) -> pa.Schema:
    with _postgresql(url, statement) as found:
        if not adbc.unknown(found.schema):
            return found.schema
    with _postgresql(url, statement) as found:
        return found.schema


@contextmanager
def _postgresql(url: sa.URL, statement: Statement) -> Iterator[pa.RecordBatchReader]:
    """Read by ADBC, which streams a COPY unless there are parameters to bind."""
    # SQLAlchemy leaves it untyped.
    dialect = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
    with adbc.connected(_for_libpq(url)) as connection:
        with closing(connection.cursor()) as settings:
            for setting in _SETTINGS:
                settings.execute(setting)
        options = {"adbc.postgresql.batch_size_hint_bytes": str(_BATCH_BYTES)}
        with _adbc(connection, statement, dialect, options) as found:
            yield found


def _sqlite(
    url: sa.URL,
    statement: Statement,
    rows_per_batch: int,
) -> Iterator[pa.RecordBatch]:
    """Read by Python's own SQLite, as text.

    Never by another copy of the library, as ADBC brings one: when it closes the file
    of the ledger, the operating system drops the locks of ours, and books may break.
    """
    rows = statement.subquery()
    texts: sa.Select[*tuple[Any, ...]] = sa.select(
        *(sa.cast(c, sa.Text).label(c.name) for c in rows.c)
    )
    names = [column.name for column in rows.c]
    with engine(url).connect() as connection:
        # As bytes: an error of decoding would show the value.
        driver: Any = connection.connection.driver_connection
        driver.text_factory = bytes
        for part in connection.execute(texts).partitions(rows_per_batch):
            columns = [
                pa.array(column, pa.binary()).view(pa.string())
                for column in zip(*part, strict=True)
            ]
            yield pa.record_batch(columns, names=names)


@contextmanager
def _adbc(
    connection: dbapi.Connection,
    statement: sa.SelectBase,
    dialect: sa.Dialect,
    options: dict[str, str],
) -> Iterator[pa.RecordBatchReader]:
    inline = {"render_postcompile": True}
    compiled = statement.compile(dialect=dialect, compile_kwargs=inline)
    names = getattr(compiled, "positiontup", None) or []
    bound = [compiled.params[name] for name in names]
    with closing(connection.cursor()) as cursor:
        cursor.adbc_statement.set_options(**options)
        cursor.execute(str(compiled), bound or None)
        yield cursor.fetch_record_batch()


def _cursor(
    url: sa.URL,
    statement: Statement,
    rows_per_batch: int,
) -> Iterator[pa.RecordBatch]:
    """Read by a server-side cursor. `partitions()` without size would hold all rows."""
    names = [column.name for column in statement.selected_columns]
    reader = engine(url).execution_options(stream_results=True)
    with reader.connect() as connection:
        found = connection.execution_options(max_row_buffer=rows_per_batch)
        for rows in found.execute(statement).partitions(rows_per_batch):
            columns = [
                pa.array(map(_text, c), pa.string()) for c in zip(*rows, strict=True)
            ]
            yield pa.record_batch(columns, names=names)


def _arrow_type(value: object) -> pa.DataType:
    match value:
        case datetime():
            return pa.timestamp("us", tz="UTC" if value.tzinfo else None)
        case date():
            return pa.date32()
        case bool():
            return pa.bool_()
        case int():
            return pa.int64()
        case float() | Decimal():
            return pa.float64()
        case _:
            return pa.string()


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _is_sqlite_file(url: sa.URL) -> bool:
    in_memory = url.database in {None, "", ":memory:"}
    plain = not (url.database or "").startswith("file:")
    return url.get_backend_name() == "sqlite" and plain and not in_memory


def _sqlite_file(url: sa.URL) -> str:
    return f"file:{quote(url.database or '')}"


def valid(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Refuse text that is not UTF-8: SQLite keeps whatever bytes it was given."""
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid:
        raise DataContractFault(
            f"text in one of these columns is not UTF-8: {_names(batch.schema.names)}",
            do="mend the text in the database, then run again",
        ) from None
    return batch


def _names(names: Iterable[str]) -> str:
    return ", ".join(names)
