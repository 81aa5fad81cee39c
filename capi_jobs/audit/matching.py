"""Which event is of which order: by its order id, its event id, or another writing.

`copies` are all that told of an order: events of others, and our own entries. What is
wrong with them is found in the files of the kinds.
"""

import duckdb

from capi_jobs import duck

_SALES = """
CREATE VIEW sales AS SELECT rowid AS e, * FROM events WHERE sort <> 'other'
"""
_MATCHED = """
CREATE TABLE matched AS
SELECT s.e, o.n, 'order_id' AS how FROM sales s JOIN orders o USING (order_id)
"""
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
# Letters and digits alone; shorter ends than four would match by chance. One text must
# end with the other, and no second order may.
_WRITTEN = """
INSERT INTO matched
WITH texts AS (
    SELECT e, flat_name(t) AS f FROM loose ANTI JOIN matched USING (e)
), ends AS (
    SELECT e, f, regexp_extract(f, '[0-9][a-z0-9]*$') AS tail FROM texts
), others AS (
    SELECT n, f, regexp_extract(f, '[0-9][a-z0-9]*$') AS tail FROM (
        SELECT n, flat_name(order_id) AS f FROM orders
        WHERE order_id IS NOT NULL AND EXISTS (SELECT 1 FROM texts))
), same AS (
    SELECT e, n, 'case' AS how FROM ends JOIN others USING (f) WHERE f <> ''
    UNION ALL
    SELECT e, n, 'prefix' FROM ends JOIN others o USING (tail)
    WHERE length(tail) >= 4 AND ends.f <> o.f
        AND (suffix(ends.f, o.f) OR suffix(o.f, ends.f))
)
SELECT e, min(n), min(how) FROM same GROUP BY e HAVING count(DISTINCT n) = 1
"""

# A browser's copy long after the order: `late`, whole or with its last repetitions.
# One join at a time: of two, the hash tables would have to fit into memory together.
_PAIRED = """
CREATE TABLE paired AS SELECT m.n, m.how, s.* FROM matched m JOIN sales s USING (e)
"""
_COPIES = """
CREATE TABLE copies AS
SELECT s.n, s.e, s.how, s.log, s.server, false AS ours, s.sort,
    coalesce(s.name, o.name) AS name, s.event_id, s.order_id AS told_order,
    s.value, s.currency, s.items, s.time_fault, s.times, s.inside, s.first_at,
    s.last_at, false AS again,
    coalesce(NOT s.server AND s.first_at > o.page_until, false) AS late,
    coalesce(NOT s.server AND s.last_at > o.page_until, false) AS late_end
FROM paired s JOIN (
    SELECT n, name, completed_at + getvariable('reopened_after') AS page_until
    FROM orders
) o USING (n)
"""
_OURS = """
INSERT INTO copies
SELECT o.n, NULL, 'order_id', '', true, true, 'own', e.name, e.event_id, e.order_id,
    e.value, e.currency, NULL, NULL, 1, 0, e.sent_at, e.sent_at, false, false, false
FROM entries e JOIN orders o USING (order_id) WHERE e.status = 'delivered'
"""
# `again`: told before, so that it is the page that was opened again. It is told as
# such, and not as a second copy.
_AGAIN = """
UPDATE copies SET again = true WHERE late AND n IN (SELECT n FROM copies WHERE NOT late)
"""
_FIRST_ONLY = "UPDATE copies SET last_at = first_at WHERE late_end AND NOT late"


def match(connection: duckdb.DuckDBPyConnection) -> None:
    """Find the order of each event; what has none stays in `sales` alone."""
    for statement in (
        _SALES,
        _MATCHED,
        _BY_EVENT_ID,
        _LOOSE,
        _HASHED,
        _WRITTEN,
        _PAIRED,
        _COPIES,
        _OURS,
        "DROP TABLE paired",
        _AGAIN,
        _FIRST_ONLY,
    ):
        duck.roomy(connection, statement)
