"""Connections to PostgreSQL by ADBC, whose types are asked for once, not each time.

What is read over them, and that it is only read, stands in `rows.py`.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache

import adbc_driver_manager
import adbc_driver_postgresql
import pyarrow as pa
from adbc_driver_manager import dbapi

# Of a warehouse and a ledger, and of those before them where the configuration changed.
_SERVERS_MAX = 4
# So ADBC calls the type of a column that it does not know.
_UNNAMED = "unnamed<oid:"


@contextmanager
def connected(address: str) -> Iterator[dbapi.Connection]:
    """Open a connection of its own; `address` is as libpq reads it."""
    server = _server(address)
    with (
        adbc_driver_manager.AdbcConnection(server) as opened,
        closing(dbapi.Connection(server, opened)) as connection,
    ):
        yield connection


def unknown(schema: pa.Schema) -> bool:
    """Say whether a type came after the server's types were asked for; then forget."""
    found = any(_UNNAMED in str(kind) for kind in schema.types)
    if found:
        _server.cache_clear()
    return found


class _Server(adbc_driver_manager.AdbcDatabase):
    """All types of a server, by their numbers; no connection is held."""

    def close(self) -> None:
        """Stay: whoever closes a connection would close it, too."""


@lru_cache(_SERVERS_MAX)
def _server(address: str) -> _Server:
    """Ask for the types: some 20 ms here and 100 ms there, against 1 ms to connect."""
    driver = adbc_driver_postgresql._driver_path()  # noqa: SLF001 - connect() has it, too
    return _Server(driver=driver, uri=address)
