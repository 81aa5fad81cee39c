"""Orders that are counted more than once, or less because two share an id.

Precedence is the order of the WHENs, which is that of `causes.py`.
"""

import duckdb

from capi_jobs import duck

# Logs that have event ids at all; of the others nobody can tell what was sent.
_LOGS_WITH_IDS = """
CREATE TABLE logs_with_ids AS
SELECT log FROM sales GROUP BY log HAVING count(event_id) > 0
UNION ALL SELECT ''
"""
# Two orders with one id, in the orders themselves or in the events that tell of them.
_SHARING = """
CREATE TABLE sharing AS
WITH own AS (
    SELECT own_id, name FROM orders WHERE state IS NULL AND own_id IS NOT NULL
    GROUP BY ALL HAVING count(*) > 1
), told AS (
    SELECT event_id, name FROM copies WHERE event_id IS NOT NULL
    GROUP BY ALL HAVING min(n) <> max(n)
)
SELECT o.n, own_id AS event_id FROM orders o JOIN own USING (own_id, name)
WHERE state IS NULL
UNION
SELECT c.n, event_id FROM copies c JOIN told USING (event_id, name)
"""
# Most copies are one to the platform: one id, one name, close together. Told first by
# what needs no lists, which do not spill.
_SUSPECTS = """
CREATE TABLE suspects AS
SELECT n FROM copies WHERE NOT again GROUP BY n
HAVING sum(times) > 1 AND (count(event_id) < count(*)
    OR min(event_id) <> max(event_id) OR min(name) <> max(name)
    OR max(last_at) - min(first_at) > getvariable('dedup_window'))
"""
_SEVERAL = """
CREATE TABLE several AS
SELECT n, coalesce(list(DISTINCT event_id) FILTER (NOT server AND event_id IS NOT NULL),
        []) AS browser_ids,
    coalesce(list(DISTINCT event_id) FILTER (server AND event_id IS NOT NULL), [])
        AS server_ids,
    count(DISTINCT name) AS names, count(DISTINCT log) FILTER (server) AS senders,
    bool_or(event_id IS NULL AND log IN (SELECT log FROM logs_with_ids)) AS nameless,
    max(last_at) - min(first_at) > getvariable('dedup_window') AS long
FROM copies WHERE NOT again AND n IN (SELECT n FROM suspects) GROUP BY n
"""
_REFIRED = """
CREATE TABLE refired AS
SELECT DISTINCT n FROM copies
WHERE NOT again AND event_id IS NOT NULL AND n IN (SELECT n FROM several WHERE long)
GROUP BY n, name, event_id
HAVING max(last_at) - min(first_at) > getvariable('dedup_window')
"""
_FIND = """
INSERT INTO findings
WITH judged AS (
    SELECT o.n, s.browser_ids, s.server_ids, h.event_id AS shared_id, CASE
        WHEN h.n IS NOT NULL THEN 'orders_share_id'
        WHEN names > 1 THEN 'two_names'
        WHEN senders > 1 AND len(server_ids) > 1 THEN 'two_senders'
        WHEN len(browser_ids) > 0 AND len(server_ids) > 0
            AND NOT list_has_any(browser_ids, server_ids) THEN 'two_ids'
        WHEN len(browser_ids) > 1 OR len(server_ids) > 1 THEN 'new_id_each_time'
        WHEN r.n IS NOT NULL THEN 'refired'
        WHEN nameless THEN 'no_event_id' END AS cause
    FROM orders o LEFT JOIN several s USING (n)
    LEFT JOIN (SELECT n, min(event_id) AS event_id FROM sharing GROUP BY n) h USING (n)
    LEFT JOIN refired r USING (n)
    WHERE o.inside AND o.state IS NULL AND (s.n IS NOT NULL OR h.n IS NOT NULL)
)
SELECT 'duplicated', cause, order_id, CASE cause
        WHEN 'orders_share_id' THEN [shared_id]
        ELSE list_sort(list_distinct(list_concat(browser_ids, server_ids)))[:5] END,
    day, currency, coalesce(value, 0), CASE cause
        WHEN 'two_ids' THEN list_min(browser_ids) || ' ≠ ' || list_min(server_ids)
        ELSE '' END
FROM judged JOIN orders USING (n) WHERE cause IS NOT NULL
"""

_STATEMENTS = (_LOGS_WITH_IDS, _SHARING, _SUSPECTS, _SEVERAL, _REFIRED, _FIND)


def find(connection: duckdb.DuckDBPyConnection) -> None:
    """Compare all that told of the same order."""
    for statement in _STATEMENTS:
        duck.roomy(connection, statement)
