"""Events that differ from their orders: id, name, currency, value, time, items.

A difference that many orders share is one cause with a name: `patterns.py` finds it.
"""

import duckdb

from capi_jobs import duck

# Ids that are the order's own, but for their writing.
_FORMATS = """
CREATE TABLE formats AS
SELECT DISTINCT c.n FROM copies c JOIN orders o USING (n)
WHERE NOT c.ours AND (c.how IN ('hash', 'case', 'prefix')
    OR c.told_order <> o.order_id AND alike(c.told_order, o.order_id)
    OR c.event_id <> o.key_id AND c.event_id <> o.order_id
        AND alike(c.event_id, o.key_id))
"""
_ALIKE = """
CREATE MACRO alike(a, b) AS length(flat_name(b)) >= 4 AND length(flat_name(a)) >= 4
    AND (flat_name(a) = flat_name(b)
        OR suffix(flat_name(a), flat_name(b)) OR suffix(flat_name(b), flat_name(a))
        OR lower(a) IN (sha256(b), sha256(lower(b)), sha1(b), md5(b)))
"""
_NAMES = """
CREATE TABLE other_names AS
SELECT n, min(name) AS name FROM copies GROUP BY n
HAVING count(*) FILTER (sort = 'own') = 0
"""

_FIND = """
INSERT INTO findings
WITH told AS (
    SELECT n, 'id_format' AS cause, '' AS detail FROM formats
    UNION ALL SELECT n, 'event_name', name FROM other_names
    UNION ALL
    SELECT n, CASE WHEN told = wanted THEN 'currency' ELSE 'local_currency' END,
        told_currency || ' for ' || currency FROM value_diffs WHERE other
    UNION ALL SELECT n, 'cents', '' FROM units
    UNION ALL
    SELECT n, CASE
        WHEN factor > 1 AND factor <= 1.3 THEN 'tax_included'
        WHEN factor >= 0.7 AND factor < 1 THEN 'tax_left_out'
        WHEN factor IS NOT NULL THEN 'constant_factor'
        WHEN amount > 0 THEN 'shipping_included'
        ELSE 'shipping_left_out' END,
        CASE WHEN factor IS NOT NULL THEN printf('×%.4f', factor)
            ELSE printf('%+.2f', CAST(amount AS DOUBLE)) END
    FROM named
    UNION ALL
    SELECT v.n, 'value', '' FROM value_diffs v ANTI JOIN units USING (n, log)
        ANTI JOIN named USING (n, log) WHERE NOT other
    UNION ALL
    SELECT n, CASE WHEN constant THEN 'time_zone' ELSE 'time' END,
        printf('%+d min', minutes) FROM shifts WHERE constant OR NOT early
    UNION ALL
    SELECT c.n, 'items', '' FROM copies c JOIN orders o USING (n)
    WHERE NOT c.ours AND c.items <> o.items
), ranked AS (
    SELECT n, t.cause, t.detail, r.rank FROM told t
    JOIN ranks r ON r.kind = 'misaligned' AND r.cause = t.cause
), firsts AS (
    SELECT n, arg_min(cause, rank) AS cause, arg_min(detail, rank) AS detail
    FROM ranked GROUP BY n
), events AS (
    SELECT n, list_sort(list(DISTINCT event_id))[:5] AS ids FROM copies
    WHERE NOT ours AND n IN (SELECT n FROM firsts) GROUP BY n
)
SELECT 'misaligned', f.cause, o.order_id, coalesce(e.ids, []), o.day, o.currency,
    coalesce(o.value, 0), f.detail
FROM firsts f JOIN orders o USING (n) LEFT JOIN events e USING (n)
WHERE o.inside AND o.state IS NULL
"""


def find(connection: duckdb.DuckDBPyConnection) -> None:
    """Name one difference of each order."""
    for statement in (_ALIKE, _FORMATS, _NAMES, _FIND):
        duck.roomy(connection, statement)
