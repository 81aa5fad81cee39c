"""The same small shop in every kind of warehouse that is supported."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import psycopg

from capi_jobs.model import DataInterval
from capi_jobs.warehouse import OrdersSource, Warehouse

DAY = DataInterval(
    datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
)
COLUMNS = "order_id completed_at value currency is_test email items".split()
# id, instant, value as text, flag; the last two lie outside the day by an instant.
ROWS = [
    ("A-1", "2026-11-20 00:00:00+00", "19.90", "EUR", True, "a@example.com"),
    ("A-2", "2026-11-20 23:59:59.999999+00", "0.10", "EUR", False, "b@example.com"),
    ("Ä'3", "2026-11-20 12:00:00+01", "1000000.05", "JPY", None, None),
    ("A-0", "2026-11-19 23:59:59.999999+00", "1.00", "EUR", False, None),
    ("A-9", "2026-11-21 00:00:00+00", "1.00", "EUR", False, None),
]
ITEMS = '[{"sku":"tea","quantity":2}]'
LOST = ("lost", None, "1.00", "EUR", False, None)  # a row without a time


@dataclass(frozen=True, slots=True)
class Shop:
    """One warehouse, and where its orders lie."""

    warehouse: Warehouse
    source: OrdersSource
    # SQLite and CSV keep texts, so a margin of rows around the interval comes along.
    is_typed: bool = True
    flags: dict[bool | None, str | None] = field(
        default_factory=lambda: {True: "true", False: "false", None: None}
    )


def make(kind: str, folder: Path, postgres_uri: str = "") -> Shop:
    if kind == "sqlite":
        return _sqlite(folder / "shop.sqlite")
    if kind == "postgres":
        return _postgres(postgres_uri)
    return _duckdb(kind, folder)


def _values() -> list[tuple[object, ...]]:
    return [(*row, ITEMS) for row in [*ROWS, LOST]]


def _sqlite(path: Path) -> Shop:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE orders ({', '.join(COLUMNS)})")
        connection.executemany("INSERT INTO orders VALUES (?,?,?,?,?,?,?)", _values())
    warehouse = Warehouse.open(f"sqlite:///{path}")
    flags: dict[bool | None, str | None] = {True: "1", False: "0", None: None}
    return Shop(warehouse, OrdersSource("orders"), is_typed=False, flags=flags)


def _postgres(uri: str) -> Shop:
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA analytics")
        connection.execute(
            'CREATE TABLE analytics."Completed Orders" (order_id text,'
            " completed_at timestamptz, value numeric(12, 2), currency char(3),"
            " is_test boolean, email text, items jsonb)"
        )
        connection.cursor().executemany(
            'INSERT INTO analytics."Completed Orders" VALUES (%s,%s,%s,%s,%s,%s,%s)',
            _values(),
        )
    url = uri.replace("postgresql://", "postgresql+psycopg://", 1)
    return Shop(Warehouse.open(url), OrdersSource("analytics.Completed Orders"))


def _duckdb(kind: str, folder: Path) -> Shop:
    path = folder / "shop.duckdb"
    file = folder / f"orders.{kind}"
    with duckdb.connect(path) as connection:
        zone = "UTC" if kind == "csv" else "Asia/Tokyo"
        connection.execute(f"SET TimeZone = '{zone}'")
        connection.execute(
            "CREATE TABLE orders (order_id VARCHAR, completed_at TIMESTAMPTZ,"
            " value DECIMAL(12, 2), currency VARCHAR, is_test BOOLEAN, email VARCHAR,"
            " items STRUCT(sku VARCHAR, quantity INTEGER)[])"
        )
        statement = (
            "INSERT INTO orders VALUES ($1,$2,$3,$4,$5,$6,[{'sku':'tea','quantity':2}])"
        )
        connection.executemany(statement, [row[:6] for row in _values()])
        if kind != "duckdb":
            columns = "* REPLACE (to_json(items) AS items)" if kind == "csv" else "*"
            connection.sql(f"FROM orders SELECT {columns}").create_view("out")
            connection.execute(f"COPY out TO '{file}'")
    if kind == "duckdb":
        return Shop(Warehouse.open(f"duckdb:///{path}"), OrdersSource("orders"))
    source = OrdersSource(str(folder / f"orders*.{kind}"))
    return Shop(Warehouse.open("duckdb:///"), source, is_typed=kind == "parquet")
