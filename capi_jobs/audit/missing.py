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
)
SELECT 'missing', cause, coalesce(t.order_id, ''), [], t.day, t.currency,
    coalesce(t.value, 0), coalesce(t.reason, '')
FROM told t LEFT JOIN orders o USING (order_id)
WHERE cause IS NOT NULL AND (o.n IS NULL OR cause IN ('rejected', 'in_doubt')
    OR o.n NOT IN (SELECT n FROM copies))
"""

# What has expired since keeps its cause, and tells which run was stopped.
_STOPPED = """
UPDATE findings SET detail = s.word,
    cause = CASE WHEN findings.cause = 'never_fired' THEN s.cause ELSE 'expired' END
FROM orders o JOIN stops s
    ON o.completed_at >= s.first AND o.completed_at < s.until
WHERE findings.kind = 'missing' AND findings.cause IN ('never_fired', 'expired')
    AND findings.order_id = o.order_id
"""


def find(connection: duckdb.DuckDBPyConnection, runs: Sequence[GatedRun] = ()) -> None:
    """Say of each order that no platform knows why."""
    duck.roomy(connection, _FIND)
    if stops := _stops(runs):
        connection.execute(
            "CREATE TABLE stops (first TIMESTAMPTZ, until TIMESTAMPTZ, cause VARCHAR,"
            " word VARCHAR)"
        )
        connection.executemany("INSERT INTO stops VALUES ($1, $2, $3, $4)", stops)
        duck.roomy(connection, _STOPPED)


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
