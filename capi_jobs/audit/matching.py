"""Which event is of which order: by its order id, its event id, or another writing.

`copies` are all that told of an order: events of others, and our own entries. What is
wrong with them is found in the files of the kinds.

Events lie with the order that they name. Those that name none, or one that is not
there, are looked for among all orders, and then lie with the one that was found.
"""

import duckdb

from capi_jobs import duck
from capi_jobs.audit.piles import Piles

_ORDERS = "CREATE TABLE orders AS SELECT * FROM {orders}"
# Repeated rows are one order; reconcile holds those that differ.
_ONE_EACH = """
DELETE FROM orders WHERE n IN (
    WITH doubled AS (
        SELECT hash(order_id) AS h FROM orders GROUP BY h HAVING count(*) > 1
    )
    SELECT n FROM orders WHERE hash(order_id) IN (SELECT h FROM doubled)
    QUALIFY row_number() OVER (
        PARTITION BY order_id
        ORDER BY inside DESC, state NULLS FIRST, completed_at NULLS LAST, n) > 1
)
"""

# Events that say the same are one row with a count, so that millions of copies of one
# id cost no more than one.
_EVENTS = """
CREATE TABLE events AS
SELECT * EXCLUDE (instant), count(*) AS times, min(instant) AS first_at,
    max(instant) AS last_at,
    count(*) FILTER (instant BETWEEN getvariable('first') AND getvariable('last'))
        AS inside
FROM {events} GROUP BY ALL
"""
_SALES = """
CREATE VIEW sales AS SELECT rowid AS e, * FROM events WHERE sort <> 'other'
"""
_BY_ORDER_ID = """
SELECT o.n, 'order_id' AS how, s.* EXCLUDE (e, order_id), s.order_id AS told_order
FROM sales s JOIN orders o USING (order_id)
"""
_REST = "SELECT * EXCLUDE (e) FROM sales ANTI JOIN orders USING (order_id)"

_ALL_ORDERS = "CREATE VIEW orders AS SELECT * FROM {orders}"
_LEFT = "CREATE TABLE events AS SELECT * FROM {events}"
_MATCHED = "CREATE TABLE matched (e BIGINT, n BIGINT, how VARCHAR)"
# The id under which the order would be sent; or its number where an id should be.
_BY_EVENT_ID = """
INSERT INTO matched
WITH rest AS (SELECT e, event_id FROM sales s ANTI JOIN matched USING (e))
SELECT e, min(n), 'event_id' FROM (
    SELECT e, n FROM rest r JOIN orders o ON o.key_id = r.event_id
    UNION ALL
    SELECT e, n FROM rest r JOIN orders o ON o.order_id = r.event_id
) GROUP BY e
"""
_LOOSE = """
CREATE TABLE loose AS
SELECT e, coalesce(order_id, event_id) AS t FROM sales ANTI JOIN matched USING (e)
WHERE coalesce(order_id, event_id) IS NOT NULL
"""
# Hashes in hexadecimal: SHA-256, SHA-1, MD5.
_HASHED = """
INSERT INTO matched
WITH hashed AS (
    SELECT e, lower(t) AS h FROM loose
    WHERE regexp_full_match(t, '[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}')
), digests AS (
    SELECT n, unnest([sha256(order_id), sha256(lower(order_id)), sha1(order_id),
        md5(order_id)]) AS h
    FROM orders WHERE EXISTS (SELECT 1 FROM hashed) AND order_id IS NOT NULL
)
SELECT e, min(n), 'hash' FROM hashed JOIN digests USING (h) GROUP BY e
HAVING count(DISTINCT n) = 1
"""
# From the first digit on; a text without any is compared whole.
_ENDING = """
CREATE MACRO ending(f) AS
coalesce(nullif(regexp_extract(f, '[0-9][a-z0-9]*$'), ''), f)
"""
# Letters and digits alone; shorter ends than four would match by chance. One text must
# end with the other, and no second order may.
_WRITTEN = """
INSERT INTO matched
WITH texts AS (
    SELECT e, flat_name(t) AS f FROM loose ANTI JOIN matched USING (e)
), ends AS (
    SELECT e, f, ending(f) AS k FROM texts WHERE f <> ''
), others AS (
    SELECT n, f, ending(f) AS k FROM (
        SELECT n, flat_name(order_id) AS f FROM orders
        WHERE order_id IS NOT NULL AND EXISTS (SELECT 1 FROM texts))
), same AS (
    SELECT e, n, CASE WHEN ends.f = o.f THEN 'case' ELSE 'prefix' END AS how
    FROM ends JOIN others o USING (k)
    WHERE ends.f = o.f OR k[1] BETWEEN '0' AND '9' AND length(k) >= 4
        AND (suffix(ends.f, o.f) OR suffix(o.f, ends.f))
)
SELECT e, min(n), min(how) FROM same GROUP BY e HAVING count(DISTINCT n) = 1
"""

_FOUND = """
SELECT o.n, m.how, s.* EXCLUDE (e, order_id), s.order_id AS told_order,
    bucket_of(o.order_id) AS bucket
FROM matched m JOIN sales s USING (e) JOIN orders o USING (n)
"""

# A browser's copy long after the order: `late`, whole or with its last repetitions.
_COPIES = """
CREATE TABLE copies AS
SELECT s.n, s.how, s.log, s.server, false AS ours, s.sort,
    coalesce(s.name, o.name) AS name, s.event_id, s.told_order,
    s.value, s.currency, s.items, s.time_fault, s.times, s.inside, s.first_at,
    s.last_at, false AS again,
    coalesce(NOT s.server AND s.first_at > o.page_until, false) AS late,
    coalesce(NOT s.server AND s.last_at > o.page_until, false) AS late_end
FROM {matched} s JOIN (
    SELECT n, name, completed_at + getvariable('reopened_after') AS page_until
    FROM orders
) o USING (n)
"""
_ENTRIES = "CREATE VIEW entries AS SELECT * FROM {entries}"
_CLASSES = "CREATE VIEW classes AS SELECT * FROM {classes}"
_OURS = """
INSERT INTO copies
SELECT o.n, 'order_id', '', true, true, 'own', e.name, e.event_id, e.order_id,
    e.value, e.currency, NULL, NULL, 1, 0, e.sent_at, e.sent_at, false, false, false
FROM entries e JOIN orders o USING (order_id) WHERE e.status = 'delivered'
"""
# `again`: told before, so that it is the page that was opened again. It is told as
# such, and not as a second copy.
_AGAIN = """
UPDATE copies SET again = true WHERE late AND n IN (SELECT n FROM copies WHERE NOT late)
"""
_FIRST_ONLY = "UPDATE copies SET last_at = first_at WHERE late_end AND NOT late"


def by_order_id(connection: duckdb.DuckDBPyConnection, piles: Piles, part: int) -> None:
    """Find the orders that events name; `events` and `sales` are those of this part."""
    for statement in (
        _ORDERS.format(orders=piles.of("orders", part)),
        _ONE_EACH,
        _EVENTS.format(events=piles.of("events", part)),
        _SALES,
    ):
        duck.roomy(connection, statement)
    piles.lay("kept", part, "SELECT * FROM orders")
    piles.lay("matched", part, _BY_ORDER_ID)
    piles.lay("rest", part, _REST)


def among_all(
    connection: duckdb.DuckDBPyConnection, piles: Piles, parts: range
) -> None:
    """Look for the orders of what is left; what has none stays in `sales` alone."""
    for statement in (
        _ALL_ORDERS.format(orders=piles.all("kept")),
        _LEFT.format(events=piles.of("rest", parts)),
        _SALES,
        _MATCHED,
        _BY_EVENT_ID,
        _LOOSE,
        _HASHED,
        _ENDING,
        _WRITTEN,
    ):
        duck.roomy(connection, statement)
    piles.spread("matched", _FOUND)


def gather(connection: duckdb.DuckDBPyConnection, piles: Piles, part: int) -> None:
    """Bring the orders of a part together with all that told of them."""
    for statement in (
        _ORDERS.format(orders=piles.of("kept", part)),
        _ENTRIES.format(entries=piles.of("entries", part)),
        _CLASSES.format(classes=piles.of("classes", part)),
        _COPIES.format(matched=piles.of("matched", part)),
        _OURS,
        _AGAIN,
        _FIRST_ONLY,
    ):
        duck.roomy(connection, statement)
