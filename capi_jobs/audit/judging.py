"""Goes over the orders part by part, three times, so that memory holds one part.

First events are matched, then what all parts have in common is added up, then each
order is judged. What is looked for stands in the files of the kinds.
"""

import duckdb

from capi_jobs.audit import (
    corrections,
    duplicates,
    health,
    inputs,
    matching,
    misalignments,
    misfires,
    missing,
    patterns,
    statement,
)
from capi_jobs.audit.causes import RANKS
from capi_jobs.audit.piles import Piles
from capi_jobs.audit.terms import Terms

_FINDINGS = """
CREATE TABLE findings (kind VARCHAR, cause VARCHAR, order_id VARCHAR,
    event_ids VARCHAR[], day DATE, currency VARCHAR, value DECIMAL(38, 9),
    detail VARCHAR)
"""


def judge(
    connection: duckdb.DuckDBPyConnection,
    piles: Piles,
    terms: Terms,
    rows_per_part_max: int,
) -> None:
    """Find what is wrong; findings, corrections and sums are kept, and nothing else."""
    _begin(connection, terms)
    piles.cut(("orders", "events"), rows_per_part_max)
    _match(connection, piles, rows_per_part_max)
    _compare(connection, piles)
    for part in piles.parts:
        with piles.part():
            matching.gather(connection, piles, part)
            _find(connection)


def _begin(connection: duckdb.DuckDBPyConnection, terms: Terms) -> None:
    connection.execute(_FINDINGS)
    connection.execute("CREATE TABLE ranks (kind VARCHAR, cause VARCHAR, rank INTEGER)")
    ranks = [(str(kind), cause, rank) for (kind, cause), rank in RANKS.items()]
    connection.executemany("INSERT INTO ranks VALUES ($1, $2, $3)", ranks)
    missing.begin(connection, terms.runs)
    for room in (corrections, duplicates, health, inputs, patterns, statement):
        room.begin(connection)


def _match(connection: duckdb.DuckDBPyConnection, piles: Piles, rows_max: int) -> None:
    for part in piles.parts:
        with piles.part():
            matching.by_order_id(connection, piles, part)
            duplicates.look(connection)
            health.look(connection)
            inputs.look(connection)
    for parts in piles.heaps("rest", rows_max):
        with piles.part():
            matching.among_all(connection, piles, parts)
            inputs.look_at_rest(connection)
            misfires.find_without_order(connection)


def _compare(connection: duckdb.DuckDBPyConnection, piles: Piles) -> None:
    for part in piles.parts:
        with piles.part():
            matching.gather(connection, piles, part)
            duplicates.note(piles, part)
            patterns.note(connection)
    duplicates.compare(connection, piles)
    patterns.compare(connection)


def _find(connection: duckdb.DuckDBPyConnection) -> None:
    duplicates.find(connection)
    missing.find(connection)
    patterns.name(connection)
    misfires.find(connection)
    misalignments.find(connection)
    corrections.find(connection)
    health.pair(connection)
    statement.find(connection)
