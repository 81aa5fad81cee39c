"""Which orders the logs of browsers and servers have seen, in SQL.

What that means for an order's class stands in `classing.py`.
"""

import duckdb

from capi_jobs.reconcile.parting import by_ids, by_numbers

_TABLES = (
    """
    CREATE TABLE unseen (n INTEGER, order_id VARCHAR, event_key VARCHAR,
        key_id VARCHAR AS (coalesce(event_key, order_id)), own BOOLEAN, name UBIGINT,
        excluded BOOLEAN)
    """,
    "CREATE TABLE alike (h UBIGINT)",
    """
    CREATE TABLE hits (n INTEGER, rank TINYINT, sent_at TIMESTAMPTZ,
        event_id VARCHAR)
    """,
    """
    CREATE TABLE seen (n INTEGER, rank TINYINT, sent_at TIMESTAMPTZ,
        event_id VARCHAR)
    """,
)

# Most orders were seen: only those that were not are looked at any further. All of
# them come here first, and the ids of events come after, for few are left by then.
_UNSEEN = """
INSERT INTO unseen
SELECT n, order_id, event_key, own, name, excluded IS NOT NULL FROM orders o
ANTI JOIN (
    SELECT order_id, name FROM sent WHERE server AND in_part(order_id)
) s ON s.order_id = o.order_id AND s.name = o.name
WHERE in_part(o.order_id)
"""
# A log without event names is a log of this conversion.
_BY_ORDER_NAMELESS = """
DELETE FROM unseen o WHERE in_part(o.order_id) AND EXISTS (
    SELECT 1 FROM sent s WHERE in_part(s.order_id)
    AND s.server AND s.name IS NULL AND s.order_id = o.order_id)
"""
# Hardly an order is found by its event alone: numbers tell which ones may be.
_ALIKE = """
INSERT INTO alike
SELECT hash(event_id) AS h FROM sent
SEMI JOIN (SELECT hash(key_id) AS h FROM unseen WHERE in_part(key_id)) o
ON o.h = hash(event_id)
WHERE server AND in_part(event_id)
"""
_BY_EVENT = """
DELETE FROM unseen o
WHERE in_part(o.key_id) AND hash(o.key_id) IN (FROM alike WHERE hash_in_part(h))
AND EXISTS (
    SELECT 1 FROM sent s WHERE in_part(s.event_id)
    AND hash(s.event_id) IN (FROM alike WHERE hash_in_part(h))
    AND s.server AND coalesce(s.name = o.name, true) AND s.event_id = o.key_id)
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
_BY_BROWSER = """
INSERT INTO hits
SELECT n, CASE WHEN own AND same THEN 0 WHEN event_id IS NOT NULL THEN 1 ELSE 2 END,
    sent_at, CASE WHEN getvariable('enrich') THEN event_id END
FROM (
    SELECT o.n, o.own, s.event_id = o.key_id AS same, s.event_id,
        CASE WHEN getvariable('enrich') AND timely THEN sent_at
            ELSE TIMESTAMPTZ 'infinity' END AS sent_at
    FROM sent s JOIN unseen o ON {same}
    WHERE NOT s.server AND (s.name IS NULL OR s.name = o.name)
)
"""
_BY_BROWSERS_ORDER = _BY_BROWSER.format(
    same="s.order_id = o.order_id AND in_part(s.order_id) AND in_part(o.order_id)"
)
_BY_BROWSERS_EVENT = _BY_BROWSER.format(
    same="""s.event_id = o.key_id AND in_part(s.event_id) AND in_part(o.key_id)
        AND s.order_id IS DISTINCT FROM o.order_id"""
)
# Without enrichments nobody asks what browsers told beyond that.
_SEEN = """
INSERT INTO seen
SELECT n, told.rank, told.sent_at, told.event_id FROM (
    SELECT n, min({'rank': rank, 'sent_at': sent_at,
        'event_id': coalesce(event_id, '')}) AS told
    FROM hits WHERE in_range(n) GROUP BY n)
"""
_SEEN_AT_ALL = """
INSERT INTO seen
SELECT n, min(rank), TIMESTAMPTZ 'infinity', '' FROM hits WHERE in_range(n) GROUP BY n
"""


def see(connection: duckdb.DuckDBPyConnection, *, enriches: bool) -> None:
    """Find what no server has sent, and what browsers told of that."""
    for table in _TABLES:
        connection.execute(table)
    by_ids(connection, _UNSEEN, "arrivals", "sent")
    [(nameless, apart)] = connection.execute(_LOGS).fetchall()
    [(own,)] = connection.execute(_SHOP).fetchall()
    by_event = apart or own
    if nameless:
        by_ids(connection, _BY_ORDER_NAMELESS, "unseen", "sent")
    if by_event:
        by_ids(connection, _ALIKE, "unseen", "sent")
        by_ids(connection, _BY_EVENT, "alike", "alike")
    by_ids(connection, _BY_BROWSERS_ORDER, "unseen", "sent")
    if by_event:
        by_ids(connection, _BY_BROWSERS_EVENT, "unseen", "sent")
    by_numbers(connection, _SEEN if enriches else _SEEN_AT_ALL)
    # Their work is done; what is dropped makes room on disk.
    connection.execute("DROP TABLE hits")
    connection.execute("DROP TABLE sent")
