import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
import pytest

from capi_jobs.warehouse import OrdersSource, Warehouse
from capi_jobs.warehouse.selection import NEVER
from tests.warehouse.shops import DAY


def rows(batches: Iterable[pa.RecordBatch]) -> list[dict[str, str | None]]:
    return [row for batch in batches for row in batch.to_pylist()]


def ids(batches: Iterable[pa.RecordBatch]) -> set[str]:
    return {str(row["order_id"]) for row in rows(batches)}


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
    table: Sequence[tuple[str | None, ...]],
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
    with psycopg.connect(uri, autocommit=True) as server:
        server.execute(
            "CREATE TABLE t (order_id text, completed_at text, value text,"
            " currency text)"
        )
        server.cursor().executemany("INSERT INTO t VALUES (%s,%s,%s,%s)", table)
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
    assert times == {
        "inf": "infinity",
        "-inf": "-infinity",
        "near": "2026-11-21 11:00:00",
    }


def test_an_infinite_instant_of_postgres_is_read_as_the_last_day(
    postgres_uri: str,
) -> None:
    with psycopg.connect(postgres_uri, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT * FROM (VALUES ('inf', 'infinity'::timestamptz),"
            " ('-inf', '-infinity'), ('none', NULL)) AS v(order_id, completed_at),"
            " (VALUES (1, 'EUR')) AS w(value, currency)"
        )
    url = postgres_uri.replace("postgresql://", "postgresql+psycopg://", 1)

    found = rows(Warehouse.open(url).order_keys(OrdersSource("t"), DAY))

    never = datetime.fromisoformat(NEVER)
    times = {row["order_id"]: row["completed_at"] for row in found}
    assert times == {"inf": never, "-inf": never, "none": None}


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

    assert (row["order_id"], row["value"]) == ("42", "1.50")
    assert row["email"] == '["a@b.example", "c"]'


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


NASTY_TABLE, NASTY_COLUMN = 'o"; DROP TABLE kept; --', 'e", 1; DELETE FROM kept; --'
NASTY = (
    "CREATE TABLE kept AS SELECT 1 AS a",
    """
    CREATE TABLE "o""; DROP TABLE kept; --" AS SELECT 'o-1' AS order_id, '1' AS value,
        'EUR' AS currency, '2026-11-20T10:00:00Z' AS completed_at,
        'a@b.example' AS "e"", 1; DELETE FROM kept; --"
    """,
)


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "duckdb"])
def test_a_name_is_a_name_whatever_it_holds(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The configuration writes SQL nowhere but in `query`."""
    file = tmp_path / "shop"
    uri = request.getfixturevalue("postgres_uri") if kind == "postgres" else ""
    with ExitStack() as stack:
        connection: Any  # of three drivers
        if kind == "sqlite":
            connection = stack.enter_context(closing(sqlite3.connect(file)))
        elif kind == "duckdb":
            connection = stack.enter_context(duckdb.connect(file))
        else:
            connection = stack.enter_context(psycopg.connect(uri))
        for statement in NASTY:
            connection.execute(statement)
        connection.commit()
    relation = NASTY_TABLE.replace('"', '""')
    source = OrdersSource(f'"{relation}"', columns={"email": NASTY_COLUMN})

    warehouse = Warehouse.open(uri or f"{kind}:///{file}")
    [row] = rows(warehouse.orders(source, ["o-1"], DAY))

    assert row["email"] == "a@b.example"


def test_whole_floats_lose_their_point_and_ids_stay_as_others_know_them(
    tmp_path: Path,
) -> None:
    """A phone number with ".0" behind it would be another one's."""
    file = tmp_path / "floats.duckdb"
    with closing(duckdb.connect(file)) as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT 7::DOUBLE AS order_id, 15123456789::DOUBLE AS"
            " phone, 10115::DOUBLE AS zip, 12.50::DOUBLE AS value, 'EUR' AS currency,"
            " TIMESTAMPTZ '2026-11-20 10:00+00' AS completed_at, '1.0' AS city"
        )

    warehouse = Warehouse.open(f"duckdb:///{file}")
    [row] = rows(warehouse.orders(OrdersSource("t"), ["7.0"], DAY))

    told = [row[name] for name in ("order_id", "phone", "zip", "value", "city")]
    assert told == ["7.0", "15123456789", "10115", "12.5", "1.0"]
