"""A file for the tables of a reconcile: not compressed, never recovered, soon gone.

Of tables in memory a part never spills, a third of 512 MB for thirty million orders;
and what spilled is read at four times the cost of a file.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

from capi_jobs import duck

# Tables are created in the first; macros are in both, and what is kept is in memory.
_PATH = "scratch.main,memory.main"


@contextmanager
def scratch(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Create tables on disk until the block ends, then drop them all at once."""
    path = duck.folder(connection) / "scratch.duckdb"
    quoted = "'" + str(path).replace("'", "''") + "'"
    connection.execute("SET force_compression = 'uncompressed'")
    connection.execute("SET checkpoint_on_detach = 'DISABLED'")
    connection.execute(f"ATTACH {quoted} AS scratch (RECOVERY_MODE no_wal_writes)")
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


@contextmanager
def cursor(
    connection: duckdb.DuckDBPyConnection,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open one that finds these tables: DuckDB's own only look into memory."""
    with connection.cursor() as opened:
        opened.execute(f"SET search_path = '{_PATH}'")
        yield opened
