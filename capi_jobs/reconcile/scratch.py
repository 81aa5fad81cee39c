"""Files for the tables of a reconcile: not compressed, never recovered, soon gone.

Of tables in memory a part never spills, a third of 512 MB for thirty million orders;
and what spilled is read at four times the cost of a file. One file lives as long as the
joins; what they found is kept in the other, in tables of the schema `kept.main`.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from capi_jobs import duck

# Tables are created in the first; macros are in both. What is kept is named in full.
_PATH = "scratch.main,memory.main"


@contextmanager
def scratch(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Create tables on disk until the block ends, then drop them all at once."""
    path = _attach(connection, "scratch")
    connection.execute(f"SET search_path = '{_PATH}'")
    try:
        yield
    finally:
        # On a full disk it may fail: the workspace removes its folder, and what ended
        # the block is what counts.
        with suppress(duckdb.Error):
            connection.execute("RESET search_path")
            connection.execute("DETACH scratch")
            path.unlink()


def keep(connection: duckdb.DuckDBPyConnection) -> None:
    """Attach the file for what is found; it is gone when the workspace closes."""
    _attach(connection, "kept")


@contextmanager
def cursor(
    connection: duckdb.DuckDBPyConnection,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open one that finds these tables: DuckDB's own only look into memory."""
    with connection.cursor() as opened:
        opened.execute(f"SET search_path = '{_PATH}'")
        yield opened


def _attach(connection: duckdb.DuckDBPyConnection, name: str) -> Path:
    path = duck.folder(connection) / f"{name}.duckdb"
    quoted = "'" + str(path).replace("'", "''") + "'"
    connection.execute("SET force_compression = 'uncompressed'")
    connection.execute("SET checkpoint_on_detach = 'DISABLED'")
    connection.execute(f"ATTACH {quoted} AS {name} (RECOVERY_MODE no_wal_writes)")
    return path
