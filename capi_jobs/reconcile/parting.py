"""Statements executed part by part, so that what one of them joins stays in memory.

A part has the rows of some ids, or of some numbers: the statement says which by
`in_part(id)` and `in_range(n)`. Memory does not grow with rows; a scan each does.
"""

import duckdb

from capi_jobs import duck

# Measured at 10 and 30 million orders with 256 MB: with twice as many rows joins spill,
# with half as many each part reads all ids again for little.
_IDS_PER_MB = 28_000
# Rows outside of a range are not read, so that small parts cost nothing.
_NUMBERS_PER_MB = 8_000
# `in_part` tells no more apart. What does not end then is one id, again and again.
_PARTS_MAX = 4_096

_MACROS = (
    # Bits in the middle of the hash: DuckDB's joins go by those at both ends.
    f"""
    CREATE MACRO hash_in_part(h) AS getvariable('parts') = 1
    OR (h // 16777216 % {_PARTS_MAX}) * getvariable('parts') // {_PARTS_MAX}
        = getvariable('part')
    """,
    "CREATE MACRO in_part(t) AS hash_in_part(hash(t))",
    """
    CREATE MACRO in_range(n) AS
    n BETWEEN getvariable('first_n') AND getvariable('last_n')
    """,
)
_COUNT = "SELECT count(*) FROM {table}"
# The one part that has all rows.
_ALL = {"parts": 1, "part": 0, "first_n": -1, "last_n": 2**31 - 1}


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Let statements say which rows belong to a part."""
    for macro in _MACROS:
        connection.execute(macro)
    _set(connection, _ALL)


def by_ids(connection: duckdb.DuckDBPyConnection, statement: str, *tables: str) -> None:
    """Execute for some ids after the other; `tables` are those that are joined."""
    rows = sum(_rows(connection, table) for table in tables)
    _in_parts(connection, statement, rows, _IDS_PER_MB)


def by_numbers(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    """Execute for some numbers of orders after the other."""
    rows = _rows(connection, "arrivals")
    _in_parts(connection, statement, rows, _NUMBERS_PER_MB)


def _in_parts(
    connection: duckdb.DuckDBPyConnection, statement: str, rows: int, per_mb: float
) -> None:
    """Execute all parts; one that does not end with the memory there is, in halves."""
    parts = int(rows / (per_mb * duck.memory_limit_mb(connection))) + 1
    waiting = [(parts, part) for part in reversed(range(parts))]
    # Joined as it is written: what stands on the right is kept in memory.
    connection.execute("SET disabled_optimizers = 'build_side_probe_side,join_order'")
    while waiting:
        parts, part = waiting.pop()
        if parts > 1:
            _set(connection, _part(connection, parts, part))
        if parts >= _PARTS_MAX:
            duck.roomy(connection, statement)
            continue
        try:
            connection.execute(statement)
        except duckdb.OutOfMemoryException:  # nothing of it was written
            waiting += [(2 * parts, 2 * part + 1), (2 * parts, 2 * part)]
    if parts > 1:
        _set(connection, _ALL)
    connection.execute("RESET disabled_optimizers")


def _part(
    connection: duckdb.DuckDBPyConnection, parts: int, part: int
) -> dict[str, int]:
    numbers = _rows(connection, "arrivals")
    first, end = (numbers * p // parts for p in (part, part + 1))
    # Rows without order id are together the order number -1.
    first -= part == 0
    return {"parts": parts, "part": part, "first_n": first, "last_n": end - 1}


def _set(connection: duckdb.DuckDBPyConnection, variables: dict[str, int]) -> None:
    for name, number in variables.items():
        connection.execute(f"SET VARIABLE {name} = {number}")


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    [(rows,)] = connection.execute(_COUNT.format(table=table)).fetchall()
    return int(rows)
