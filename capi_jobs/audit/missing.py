"""Orders that are owed but nowhere, with the reason: read off reconcile's classes.

An order that somebody told under another id or name is not nowhere: `misalignments.py`
has it.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import duckdb

from capi_jobs import duck
from capi_jobs.audit.terms import GatedRun

# What has expired since a run was stopped keeps its cause, and tells which run it was.
_FIND = """
INSERT INTO findings
WITH told AS (
    SELECT c.*, CASE
        WHEN class = 'rejected' THEN 'rejected'
        WHEN class = 'in_doubt' THEN 'in_doubt'
        WHEN class = 'held' THEN 'quarantined'
        WHEN class = 'expired' THEN 'expired'
        WHEN class = 'excluded' AND reason IN ('consent_denied', 'consent_unknown')
            THEN 'consent'
        WHEN class = 'excluded' AND reason = 'blocked' THEN 'blocked'
        WHEN class = 'missing' THEN 'never_fired' END AS cause
    FROM classes c
), nowhere AS (
    SELECT t.*, o.completed_at FROM told t LEFT JOIN orders o USING (order_id)
    WHERE cause IS NOT NULL AND (o.n IS NULL OR cause IN ('rejected', 'in_doubt')
        OR o.n NOT IN (SELECT n FROM copies))
)
SELECT 'missing', CASE WHEN t.cause = 'never_fired' THEN coalesce(s.cause, t.cause)
        ELSE t.cause END,
    coalesce(t.order_id, ''), [], t.day, t.currency, coalesce(t.value, 0),
    coalesce(s.word, t.reason, '')
FROM nowhere t LEFT JOIN stops s ON t.cause IN ('never_fired', 'expired')
    AND t.completed_at >= s.first AND t.completed_at < s.until
"""
_STOPS = """
CREATE TABLE stops (first TIMESTAMPTZ, until TIMESTAMPTZ, cause VARCHAR, word VARCHAR)
"""


def begin(connection: duckdb.DuckDBPyConnection, runs: Sequence[GatedRun]) -> None:
    """Note which runs were stopped."""
    connection.execute(_STOPS)
    if stops := _stops(runs):
        connection.executemany("INSERT INTO stops VALUES ($1, $2, $3, $4)", stops)


def find(connection: duckdb.DuckDBPyConnection) -> None:
    """Say of each order that no platform knows why."""
    duck.roomy(connection, _FIND)


def _stops(
    runs: Sequence[GatedRun],
) -> list[tuple[datetime, datetime, str, str]]:
    """Return the spans whose latest run was stopped; none lies over another."""
    spans = [run.interval for run in runs]
    edges = sorted({edge for span in spans for edge in (span.start, span.end)})
    stops = []
    for first, until in pairwise(edges):
        latest = next(
            (r for r in runs if r.interval.start <= first < r.interval.end), None
        )
        if latest and latest.cause:
            stops.append((first, until, latest.cause, latest.word))
    return stops
