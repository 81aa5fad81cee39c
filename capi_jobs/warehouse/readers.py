"""Who runs the statements: DuckDB itself, or a database behind SQLAlchemy and ADBC.

A `Reader` describes and streams; what is asked for is composed in `selection.py`.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from capi_jobs import duck, rows
from capi_jobs.errors import DataContractFault, WarehouseUnavailable
from capi_jobs.warehouse.selection import Column, Dialect, Statement, source_of

# Scans, sorts nothing: a page and DuckDB's own buffers.
_MEMORY_LIMIT_MB = 256
_FILES = re.compile(r"(?i)[^\"]*\.(parquet|csv|tsv|csv\.gz|tsv\.gz|csv\.zst)")
# What PostgreSQL reads as a time is decided here, as it cannot try a cast.
_TIME = (
    r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d+)?)?( ?(Z|UTC|[+-]\d\d(:?\d\d)?))?)?"
    r"$"
)
_DAY_GLOB = "[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]*"


class Reader(Protocol):
    """Reads one warehouse, and only reads."""

    @property
    def dialect(self) -> Dialect:
        """What the database writes in its own way."""

    def source(self, relation: str | None, query: str | None) -> sa.FromClause:
        """Return what to select from."""

    def describe(self, statement: Statement, relation: str | None) -> pa.Schema:
        """Return names and types of what is selected."""

    def stream(
        self, statement: Statement, relation: str | None, rows_per_batch: int
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of one snapshot."""


def reader_for(url: str, seconds_max: int | None = None) -> Reader:
    """Choose by the URL's scheme. PostgreSQL ends a statement that takes longer."""
    address = sa.make_url(url)
    if seconds_max and address.get_backend_name() == "postgresql":
        address = _bounded(address, seconds_max)
    if address.drivername == "duckdb":
        return DuckReader(Path(address.database) if address.database else None)
    return DatabaseReader(address, _DIALECTS.get(address.get_backend_name(), _ANY))


def _bounded(address: sa.URL, seconds_max: int) -> sa.URL:
    before = address.query.get("options", "")
    told = before if isinstance(before, str) else " ".join(before)
    bound = f"{told} -cstatement_timeout={seconds_max}s".strip()
    return address.update_query_dict({"options": bound})


# ── Behind SQLAlchemy ───────────────────────────────────────────────────────────


def _any_array(column: Column, keys: Sequence[Any]) -> sa.ColumnElement[bool]:
    kind = sa.Text if not keys or isinstance(keys[0], str) else sa.BigInteger
    array = sa.bindparam(None, list(keys), type_=postgresql.ARRAY(kind))
    return column == sa.any_(array)


def _in_list(column: Column, keys: Sequence[Any]) -> sa.ColumnElement[bool]:
    return column.in_(list(keys))


_POSTGRESQL = Dialect(
    json_text=sa.func.to_jsonb,
    among=_any_array,
    unreadable=lambda text: ~text.regexp_match(_TIME),
    inline=True,
    infinite=True,
    typed=True,
    keys_per_statement=50_000,  # one array, whatever its length; a page of orders
)
_SQLITE = Dialect(
    json_text=lambda column: column,
    among=_in_list,
    # julianday() reads what is no date, too: the time of day, "now", numbers.
    unreadable=lambda text: sa.or_(
        ~text.bool_op("GLOB")(_DAY_GLOB), sa.func.julianday(text).is_(None)
    ),
    keys_per_statement=30_000,  # SQLite takes 32,766 parameters
)
_ANY = Dialect(
    json_text=lambda column: column,
    among=_in_list,
    unreadable=lambda text: ~text.like("____-__-__%"),
)
_DIALECTS = {"postgresql": _POSTGRESQL, "sqlite": _SQLITE}


@dataclass(frozen=True, slots=True)
class DatabaseReader:
    """SQLite, PostgreSQL, and whatever else has a SQLAlchemy dialect."""

    url: sa.URL
    dialect: Dialect

    def source(self, relation: str | None, query: str | None) -> sa.FromClause:
        """Return the relation, or the query as a subquery."""
        return source_of(relation, query)

    def describe(
        self,
        statement: Statement,
        relation: str | None,  # noqa: ARG002 - DuckDB's way needs it
    ) -> pa.Schema:
        """Ask the database."""
        return rows.describe(self.url, statement, unavailable=WarehouseUnavailable)

    def stream(
        self,
        statement: Statement,
        relation: str | None,  # noqa: ARG002 - DuckDB's way needs it
        rows_per_batch: int,
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows by the fastest way there is."""
        return rows.stream(
            self.url,
            statement,
            rows_per_batch=rows_per_batch,
            unavailable=WarehouseUnavailable,
        )


# ── DuckDB ──────────────────────────────────────────────────────────────────────


def _unnested(column: Column, keys: Sequence[Any]) -> sa.ColumnElement[bool]:
    kind = sa.Text if not keys or isinstance(keys[0], str) else sa.BigInteger
    array = sa.bindparam(None, list(keys), type_=postgresql.ARRAY(kind))
    return column.in_(sa.select(sa.func.unnest(array)))


_DUCKDB = Dialect(
    json_text=sa.func.to_json,
    among=_unnested,
    unreadable=lambda text: sa.or_(
        ~sa.func.regexp_matches(text, _TIME, type_=sa.Boolean),
        sa.func.try_strptime(sa.func.left(text, 10), "%Y-%m-%d").is_(None),
    ),
    inline=True,
    infinite=True,
    typed=True,
    keys_per_statement=50_000,  # one list, whatever its length; a page of orders
)


@dataclass(frozen=True, slots=True)
class DuckReader:
    """DuckDB's own files, and Parquet or CSV files by their path or pattern."""

    path: Path | None
    dialect: Dialect = _DUCKDB

    def source(self, relation: str | None, query: str | None) -> sa.FromClause:
        """Return the relation; files are put behind a view of this name."""
        return source_of("files" if _is_file(relation) else relation, query)

    def describe(self, statement: Statement, relation: str | None) -> pa.Schema:
        """Ask DuckDB, which looks into the first lines of a CSV."""
        with self._connected(relation) as connection:
            return _reader(connection, statement.limit(0), 1).schema

    def stream(
        self, statement: Statement, relation: str | None, rows_per_batch: int
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows as DuckDB scans them."""
        with self._connected(relation) as connection:
            for batch in _reader(connection, statement, rows_per_batch):
                for start in range(0, batch.num_rows, rows_per_batch):
                    yield batch.slice(start, rows_per_batch)

    @contextmanager
    def _connected(self, relation: str | None) -> Iterator[duckdb.DuckDBPyConnection]:
        files = relation if _is_file(relation) else None
        path = None if files else self.path
        try:
            with duck.connect(
                path, _MEMORY_LIMIT_MB, read_only=path is not None
            ) as connection:
                if files:
                    _files(connection, files).create_view("files")
                yield connection
        # RuntimeError and OSError: so Arrow tells what happens after the first batch.
        except (duckdb.Error, pa.ArrowException, RuntimeError, OSError) as error:
            raise _told(error, relation, self.path) from None


def _is_file(relation: str | None) -> bool:
    return bool(relation and _FILES.fullmatch(relation))


def _files(
    connection: duckdb.DuckDBPyConnection, pattern: str
) -> duckdb.DuckDBPyRelation:
    if pattern.lower().endswith(".parquet"):
        return connection.read_parquet(pattern, union_by_name=True)
    # Texts only: what looks like a number may be an id with leading zeros.
    return connection.read_csv(
        pattern, header=True, all_varchar=True, union_by_name=True
    )


def _reader(
    connection: duckdb.DuckDBPyConnection, statement: Statement, rows_per_batch: int
) -> pa.RecordBatchReader:
    compiled = statement.compile(
        dialect=postgresql.dialect(paramstyle="numeric_dollar"),  # type: ignore[no-untyped-call]
        compile_kwargs={"render_postcompile": True},
    )
    bound = [compiled.params[name] for name in compiled.positiontup or ()]
    # `execute()` would hold all rows, `sql()` streams them.
    found = connection.sql(str(compiled), params=bound)
    return found.to_arrow_reader(rows_per_batch)


# DuckDB's own text quotes the line, with all that is personal in it.
_CSV_LINE = re.compile(r"Line: (\d+)")
_CSV_FILE = re.compile(r"file = (.+)")
_REFUSALS = (duckdb.CatalogException, duckdb.BinderException, duckdb.ParserException)
# So begins what a view's own cast says; the value itself follows.
_VALUE_KIND = re.compile(
    r"(Conversion|Invalid Input|Out of Range|Mismatch Type|Constraint) Error\b"
)


def _told(
    error: BaseException, relation: str | None, path: Path | None
) -> DataContractFault | WarehouseUnavailable:
    said = str(error)
    if line := _CSV_LINE.search(said):
        file = _CSV_FILE.search(said)
        reason = "is not UTF-8" if "unicode" in said.lower() else "is no row of the CSV"
        return DataContractFault(
            f"line {line[1]} of {file[1] if file else relation} {reason}",
            do="mend the file, then run again: nothing was skipped, nothing was sent",
        )
    shown = relation if _is_file(relation) else path or "DuckDB"
    if kind := _VALUE_KIND.search(said):
        return DataContractFault(
            f"{shown} has a value that cannot be read ({kind[0]})",
            do="mend the value, or the cast in the view, then run again",
        )
    if isinstance(error, _REFUSALS) or "No files found" in said:
        return DataContractFault(
            f"{shown} does not take the query: {rows.message(error)}",
            do="mend relation, query or columns; `check` lists all faults",
        )
    return WarehouseUnavailable(
        f"{shown} cannot be read: {rows.message(error)}",
        do="see that it is there and whole, then run again",
    )
