"""What many differences from the orders have in common: a zone, a factor, an amount.

Differences are measured part by part, `note` adds them up over all parts, and what is
systematic is known only then. What it means for an order is in `misalignments.py`.
"""

import duckdb

from capi_jobs import duck

# The first copy of each log tells when; a page loaded again minutes later says nothing.
# Zones lie a quarter of an hour apart, at most fourteen hours from UTC.
_AWAY = """
CREATE TABLE away AS
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
    SELECT *, CAST(round(seconds / 900) * 15 AS INTEGER) AS minutes FROM away
)
SELECT *, abs(seconds - minutes * 60) <= 300 AS near FROM stepped
"""
_STEPS = """
INSERT INTO steps
SELECT log, minutes, count(*) FILTER (near), count(*) FROM away GROUP BY log, minutes
"""
_ZONES = """
CREATE TABLE zones AS
WITH counted AS (
    SELECT log, minutes, sum(alike) AS alike,
        sum(sum(orders)) OVER (PARTITION BY log) AS all_away
    FROM steps GROUP BY log, minutes
)
SELECT log, minutes FROM counted
WHERE minutes <> 0 AND abs(minutes) <= 14 * 60 AND alike >= getvariable('many')
    AND alike >= all_away * getvariable('much')
"""
_SHIFTS = """
CREATE TABLE shifts AS
SELECT a.n, a.log, seconds < 0 AS early, minutes, near AND z.log IS NOT NULL AS constant
FROM away a LEFT JOIN zones z USING (log, minutes)
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
_REST = """
CREATE TABLE other_values AS
SELECT * FROM value_diffs ANTI JOIN units USING (n, log) WHERE NOT other
"""
# An order lies in one part, so that counts of orders can be added up. Ratios to a
# millionth are precise enough for a factor, and never too many.
_FACTORS = """
INSERT INTO factors
SELECT log, round(ratio, 2), count(DISTINCT n) FROM other_values
WHERE ratio IS NOT NULL GROUP BY ALL
"""
_RATIOS = """
INSERT INTO ratios
SELECT log, round(ratio, 2), round(ratio, 6), count(*) FROM other_values
WHERE ratio IS NOT NULL GROUP BY ALL
"""
_AMOUNTS = """
INSERT INTO amounts
SELECT log, currency, diff, count(DISTINCT n), count(*) FROM other_values GROUP BY ALL
"""
_PATTERNS = """
CREATE TABLE patterns AS
WITH enough AS (
    SELECT log, greatest(getvariable('many'), sum(copies) * getvariable('much')) AS many
    FROM amounts GROUP BY log
), wide AS (
    SELECT log, about, sum(orders) AS orders FROM factors JOIN enough USING (log)
    GROUP BY log, about, many HAVING sum(orders) >= many
), counted AS (
    SELECT log, about, ratio, sum(copies) AS copies
    FROM ratios SEMI JOIN wide USING (log, about) GROUP BY ALL
), placed AS (
    SELECT log, about, ratio, copies, sum(copies) OVER upward AS until,
        sum(copies) OVER (PARTITION BY log, about) AS total
    FROM counted WINDOW upward AS (PARTITION BY log, about ORDER BY ratio)
), medians AS (
    SELECT log, about, (min(ratio) FILTER (until * 2 >= total)
        + min(ratio) FILTER (until * 2 > total)) / 2 AS factor
    FROM placed GROUP BY log, about
)
SELECT log, NULL AS currency, factor, NULL AS amount, orders
FROM wide JOIN medians USING (log, about)
UNION ALL
SELECT log, currency, NULL, amount, sum(orders) FROM amounts JOIN enough USING (log)
GROUP BY log, currency, amount, many HAVING sum(orders) >= many
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

_SUMS = (
    "CREATE TABLE steps (log VARCHAR, minutes INTEGER, alike BIGINT, orders BIGINT)",
    "CREATE TABLE factors (log VARCHAR, about DOUBLE, orders BIGINT)",
    "CREATE TABLE ratios (log VARCHAR, about DOUBLE, ratio DOUBLE, copies BIGINT)",
    """
    CREATE TABLE amounts (log VARCHAR, currency VARCHAR, amount DECIMAL(28, 9),
        orders BIGINT, copies BIGINT)
    """,
)
_MEASURED = (_AWAY, _VALUES, _UNITS)


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what parts add to."""
    for statement in _SUMS:
        connection.execute(statement)


def note(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the differences of a part to those of the others."""
    for statement in (*_MEASURED, _REST, _STEPS, _FACTORS, _RATIOS, _AMOUNTS):
        duck.roomy(connection, statement)


def compare(connection: duckdb.DuckDBPyConnection) -> None:
    """Say what is systematic, once all parts are noted."""
    for statement in (_ZONES, _PATTERNS):
        duck.roomy(connection, statement)


def name(connection: duckdb.DuckDBPyConnection) -> None:
    """Say of each difference of a part whether it is one of many."""
    for statement in (*_MEASURED, _SHIFTS, _NAMED):
        duck.roomy(connection, statement)
