"""Puts the demo shop into the warehouse of docker-compose.yml, where it is still empty.

The shop itself is made by capi_jobs/demo, as a SQLite file; here it is only copied.
CAPI_SHOP_URL says where to, as libpq writes it; CAPI_SHOP_ORDERS how many orders.
"""

import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from capi_jobs.demo.shop import make_shop
from capi_jobs.demo.store import BOOLEANS, COLUMNS


def load(url: str, orders: int, now: datetime) -> bool:
    """Make the tables, all or none; False where somebody made them before."""
    with psycopg.connect(url) as target:
        # Two that start at once: the second waits, and finds the tables.
        target.execute("SELECT pg_advisory_xact_lock(20261123)")
        found = target.execute("SELECT to_regclass('completed_orders')").fetchone()
        if found != (None,):
            return False
        with tempfile.TemporaryDirectory() as folder:
            shop = make_shop(Path(folder) / "shop.db", now=now, orders=orders)
            with closing(sqlite3.connect(shop.path)) as source:
                for table, columns in COLUMNS.items():
                    _copy(source, target, table, columns)
        return True


def _copy(
    source: sqlite3.Connection,
    target: psycopg.Connection,
    table: str,
    columns: list[str],
) -> None:
    name = sql.Identifier(table)
    typed = [
        sql.SQL("{} {}").format(
            sql.Identifier(column),
            sql.SQL("boolean" if column in BOOLEANS else "text"),
        )
        for column in columns
    ]
    target.execute(
        sql.SQL("CREATE TABLE {} ({})").format(name, sql.SQL(", ").join(typed))
    )
    with target.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(name)) as copy:
        for row in _rows(source, table, columns):
            copy.write_row(row)
    # As in the SQLite file: else every question about one order would read them all.
    target.execute(sql.SQL("CREATE INDEX ON {} (order_id)").format(name))


def _rows(
    source: sqlite3.Connection, table: str, columns: list[str]
) -> Iterator[list[object]]:
    """SQLite has no booleans: it gives back 0 and 1."""
    # The names are constants of capi_jobs/demo.
    for row in source.execute(f"SELECT {', '.join(columns)} FROM {table}"):  # noqa: S608
        yield [
            bool(value) if value is not None and column in BOOLEANS else value
            for column, value in zip(columns, row, strict=True)
        ]


def main() -> None:
    url = os.environ["CAPI_SHOP_URL"]
    orders = int(os.environ["CAPI_SHOP_ORDERS"])
    loaded = load(url, orders, datetime.now(UTC))
    said = f"a shop with {orders:,} orders is in" if loaded else "a shop was in"
    sys.stdout.write(f"{said} the warehouse\n")


if __name__ == "__main__":
    main()
