"""The demo warehouse as a file: tables, and one transaction that fills them.

Plain sqlite3, because a warehouse is made by others; the tool reads it its own way.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from capi_jobs.demo.orders import Row

ORDER_COLUMNS = [
    "order_id",
    "completed_at",
    "updated_at",
    "status",
    "channel",
    "event_id",
    "value",
    "currency",
    "customer_id",
    "email",
    "phone",
    "first_name",
    "last_name",
    "city",
    "state",
    "zip",
    "country",
    "date_of_birth",
    "gender",
    "ip",
    "user_agent",
    "page_url",
    "fbc",
    "fbp",
    "fbclid",
    "ttclid",
    "ttp",
    "sc_click_id",
    "sc_cookie1",
    "madid",
    "app_id",
    "app_platform",
    "app_version",
    "os_version",
    "att_consent",
    "consent",
    "limited_data_use",
    "is_test",
    "items",
]
_EVENT = ["event_id", "event_name", "event_time", "order_id", "value", "currency"]
COLUMNS = {
    "completed_orders": ORDER_COLUMNS,
    # The two senders were built by different people: one names the platform, the
    # other the destination.
    "browser_events": [*_EVENT, "platform"],
    "server_events": [*_EVENT, "destination"],
    "demo_truth": ["kind", "order_id"],
}
BOOLEANS = frozenset({"consent", "limited_data_use", "is_test", "att_consent"})


def store(
    path: Path,
    tables: Mapping[str, Iterable[Row]],
    layout: Mapping[str, Sequence[str]] = COLUMNS,
) -> None:
    """Write a new file; all of it, or nothing."""
    if path.exists():
        raise FileExistsError(f"{path} exists; remove it or name another file")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("BEGIN")  # else sqlite3 commits after each CREATE
        for table, columns in layout.items():
            _create(connection, table, columns)
            _insert(connection, table, columns, tables[table])


def _create(connection: sqlite3.Connection, table: str, columns: Sequence[str]) -> None:
    typed = (f"{c} {'BOOLEAN' if c in BOOLEANS else 'TEXT'}" for c in columns)
    connection.execute(f"CREATE TABLE {table} ({', '.join(typed)})")
    # Without an index every question about one order would read them all.
    connection.execute(f"CREATE INDEX {table}_order ON {table} (order_id)")


def _insert(
    connection: sqlite3.Connection,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Row],
) -> None:
    marks = ", ".join("?" * len(columns))
    values = (tuple(map(row.get, columns)) for row in rows)
    # Names are this module's own constants; values are bound.
    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608
