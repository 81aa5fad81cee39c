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
_BY_ORDER_NAMELESS = """
DELETE FROM unseen o WHERE EXISTS (SELECT 1 FROM sent s
    WHERE s.server AND s.name IS NULL AND s.order_id = o.order_id)
"""
_BY_EVENT = """
DELETE FROM unseen o WHERE EXISTS (SELECT 1 FROM sent s
    WHERE s.server AND s.name = o.name
    AND (CASE WHEN s.alike THEN s.order_id ELSE s.event_key END) = o.key_id)
"""
_BY_EVENT_NAMELESS = """
DELETE FROM unseen o WHERE EXISTS (SELECT 1 FROM sent s
    WHERE s.server AND s.name IS NULL
    AND (CASE WHEN s.alike THEN s.order_id ELSE s.event_key END) = o.key_id)
"""
# Where all ids of events are their orders' ids, in the logs and in the shop, orders are
# found by those alone, and what joins by events is spared.
_LOGS = """
SELECT coalesce(bool_or(server AND name IS NULL), false),
    coalesce(bool_or(event_key IS NOT NULL), false) FROM sent
"""
_SHOP = "SELECT coalesce(bool_or(key_id <> order_id), false) FROM unseen"

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
    {by_event}
)
SELECT n, CASE WHEN own THEN 0 WHEN event_id IS NOT NULL THEN 1 ELSE 2 END AS rank,
    sent_at, CASE WHEN getvariable('enrich') THEN event_id END AS event_id
FROM pairs
"""
_HITS_BY_EVENT = """
    UNION ALL
    SELECT o.n, o.own, s.event_id, s.sent_at
    FROM events s JOIN unseen o ON s.event_id = o.key_id
    WHERE s.order_id IS DISTINCT FROM o.order_id AND (s.name IS NULL OR s.name = o.name)
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
    duck.roomy(connection, _UNSEEN)
    [(nameless, apart)] = connection.execute(_LOGS).fetchall()
    [(own,)] = connection.execute(_SHOP).fetchall()
    by_event = apart or own
    steps = (
        (_BY_ORDER_NAMELESS, nameless),
        (_BY_EVENT, by_event),
        (_BY_EVENT_NAMELESS, by_event and nameless),
        (_HITS.format(by_event=_HITS_BY_EVENT if by_event else ""), True),
        (_SEEN if enriches else _SEEN_AT_ALL, True),
    )
    for statement, needed in steps:
        if needed:
            duck.roomy(connection, statement)
    # Their work is done; what is dropped makes room under the memory limit.
    connection.execute("DROP TABLE hits")
    connection.execute("DROP TABLE sent")
