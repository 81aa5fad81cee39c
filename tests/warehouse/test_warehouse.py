import sqlite3
import threading
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest

from capi_jobs.errors import DataContractFault, WarehouseUnavailable
from capi_jobs.warehouse import OrdersSource, SentEvents, Warehouse
from tests.warehouse import shops
from tests.warehouse.shops import DAY, ITEMS, Shop

KINDS = ["sqlite", "postgres", "duckdb", "parquet", "csv"]


@pytest.fixture(params=KINDS)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    kind = request.param
    uri = request.getfixturevalue("postgres_uri") if kind == "postgres" else ""
    return shops.make(kind, tmp_path, uri)


def rows(batches: Iterable[pa.RecordBatch]) -> list[dict[str, str | None]]:
    return [row for batch in batches for row in batch.to_pylist()]


def ids(batches: Iterable[pa.RecordBatch]) -> set[str]:
    return {str(row["order_id"]) for row in rows(batches)}


def test_keys_hold_what_decides_a_class_and_nothing_personal(shop: Shop) -> None:
    found = rows(shop.warehouse.order_keys(shop.source, DAY))

    [first] = [row for row in found if row["order_id"] == "A-1"]
    assert {
        "order_id": "A-1",
        "completed_at": "2026-11-20 00:00:00+00",
        "value": "19.90",
        "currency": "EUR",
        "is_test": shop.flags[True],
        "consent_told": "false",
    } == first


def test_keys_come_of_the_interval_and_of_rows_without_a_time(shop: Shop) -> None:
    found = ids(shop.warehouse.order_keys(shop.source, DAY))

    inside = {"A-1", "A-2", "Ä'3", "lost"}
    margin = set() if shop.is_typed else {"A-0", "A-9"}
    assert inside | margin == found


def test_orders_come_whole_with_money_as_exact_text(shop: Shop) -> None:
    found = rows(shop.warehouse.orders(shop.source, ["Ä'3", "A-1", "gone"], DAY))

    by_id = {row["order_id"]: row for row in found}
    assert {"Ä'3", "A-1"} == set(by_id)
    assert "1000000.05" == by_id["Ä'3"]["value"]
    assert "a@example.com" == by_id["A-1"]["email"]
    assert by_id["Ä'3"]["email"] is None
    assert ITEMS == str(by_id["A-1"]["items"]).replace(" ", "")


def test_a_query_stands_for_a_relation(shop: Shop) -> None:
    """With a comment at its end, a cast, a colon in a text and a percent sign."""
    if shop.source.relation and "*" in shop.source.relation:
        table = f"'{shop.source.relation}'"
    else:
        table = shop.source.relation or ""
        table = ".".join(f'"{part}"' for part in table.split("."))
    query = (
        f"SELECT order_id AS number, completed_at, value, ' :a%' AS currency\n"
        f"FROM {table} WHERE order_id <> 'x:y' -- all of them;"
    )
    source = OrdersSource(query=query, columns={"order_id": "number"})

    found = rows(shop.warehouse.order_keys(source, DAY))

    assert {"A-1", "A-2", "Ä'3"} <= {row["order_id"] for row in found}
    assert {" :a%"} == {row["currency"] for row in found}


def test_columns_are_mapped_and_custom_ones_named(shop: Shop) -> None:
    mapping = {"status": "currency", "phone": "EMAIL"}
    source = replace(shop.source, columns=mapping, custom={"margin": "value"})

    [row] = rows(shop.warehouse.orders(source, ["A-1"], DAY))

    told = {name: row[name] for name in ("status", "phone", "custom.margin")}
    assert {
        "status": "EUR",
        "phone": "a@example.com",
        "custom.margin": "19.90",
    } == told


def test_a_view_that_lacks_columns_is_refused_with_all_of_them(shop: Shop) -> None:
    mapping = {"value": "total", "email": "mail"}
    source = replace(shop.source, columns=mapping)

    with pytest.raises(DataContractFault) as refused:
        rows(shop.warehouse.order_keys(source, DAY))

    assert "'total' (as value)" in str(refused.value)
    assert "'mail' (as email)" in str(refused.value)


@pytest.mark.parametrize("relation", ["no_such", "no_such.orders", 'or"ders'])
def test_an_unknown_relation_is_a_fault_of_the_contract(
    shop: Shop, relation: str
) -> None:
    with pytest.raises(DataContractFault):
        rows(shop.warehouse.order_keys(OrdersSource(relation), DAY))


def test_what_is_read_cannot_be_written(shop: Shop) -> None:
    """No query of ours may change the warehouse, nor any of the shop's."""
    query = "DELETE FROM orders RETURNING order_id, completed_at, value, currency"

    with pytest.raises((DataContractFault, WarehouseUnavailable)):
        rows(shop.warehouse.order_keys(OrdersSource(query=query), DAY))

    assert {"A-1", "A-2"} <= ids(shop.warehouse.order_keys(shop.source, DAY))


def test_many_rows_come_in_batches(tmp_path: Path) -> None:
    path = tmp_path / "big.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE o (order_id, completed_at, value, currency)")
        connection.executemany(
            "INSERT INTO o VALUES (?, '2026-11-20T10:00:00Z', 1, 'EUR')",
            ((str(n),) for n in range(120_000)),
        )
    warehouse = Warehouse.open(f"sqlite:///{path}")

    sizes = [b.num_rows for b in warehouse.order_keys(OrdersSource("o"), DAY)]

    assert 120_000 == sum(sizes)
    assert max(sizes) <= 50_000


# ── Times ───────────────────────────────────────────────────────────────────────

TIMES = {
    "with T": "2026-11-20T10:00:00+02:00",
    "with a space": "2026-11-20 10:00:00 +0200",
    "by day": "2026-11-20",
    "far behind": "2026-11-19T22:30:00-12:00",  # 10:30 UTC on the 20th
    "far ahead": "2026-11-21T13:30:00+14:00",  # 23:30 UTC on the 20th
    "blank before": "  2026-11-20T10:00:00Z",
    "words": "soon",
    "month 13": "2026-13-20T10:00:00Z",
    "hour 25": "2020-11-20T25:00:00Z",
    "nothing": None,
    "empty": "",
    "seconds": "1795000000",
    "clock": "10:00:00",
    "now": "now",
}


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "csv"])
def test_texts_that_may_be_inside_or_are_no_time_always_come(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """They would be lost in silence otherwise: no interval would ever hold them."""
    outside = {"before": "2026-11-10T10:00:00Z", "after": "2026-12-01 10:00:00"}
    table = [(name, time, "1", "EUR") for name, time in (TIMES | outside).items()]
    warehouse, source = _texts(kind, table, tmp_path, request)

    assert set(TIMES) == ids(warehouse.order_keys(source, DAY))


def _texts(
    kind: str,
    table: list[tuple[str | None, ...]],
    folder: Path,
    request: pytest.FixtureRequest,
) -> tuple[Warehouse, OrdersSource]:
    names = "order_id, completed_at, value, currency"
    if kind == "sqlite":
        path = folder / "times.sqlite"
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(f"CREATE TABLE t ({names})")
            connection.executemany("INSERT INTO t VALUES (?,?,?,?)", table)
        return Warehouse.open(f"sqlite:///{path}"), OrdersSource("t")
    if kind == "csv":
        lines = [names.replace(" ", ""), *(",".join(c or "" for c in r) for r in table)]
        (folder / "times.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return Warehouse.open("duckdb:///"), OrdersSource(str(folder / "times.csv"))
    uri = request.getfixturevalue("postgres_uri")
    with psycopg.connect(uri, autocommit=True) as connection:
        columns = ", ".join(f"{name} text" for name in names.split(", "))
        connection.execute(f"CREATE TABLE t ({columns})".encode())
        connection.cursor().executemany("INSERT INTO t VALUES (%s,%s,%s,%s)", table)
    url = uri.replace("postgresql://", "postgresql+psycopg://", 1)
    return Warehouse.open(url), OrdersSource("t")


def test_infinite_and_naive_times_of_postgres_come(postgres_uri: str) -> None:
    with psycopg.connect(postgres_uri, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT * FROM (VALUES ('inf', 'infinity'::timestamp),"
            " ('-inf', '-infinity'), ('near', '2026-11-21 11:00'),"
            " ('far', '2026-11-23 11:00')) AS v(order_id, completed_at),"
            " (VALUES (1, 'EUR')) AS w(value, currency)"
        )
    url = postgres_uri.replace("postgresql://", "postgresql+psycopg://", 1)

    found = rows(Warehouse.open(url).order_keys(OrdersSource("t"), DAY))

    times = {row["order_id"]: row["completed_at"] for row in found}
    assert {
        "inf": "infinity",
        "-inf": "-infinity",
        "near": "2026-11-21 11:00:00",
    } == times


def test_postgres_serves_numbers_as_ids_and_arrays_as_json(postgres_uri: str) -> None:
    with psycopg.connect(postgres_uri, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT 42::bigint AS order_id, 1.50::numeric AS value,"
            " '2026-11-20 10:00+00'::timestamptz AS completed_at, 'EUR' AS currency,"
            " ARRAY['a@b.example', 'c'] AS email"
        )
    url = postgres_uri.replace("postgresql://", "postgresql+psycopg://", 1)
    keys = ["42", "042", "x", "9" * 40]

    [row] = rows(Warehouse.open(url).orders(OrdersSource("t"), keys, DAY))

    assert ("42", "1.50") == (row["order_id"], row["value"])
    assert '["a@b.example", "c"]' == row["email"]


# ── Ids ─────────────────────────────────────────────────────────────────────────

IDS = ["x" * 10_000, "a\0b", "a\nb", 'it\'s "quoted"', "🎁", "%_", "'; DROP TABLE o"]


def test_strange_ids_are_found_again(tmp_path: Path) -> None:
    """By SQLite, which keeps anything, NUL included."""
    path = tmp_path / "ids.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE o (order_id, completed_at, value, currency)")
        connection.executemany(
            "INSERT INTO o VALUES (?, '2026-11-20T10:00:00Z', 1, 'EUR')",
            [(i,) for i in IDS],
        )
    warehouse, source = Warehouse.open(f"sqlite:///{path}"), OrdersSource("o")

    assert set(IDS) == ids(warehouse.order_keys(source, DAY))
    assert set(IDS) == ids(warehouse.orders(source, IDS, DAY))


def test_an_id_with_blanks_around_it_is_found_by_its_key(tmp_path: Path) -> None:
    path = tmp_path / "ids.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE o AS SELECT ' 7 ' AS order_id, 1 AS value, 'EUR' AS currency,"
            " '2026-11-20T10:00:00Z' AS completed_at"
        )
    warehouse, source = Warehouse.open(f"sqlite:///{path}"), OrdersSource("o")

    assert {"7"} == ids(warehouse.order_keys(source, DAY))
    assert {"7"} == ids(warehouse.orders(source, ["7"], DAY))


def test_an_order_whose_time_moved_is_still_found_by_its_key(shop: Shop) -> None:
    assert {"A-9"} == ids(shop.warehouse.orders(shop.source, ["A-9"], DAY))


# ── Sent events ─────────────────────────────────────────────────────────────────


def test_sent_events_carry_what_holds_for_their_log(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE log AS SELECT 'e1' AS id, '2026-11-20T10:00:00' AS event_time,"
            " 'o1' AS order_id, 'meta' AS platform, NULL AS event_name"
        )
    source = SentEvents(
        "browser", "log", columns={"event_id": "id"}, timezone="Europe/Berlin"
    )

    [row] = rows(Warehouse.open(f"sqlite:///{path}").sent_events(source, DAY))

    assert {
        "event_id": "e1",
        "event_name": None,
        "event_time": "2026-11-20T10:00:00",
        "order_id": "o1",
        "platform": "meta",
        "destination": None,
        "channel": "browser",
        "timezone": "Europe/Berlin",
    } == row


def test_a_log_needs_one_of_the_ids(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE log (event_time)")

    with pytest.raises(DataContractFault, match="event_id or order_id"):
        rows(
            Warehouse.open(f"sqlite:///{path}").sent_events(
                SentEvents("server", "log"), DAY
            )
        )


# ── Faults ──────────────────────────────────────────────────────────────────────


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
            "CREATE TABLE o AS SELECT g::text AS order_id, 1 AS value, 'EUR' AS currency,"
            " '2026-11-20 10:00+00'::timestamptz AS completed_at"
            " FROM generate_series(1, 150000) AS g"
        )
        batches = Warehouse.open(url).order_keys(OrdersSource("o"), DAY)
        first = next(batches)
        changer = threading.Thread(
            target=connection.execute, args=("DELETE FROM o WHERE value = 1",)
        )
        changer.start()
        changer.join()

        assert 150_000 == first.num_rows + sum(batch.num_rows for batch in batches)
