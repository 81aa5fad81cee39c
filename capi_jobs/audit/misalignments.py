"""Events that differ from their orders: id, name, currency, value, time, items.

A difference that many orders share is one cause with a name: a factor like tax, an
amount like shipping, an offset like a time zone.
"""

import duckdb

from capi_jobs import duck

# The first copy of each log tells when; a page loaded again minutes later says nothing.
# Zones lie a quarter of an hour apart, at most fourteen hours from UTC.
_SHIFTS = """
CREATE TABLE shifts AS
WITH firsts AS (
    SELECT c.n, c.log, min(c.first_at) AS first_at FROM copies c
    WHERE NOT ours AND NOT again AND time_fault IS NULL GROUP BY ALL
), away AS (
    SELECT f.n, f.log, epoch(f.first_at) - epoch(o.completed_at) AS seconds
    FROM firsts f JOIN orders o USING (n)
    WHERE o.state IS NULL
        AND (f.first_at < o.completed_at - getvariable('time_tolerance')
        OR f.first_at > o.completed_at + getvariable('time_tolerance'))
), stepped AS (
    SELECT *, CAST(round(seconds / 900) * 15 AS INTEGER) AS minutes,
        count(*) OVER (PARTITION BY log) AS all_away FROM away
), counted AS (
    SELECT *, abs(seconds - minutes * 60) <= 300 AS near,
        count(*) FILTER (abs(seconds - minutes * 60) <= 300)
            OVER (PARTITION BY log, minutes) AS alike FROM stepped
)
SELECT n, log, seconds < 0 AS early, minutes,
    near AND minutes <> 0 AND abs(minutes) <= 14 * 60 AND alike >= getvariable('many')
        AND alike >= all_away * getvariable('much') AS constant
FROM counted
"""

_VALUES = """
CREATE TABLE value_diffs AS
SELECT c.n, c.log, o.value AS wanted, c.value AS told, c.value - o.value AS diff,
    c.currency IS NOT NULL AND o.currency <> '' AND c.currency <> o.currency AS other,
    c.currency AS told_currency, o.currency,
    CAST(c.value AS DOUBLE) / nullif(CAST(o.value AS DOUBLE), 0) AS ratio
FROM copies c JOIN orders o USING (n)
WHERE NOT ours AND NOT again AND o.state IS NULL AND o.inside
    AND (abs(c.value - o.value) > greatest(
            0.01, abs(o.value) * CAST(getvariable('value_share') AS DECIMAL(9, 6)))
        OR c.currency <> o.currency AND o.currency <> '')
"""
# A hundredth for most currencies, a thousandth for dinars; one order is enough.
_UNITS = """
CREATE TABLE units AS
SELECT DISTINCT n, log FROM value_diffs
WHERE NOT other AND (abs(ratio / 100 - 1) < 0.001 OR abs(ratio * 100 - 1) < 0.001
    OR abs(ratio / 1000 - 1) < 0.001 OR abs(ratio * 1000 - 1) < 0.001)
"""
_PATTERNS = """
CREATE TABLE patterns AS
WITH rest AS (
    SELECT * FROM value_diffs ANTI JOIN units USING (n, log) WHERE NOT other
), enough AS (
    SELECT log, greatest(getvariable('many'), count(*) * getvariable('much')) AS many
    FROM rest GROUP BY log
), factors AS (
    SELECT log, median(ratio) AS factor, count(DISTINCT n) AS orders FROM rest
    WHERE ratio IS NOT NULL GROUP BY log, round(ratio, 2)
), amounts AS (
    SELECT log, currency, diff AS amount, count(DISTINCT n) AS orders FROM rest
    GROUP BY ALL
)
SELECT log, NULL AS currency, factor, NULL AS amount, orders FROM factors
    JOIN enough USING (log) WHERE orders >= many
UNION ALL
SELECT log, currency, NULL, amount, orders FROM amounts
    JOIN enough USING (log) WHERE orders >= many
"""
# The pattern of the most orders; a factor leaves something to rounding: two hundredths,
# or whole yen of thousands.
_NAMED = """
CREATE TABLE named AS
SELECT v.n, v.log, arg_max(p.factor, p.orders) AS factor,
    arg_max(CASE WHEN p.amount IS NOT NULL THEN p.amount ELSE 0 END, p.orders) AS amount
FROM value_diffs v JOIN patterns p ON p.log = v.log AND (
    abs(CAST(v.told AS DOUBLE) - CAST(v.wanted AS DOUBLE) * p.factor)
        <= greatest(0.02, CAST(v.wanted AS DOUBLE) / 1000)
    OR p.amount = v.diff AND p.currency = v.currency)
WHERE NOT v.other GROUP BY v.n, v.log
"""

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


def compare(connection: duckdb.DuckDBPyConnection) -> None:
    """Measure what differs, and find what many differences have in common."""
    for statement in (_ALIKE, _SHIFTS, _VALUES, _UNITS, _PATTERNS, _NAMED):
        duck.roomy(connection, statement)


def find(connection: duckdb.DuckDBPyConnection) -> None:
    """Name one difference of each order."""
    for statement in (_FORMATS, _NAMES, _FIND):
        duck.roomy(connection, statement)
