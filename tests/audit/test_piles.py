"""Rows on disk: in which part they lie, and what is read of a part."""

from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest

from capi_jobs import duck
from capi_jobs.audit.piles import Piles

QUERY = "SELECT id, bucket_of(id) AS bucket FROM arrived"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duck.workspace(64) as opened:
        yield opened


def rows(count: int) -> list[pa.RecordBatch]:
    return [pa.record_batch({"id": [f"DE-{n}" for n in range(count)]})]


def read(connection: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    return [i for (i,) in connection.execute(f"SELECT id FROM {source}").fetchall()]  # noqa: S608 - ours


def test_each_row_lies_in_one_part_and_with_its_like(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    piles = Piles(connection)
    for name in ("orders", "events"):
        piles.stream(name, rows(1_000), ["id"], QUERY)
    piles.cut(["orders", "events"], 300)

    orders = [set(read(connection, piles.of("orders", part))) for part in piles.parts]
    events = [set(read(connection, piles.of("events", part))) for part in piles.parts]

    assert orders == events
    assert len(orders) == 7  # of 2,000 rows, 300 each
    assert sorted(i for part in orders for i in part) == sorted(
        read(connection, piles.all("orders"))
    )
    assert min(map(len, orders)) > 0


@pytest.mark.parametrize("count", [0, 1])
def test_a_part_without_rows_is_empty(
    connection: duckdb.DuckDBPyConnection, count: int
) -> None:
    piles = Piles(connection)
    piles.stream("many", rows(500), ["id"], QUERY)
    piles.stream("few", rows(count), ["id"], QUERY)
    piles.cut(["many"], 100)

    found = [read(connection, piles.of("few", part)) for part in piles.parts]

    assert [one for part in found for one in part] == ["DE-0"] * count
    assert len(found) == 5


def test_parts_with_few_rows_are_taken_together(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    piles = Piles(connection)
    piles.stream("all", rows(500), ["id"], QUERY)
    piles.stream("none", rows(0), ["id"], QUERY)
    piles.cut(["all"], 100)

    assert [*piles.heaps("all", 1_000)] == [range(5)]
    assert [len(parts) for parts in piles.heaps("all", 1)] == [1] * 5
    assert [*piles.heaps("none", 1)] == []


def test_what_is_made_for_a_part_goes_with_it(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    piles = Piles(connection)
    connection.execute("CREATE TABLE found (n INTEGER)")
    for n in (1, 2):
        with piles.part():
            connection.execute(f"CREATE TABLE orders AS SELECT {n} AS n")
            connection.execute("INSERT INTO found SELECT n FROM orders")

    assert connection.execute("FROM found ORDER BY n").fetchall() == [(1,), (2,)]
    assert connection.execute("SHOW TABLES").fetchall() == [("found",)]
