"""DuckDB as the house uses it: bounded, private, no network; how it reads texts.

The SQL that reads times, truth and money stands here once, for `reconcile/`, which
classes orders by it, for `audit/`, which compares events with them, and for
`warehouse/`, whose check says what it cannot read.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import pyarrow as pa

from capi_jobs.errors import CapiJobsError

# Of folders in the machine's own for temporary files.
_PREFIX = "capi-jobs-spill-"
# A folder is made before it is held; nobody is that slow.
_YOUNG_SECONDS = 3_600
# Two readers at once in most schedulers' slots; DuckDB's memory grows with threads.
_THREADS_MAX = 4
# Half of a small worker's 2 GB; ten million orders are reconciled within it
# (`python -m benchmarks reconcile 10000000 256`).
_ROOM_MAX_MB = 1_024
_UNITS_MB = {"KiB": 1 / 1_024, "MiB": 1.0, "GiB": 1_024.0}
# What Python's str.strip() takes away, and the spaces that nobody sees, so that both
# sides call the same text empty.
_BLANKS = (
    "".join(c for c in map(chr, range(0x3001)) if c.isspace()) + "\u200b\u2060\ufeff"
)

# ISO 8601 as databases write it; wider guesses would misread, e.g. 01/02/2026.
_CLOCK = r"([01]\d|2[0-3]):\d\d(:\d\d([.,]\d{1,9})?)?"
_OFFSET = r" ?(Z|z|UTC|[+-]([01]\d|2[0-3])(:?[0-5]\d(:?[0-5]\d)?)?)"
_TIME = rf"\d{{4}}-\d\d-\d\d([Tt ]{_CLOCK}({_OFFSET})?)?"

MACROS = (
    # How the ledger keeps an id that no index can hold: `ledger.columns.kept_id`.
    (
        "CREATE MACRO kept_id(t) AS"
        " CASE WHEN strlen(t) <= 512 AND NOT contains(t, chr(0)) THEN t"
        " ELSE left(replace(t, chr(0), '␀'), 64) || '…' || sha256(t) END"
    ),
    # How the ledger keeps an id that was forgotten: `ledger.forgotten.digest_of`.
    "CREATE MACRO digest_of(t) AS 'forgotten:' || sha256(kept_id(t))",
    # Trimming of many characters is slow, and of few texts needed.
    """
    CREATE MACRO tidy(t) AS
    CASE WHEN t[1] BETWEEN '!' AND '~' AND t[-1] BETWEEN '!' AND '~' THEN t
        ELSE nullif(trim(t, getvariable('blanks')), '') END
    """,
    # A newline at the end of an id is a fault of the row, not a blank.
    "CREATE MACRO id_text(t) AS nullif(trim(t, ' '), '')",
    # There is no year 0, but for DuckDB.
    f"""
    CREATE MACRO is_time(t) AS
    regexp_full_match(t, '{_TIME}') AND t[:4] <> '0000'
    """,
    f"CREATE MACRO has_offset(t) AS regexp_matches(t, ':.*{_OFFSET}$')",
    # Ruby sets a space before the offset, BigQuery writes UTC: DuckDB takes neither.
    """
    CREATE MACRO plain_time(t) AS
    replace(replace(replace(replace(replace(
        upper(t), ',', '.'), 'UTC', 'Z'), ' Z', 'Z'), ' +', '+'), ' -', '-')
    """,
    # As PostgreSQL writes times with zone: half of the work for most of the rows.
    """
    CREATE MACRO is_plain(t) AS
    t LIKE '____-__-__ __:__:__%+__' AND t[20] <> ',' AND t[12:13] < '24'
        AND t[1] <> '0'
    """,
    # A wall time that comes twice in autumn is read as the first of the two.
    """
    CREATE MACRO earlier(late, wall, zone) AS
    CASE WHEN timezone(zone, late - INTERVAL 1 HOUR) = wall
        THEN late - INTERVAL 1 HOUR ELSE late END
    """,
    "CREATE MACRO zoned_time(wall, zone) AS earlier(timezone(zone, wall), wall, zone)",
    # In spring an hour of wall times does not exist: it comes back as another one.
    "CREATE MACRO in_gap(wall, zone) AS timezone(zone, timezone(zone, wall)) <> wall",
    # Without a zone, UTC stands in, so that such a row lies in one interval only.
    """
    CREATE MACRO read_time(t, zone) AS CASE
    WHEN is_plain(t) THEN TRY_CAST(t AS TIMESTAMPTZ)
    WHEN NOT is_time(t) THEN NULL
    WHEN has_offset(t) THEN TRY_CAST(plain_time(t) AS TIMESTAMPTZ)
    ELSE zoned_time(TRY_CAST(plain_time(t) AS TIMESTAMP), coalesce(zone, 'UTC')) END
    """,
    """
    CREATE MACRO time_fault(t, instant, zone) AS CASE
    WHEN t IS NULL THEN 'missing'
    WHEN instant IS NULL THEN 'unreadable'
    WHEN is_plain(t) OR has_offset(t) THEN NULL
    WHEN zone IS NULL THEN 'naive'
    WHEN in_gap(TRY_CAST(plain_time(t) AS TIMESTAMP), zone) THEN 'in_dst_gap' END
    """,
    # 18 digits before the point, so that sums of any number of rows still fit.
    "CREATE MACRO read_money(t) AS TRY_CAST(tidy(t) AS DECIMAL(27, 9))",
    """
    CREATE MACRO read_flag(t) AS CASE
    WHEN lower(tidy(t)) IN ('true', 't', '1', 'yes', 'y', 'on') THEN true
    WHEN lower(tidy(t)) IN ('false', 'f', '0', 'no', 'n', 'off') THEN false END
    """,
    # Placeholders of `[orders] event_id_template`; a shop's own braces stay.
    """
    CREATE MACRO filled(template, order_id, name, currency) AS
    replace(replace(replace(template, '{event_name}', name),
        '{currency}', currency), '{order_id}', order_id)
    """,
    # At most three letters are shown; anything else is one bucket without name. Most
    # are written well, and a pattern of three letters is cheaper than an expression.
    """
    CREATE MACRO code(currency) AS
    CASE WHEN currency GLOB '[A-Z][A-Z][A-Z]' THEN currency
        WHEN regexp_full_match(upper(tidy(currency)), '[A-Z]{1,3}')
        THEN upper(tidy(currency)) ELSE '' END
    """,
)


@contextmanager
def workspace(memory_limit_mb: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an empty database; what exceeds the limit spills to a private folder."""
    _remove_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))  # for its owner only
    held = os.open(folder, os.O_RDONLY)
    with suppress(OSError):  # some file systems have no locks, and then no leftovers
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        # In memory: who has more rows than fit puts them into `reconcile/scratch.py`'s
        # file, or on `audit/piles.py`.
        with connect(None, memory_limit_mb, spill=folder) as connection:
            for macro in MACROS:
                connection.execute(macro)
            yield connection
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _remove_leftovers() -> None:
    """Delete what runs that were killed had spilled: nobody holds it any more."""
    long_ago = time.time() - _YOUNG_SECONDS  # noqa: TID251 - the age of files
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        # Of another user, gone meanwhile, held by a run that goes on: not ours.
        with suppress(OSError):
            if folder.stat().st_mtime < long_ago:
                _remove_unheld(folder)


def _remove_unheld(folder: Path) -> None:
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(held)


@contextmanager
def connect(
    path: Path | None,
    memory_limit_mb: int,
    *,
    read_only: bool = False,
    spill: Path | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a file, or a database in memory, with our limits and in UTC."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{memory_limit_mb}MiB",
        "threads": str(min(os.cpu_count() or 1, _THREADS_MAX)),
        "preserve_insertion_order": "false",  # else big results wait in memory
        "autoinstall_known_extensions": "false",  # nothing is fetched
        "autoload_known_extensions": "false",
    }
    if spill:
        config["temp_directory"] = str(spill)
    target = str(path) if path else ":memory:"
    with duckdb.connect(target, read_only=read_only, config=config) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        # Where no file is run (`python -c`, a notebook) it would draw into our answer.
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET VARIABLE blanks = $1", [_BLANKS])
        yield connection


def folder(connection: duckdb.DuckDBPyConnection) -> Path:
    """Return the private folder of a workspace; it is gone when that closes."""
    setting = "SELECT current_setting('temp_directory')"
    [(path,)] = connection.execute(setting).fetchall()
    return Path(path)


def roomy(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    """Execute; where a join cannot do with the memory there is, with half as much more.

    Joins spill, but not all that they hold; where rows may be many, they are joined in
    parts (`reconcile/parting.py`). A statement that failed left nothing behind.
    """
    while True:
        try:
            connection.execute(statement)
        except duckdb.OutOfMemoryException:
            limit = memory_limit_mb(connection)
            if limit >= _ROOM_MAX_MB:
                raise CapiJobsError(
                    f"joining the keys takes more than {_ROOM_MAX_MB:,} MB",
                    do="take fewer days at once",
                ) from None
            more = min(limit + limit // 2, _ROOM_MAX_MB)
            connection.execute(f"SET memory_limit = '{more}MiB'")
        else:
            return


def memory_limit_mb(connection: duckdb.DuckDBPyConnection) -> int:
    """Read the setting back, which DuckDB writes as `256.0 MiB`, or `1.0 GiB`."""
    [(text,)] = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    size, unit = str(text).split()
    return round(float(size) * _UNITS_MB[unit])


class Feed:
    """Batches as DuckDB reads them; keeps the exception that ended them.

    DuckDB turns an exception of a reader into one of its own, with its text only.
    """

    def __init__(
        self, batches: Iterable[pa.RecordBatch], columns: Iterable[str]
    ) -> None:
        self._batches = batches
        self._schema = pa.schema([(name, pa.string()) for name in columns])
        self._raised: BaseException | None = None

    def reader(self) -> pa.RecordBatchReader:
        """Return all columns as text, the ones that a batch lacks as NULL."""
        return pa.RecordBatchReader.from_batches(self._schema, self._texts())

    @contextmanager
    def told(self) -> Iterator[None]:
        """Raise what ended the batches instead of DuckDB's word for it."""
        try:
            yield
        except duckdb.Error:
            if self._raised is not None:
                raise self._raised from None
            raise

    def _texts(self) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self._batches:
                yield _as_texts(batch, self._schema)
        except BaseException as raised:
            self._raised = raised
            raise


def _as_texts(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [_column(batch, name) for name in schema.names]
    return pa.record_batch(columns, schema=schema)


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    if name not in batch.schema.names:
        return pa.nulls(batch.num_rows, pa.string())
    column = batch.column(name)
    return column if column.type == pa.string() else column.cast(pa.string())


def stream(
    connection: duckdb.DuckDBPyConnection,
    batches: Iterable[pa.RecordBatch],
    columns: Iterable[str],
    statement: str,
) -> None:
    """Execute a statement that reads the table `arrived`: these batches, as text."""
    feed = Feed(batches, columns)
    connection.register("arrived", feed.reader())
    # What streams in is looked up in small tables. Of an empty one DuckDB believes that
    # it were the larger side, and keeps all that streams in before it writes a row.
    connection.execute("SET disabled_optimizers = 'build_side_probe_side,join_order'")
    with feed.told():
        connection.execute(statement)
    connection.execute("RESET disabled_optimizers")
    connection.unregister("arrived")
