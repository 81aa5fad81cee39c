from collections.abc import Iterator

import duckdb
import pytest

from capi_jobs import duck
from capi_jobs.errors import CapiJobsError
from capi_jobs.reconcile import parting

MEMORY_MB = 32
ORDERS = 1_000


@pytest.fixture
def space() -> Iterator[duckdb.DuckDBPyConnection]:
    with duck.workspace(MEMORY_MB) as space:
        parting.prepare(space)
        space.execute("CREATE TABLE arrivals (n BIGINT, order_id VARCHAR)")
        every = "INSERT INTO arrivals SELECT i, 'ORD-' || i FROM range($1) t(i)"
        space.execute(every, [ORDERS])
        space.execute("CREATE TABLE found (n BIGINT, part BIGINT)")
        yield space


def found(space: duckdb.DuckDBPyConnection) -> tuple[list[int], int]:
    """Which orders were found, and in how many parts."""
    rows = space.execute("SELECT n, part FROM found ORDER BY n").fetchall()
    return [n for n, _ in rows], len({part for _, part in rows})


@pytest.mark.parametrize(("per_mb", "parts"), [(ORDERS, 1), (10, 4), (1, 32)])
def test_each_id_is_in_one_part(
    space: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
    per_mb: int,
    parts: int,
) -> None:
    monkeypatch.setattr(parting, "_IDS_PER_MB", per_mb)
    some = """
        INSERT INTO found SELECT n, getvariable('part') FROM arrivals
        WHERE in_part(order_id)
    """

    parting.by_ids(space, some, "arrivals")

    assert (list(range(ORDERS)), parts) == found(space)


@pytest.mark.parametrize(("per_mb", "parts"), [(ORDERS, 1), (10, 4), (1, 32)])
def test_each_number_is_in_one_part_and_rows_without_one_in_the_first(
    space: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
    per_mb: int,
    parts: int,
) -> None:
    monkeypatch.setattr(parting, "_NUMBERS_PER_MB", per_mb)
    some = """
        INSERT INTO found SELECT n, getvariable('part')
        FROM (SELECT n FROM arrivals UNION ALL SELECT -1) WHERE in_range(n)
    """

    parting.by_numbers(space, some)

    assert (list(range(-1, ORDERS)), parts) == found(space)


# A list is one value, which cannot spill: three million numbers do not go into 32 MB.
LISTS = """
INSERT INTO lists SELECT len(list(i)) FROM range(3_000_000) t(i) WHERE {here}
"""


def test_what_memory_does_not_do_for_is_cut_until_it_does(
    space: duckdb.DuckDBPyConnection,
) -> None:
    space.execute("CREATE TABLE lists (l BIGINT)")
    whole = LISTS.format(here="in_part(i)")
    with pytest.raises(duckdb.OutOfMemoryException):
        space.execute(whole)

    parting.by_ids(space, whole, "arrivals")

    several = "SELECT count(*) > 1, sum(l) FROM lists"
    assert space.execute(several).fetchall() == [(True, 3_000_000)]
    assert duck.memory_limit_mb(space) == MEMORY_MB


def test_what_cannot_be_cut_gets_more_memory_and_there_is_an_end_to_it(
    space: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duck, "_ROOM_MAX_MB", MEMORY_MB + 1)
    space.execute("CREATE TABLE lists (l BIGINT)")
    same = LISTS.format(here="in_part(0)")

    with pytest.raises(CapiJobsError, match=r"more than 33 MB → take fewer days"):
        parting.by_ids(space, same, "arrivals")


def test_afterwards_all_rows_are_one_part_again(
    space: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parting, "_IDS_PER_MB", 1)
    parting.by_ids(space, "INSERT INTO found SELECT 1, 1", "arrivals")

    counted = "SELECT count(*) FROM arrivals WHERE in_part(order_id) AND in_range(n)"
    assert space.execute(counted).fetchall() == [(ORDERS,)]
