"""Orders that are counted more than once, or less because two share an id.

Precedence is the order of the WHENs, which is that of `causes.py`.
"""

import duckdb

from capi_jobs import duck
from capi_jobs.audit.piles import Piles

# Logs that have event ids at all; of the others nobody can tell what was sent. One
# order's events cannot say it of their log.
_LOGS_WITH_IDS = """
INSERT INTO logs_with_ids
SELECT log FROM sales GROUP BY log
HAVING count(event_id) > 0 OR getvariable('one_order')
"""
# Ids as hashes, for each is compared with all: of ten million, two meet once in three
# hundred thousand audits.
_OWN_IDS = """
SELECT hash(own_id, name) AS h, n FROM orders
WHERE state IS NULL AND own_id IS NOT NULL
"""
_TOLD_IDS = """
SELECT hash(event_id, name) AS h, n FROM copies WHERE event_id IS NOT NULL
"""
# Two orders with one id, in the orders themselves or in the events that tell of them.
_SHARED = """
INSERT INTO shared_{whose}
SELECT h FROM {ids} WHERE h % {times} = {time} GROUP BY h HAVING min(n) <> max(n)
"""
_SHARING = """
CREATE TABLE sharing AS
SELECT n, own_id AS event_id FROM orders WHERE state IS NULL AND own_id IS NOT NULL
    AND hash(own_id, name) IN (SELECT h FROM shared_own)
UNION
SELECT n, event_id FROM copies WHERE event_id IS NOT NULL
    AND hash(event_id, name) IN (SELECT h FROM shared_told)
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

# So many ids are grouped in 100 MB.
_IDS_AT_ONCE = 2_000_000


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what parts add to; our own entries have ids."""
    connection.execute("CREATE TABLE logs_with_ids AS SELECT '' AS log")


def look(connection: duckdb.DuckDBPyConnection) -> None:
    """Note which logs of a part have ids."""
    duck.roomy(connection, _LOGS_WITH_IDS)


def note(piles: Piles, part: int) -> None:
    """Put down the ids of a part, to be compared with those of all others."""
    piles.lay("own_ids", part, _OWN_IDS)
    piles.lay("told_ids", part, _TOLD_IDS)


def compare(connection: duckdb.DuckDBPyConnection, piles: Piles) -> None:
    """Find the ids that two orders share, wherever they lie."""
    for whose in ("own", "told"):
        connection.execute(f"CREATE TABLE shared_{whose} (h UBIGINT)")
        pile = f"{whose}_ids"
        times = -(-piles.rows(pile) // _IDS_AT_ONCE)
        for time in range(times):
            duck.roomy(
                connection,
                _SHARED.format(
                    whose=whose, ids=piles.all(pile), times=times, time=time
                ),
            )


def find(connection: duckdb.DuckDBPyConnection) -> None:
    """Compare all that told of the same order."""
    for statement in (_SHARING, _SUSPECTS, _SEVERAL, _REFIRED, _FIND):
        duck.roomy(connection, statement)
