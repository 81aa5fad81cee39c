import sqlite3
import threading
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa
import pytest

from capi_jobs.errors import DataContractFault, WarehouseUnavailable
from capi_jobs.warehouse import OrdersSource, Warehouse
from tests.warehouse.shops import DAY


def rows(batches: Iterable[pa.RecordBatch]) -> list[dict[str, str | None]]:
    return [row for batch in batches for row in batch.to_pylist()]


def ids(batches: Iterable[pa.RecordBatch]) -> set[str]:
    return {str(row["order_id"]) for row in rows(batches)}


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/shop.sqlite",
        "duckdb:////nowhere/shop.duckdb",
        "postgresql+psycopg://jane:s3cret@/shop?host=/nowhere",
        "postgresql://jane:s3cret@localhost:1/shop",
    ],
)
def test_a_warehouse_that_is_away_says_so_without_its_password(url: str) -> None:
    with pytest.raises(WarehouseUnavailable) as away:
        rows(Warehouse.open(url).order_keys(OrdersSource("orders"), DAY))

    assert "s3cret" not in str(away.value)
    assert "then run again" in str(away.value)


def test_a_warehouse_that_goes_away_in_the_middle_says_so(postgres_uri: str) -> None:
    url = postgres_uri.replace("postgresql://", "postgresql+psycopg://", 1)
    source = OrdersSource(
        query="SELECT g::text AS order_id, now() AS completed_at, 1 AS value,"
        " repeat('x', 200) AS currency FROM generate_series(1, 3000000) AS g"
    )
    forever = replace(DAY, end=DAY.end.replace(year=9000))
    batches = Warehouse.open(url).order_keys(source, forever)
    next(batches)
    _kill_others(postgres_uri)

    with pytest.raises(WarehouseUnavailable, match="cannot be read"):
        rows(batches)


@pytest.mark.parametrize(
    "options", ["", "&options=-csearch_path%3Dshop%20-cdatestyle%3DISO"]
)
def test_a_question_that_takes_too_long_is_given_up(
    postgres_uri: str, options: str
) -> None:
    """Whoever waits for a page is told, and the server is free again."""
    slow = OrdersSource(
        query=f"SELECT 'o-1' AS order_id, 1 AS value, pg_sleep(60)::text AS currency,"
        f" timestamptz '{DAY.start.isoformat()}' AS completed_at"
    )
    warehouse = Warehouse.open(f"{postgres_uri}{options}", seconds_max=1)

    with pytest.raises(WarehouseUnavailable, match="statement timeout"):
        rows(warehouse.order_keys(slow, DAY))


def _kill_others(uri: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )


@pytest.mark.parametrize("sizes", [(10, 3), (60_000, 50_000)])
def test_csv_that_is_not_utf8_is_named_by_file_and_line(
    tmp_path: Path, sizes: tuple[int, int]
) -> None:
    """Nothing is skipped, and nothing that is personal is shown."""
    count, bad = sizes
    row = "{},2026-11-20T10:00:00Z,1.00,EUR,jane@example.com\n"
    lines = [row.format(n).encode() for n in range(count)]
    lines[bad] = lines[bad].replace(b"jane", b"j\xe4ne")
    path = tmp_path / "orders.csv"
    path.write_bytes(b"order_id,completed_at,value,currency,email\n" + b"".join(lines))

    with pytest.raises(DataContractFault, match=r"orders\.csv is not UTF-8") as refused:
        rows(Warehouse.open("duckdb:///").orders(OrdersSource(str(path)), ["1"], DAY))

    assert "line" in str(refused.value)
    assert "example.com" not in str(refused.value)


@pytest.mark.parametrize("rows_before", [0, 200_000], ids=["at once", "later"])
def test_a_value_that_a_view_cannot_cast_is_not_repeated(
    tmp_path: Path, rows_before: int
) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as shop:
        shop.execute(
            "CREATE TABLE raw AS SELECT 'o' AS order_id, TIMESTAMPTZ"
            " '2026-11-20 12:00:00+00' AS completed_at, '1' AS value, 'EUR' AS currency"
            " FROM range($1)",
            [rows_before],
        )
        shop.execute("INSERT INTO raw SELECT 'o', NULL, 'ada.secret@x.example', 'EUR'")
        shop.execute(
            "CREATE VIEW orders AS SELECT * REPLACE (value::DECIMAL(9, 2) AS value)"
            " FROM raw"
        )
    warehouse = Warehouse.open(f"duckdb:///{tmp_path}/shop.duckdb")

    with pytest.raises(DataContractFault, match="cannot be read") as refused:
        rows(warehouse.order_keys(OrdersSource("orders"), DAY))

    assert "secret" not in str(refused.value)


def test_text_of_sqlite_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bytes.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE o AS SELECT CAST(x'e4e4' AS TEXT) AS order_id, 1 AS value,"
            " 'EUR' AS currency, '2026-11-20T10:00:00Z' AS completed_at"
        )

    with pytest.raises(DataContractFault, match="not UTF-8"):
        rows(Warehouse.open(f"sqlite:///{path}").order_keys(OrdersSource("o"), DAY))


def test_rows_that_change_meanwhile_neither_break_a_read_nor_show(
    postgres_uri: str,
) -> None:
    """One statement sees one snapshot."""
    url = postgres_uri.replace("postgresql://", "postgresql+psycopg://", 1)
    with psycopg.connect(postgres_uri, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE o AS SELECT g::text AS order_id, 1 AS value,"
            " 'EUR' AS currency, '2026-11-20 10:00+00'::timestamptz AS completed_at"
            " FROM generate_series(1, 150000) AS g"
        )
        batches = Warehouse.open(url).order_keys(OrdersSource("o"), DAY)
        first = next(batches)
        changer = threading.Thread(
            target=connection.execute, args=("DELETE FROM o WHERE value = 1",)
        )
        changer.start()
        changer.join()

        assert first.num_rows + sum(batch.num_rows for batch in batches) == 150_000
