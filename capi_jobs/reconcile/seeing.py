"""Which orders the logs of browsers and servers have seen, in SQL.

What that means for an order's class stands in `classing.py`.
"""

import duckdb

from capi_jobs import duck

# Most orders were seen: only those that were not are looked at any further. All of
# them come here first, and the ids of events come after, for few are left by then.
_UNSEEN = """
CREATE TABLE unseen AS
SELECT n, order_id, key_id, own, name, excluded IS NOT NULL AS excluded, completed_at,
    value
FROM orders o WHERE NOT EXISTS (SELECT 1 FROM sent s
    WHERE s.server AND s.order_id = o.order_id AND s.name = o.name)
"""
# A log without event names is a log of this conversion.
_SEEN_BY_SERVER = (
    """
    DELETE FROM unseen o WHERE EXISTS (SELECT 1 FROM sent s
        WHERE s.server AND s.name IS NULL AND s.order_id = o.order_id)
    """,
    """
    DELETE FROM unseen o WHERE EXISTS (SELECT 1 FROM sent s
        WHERE s.server AND s.name = o.name
        AND (CASE WHEN s.alike THEN s.order_id ELSE s.event_key END) = o.key_id)
    """,
    """
    DELETE FROM unseen o WHERE EXISTS (SELECT 1 FROM sent s
        WHERE s.server AND s.name IS NULL
        AND (CASE WHEN s.alike THEN s.order_id ELSE s.event_key END) = o.key_id)
    """,
)

# Of several browser events, the order's own id tells most; then any; then the first.
# What is told beyond that is asked by enrichments only.
_HITS = """
CREATE TABLE hits AS
WITH events AS (
    SELECT order_id, CASE WHEN alike THEN order_id ELSE event_key END AS event_id, name,
        CASE WHEN getvariable('enrich') AND timely THEN sent_at
            ELSE TIMESTAMPTZ 'infinity' END AS sent_at
    FROM sent WHERE NOT server
), pairs AS (
    SELECT o.n, o.own AND s.event_id = o.key_id AS own, s.event_id, s.sent_at
    FROM events s JOIN unseen o ON s.order_id = o.order_id
    WHERE s.name IS NULL OR s.name = o.name
    UNION ALL
    SELECT o.n, o.own, s.event_id, s.sent_at
    FROM events s JOIN unseen o ON s.event_id = o.key_id
    WHERE s.order_id IS DISTINCT FROM o.order_id AND (s.name IS NULL OR s.name = o.name)
)
SELECT n, CASE WHEN own THEN 0 WHEN event_id IS NOT NULL THEN 1 ELSE 2 END AS rank,
    sent_at, CASE WHEN getvariable('enrich') THEN event_id END AS event_id
FROM pairs
"""
_SEEN = """
CREATE TABLE seen AS
SELECT n, told.rank AS rank, told.sent_at AS sent_at, told.event_id AS event_id FROM (
    SELECT n, min({'rank': rank, 'sent_at': sent_at,
        'event_id': coalesce(event_id, '')}) AS told FROM hits GROUP BY n)
"""
_SEEN_AT_ALL = """
CREATE TABLE seen AS
SELECT n, min(rank) AS rank, TIMESTAMPTZ 'infinity' AS sent_at, '' AS event_id
FROM hits GROUP BY n
"""


def see(connection: duckdb.DuckDBPyConnection, *, enriches: bool) -> None:
    """Find what no server has sent, and what browsers told of that."""
    first = _SEEN if enriches else _SEEN_AT_ALL
    for statement in (_UNSEEN, *_SEEN_BY_SERVER, _HITS, first):
        duck.roomy(connection, statement)
    # Their work is done; what is dropped makes room under the memory limit.
    connection.execute("DROP TABLE hits")
    connection.execute("DROP TABLE sent")
