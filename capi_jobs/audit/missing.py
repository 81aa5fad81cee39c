"""Orders that are owed but nowhere, with the reason: read off reconcile's classes.

An order that somebody told under another id or name is not nowhere: `misalignments.py`
has it.
"""

import duckdb

from capi_jobs import duck

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


def find(connection: duckdb.DuckDBPyConnection) -> None:
    """Say of each order that no platform knows why."""
    duck.roomy(connection, _FIND)
