"""One class per order: the joins, in SQL. What logs have seen stands in `seeing.py`.

Texts were read in `loading.py`. Rows are numbered by the table they arrived in; after
the first joins on texts, numbers are joined. Precedence is the order of the WHENs in
`_JUDGE`.
"""

import duckdb

from capi_jobs import duck
from capi_jobs.errors import BalanceOpen
from capi_jobs.reconcile import seeing
from capi_jobs.reconcile.parting import by_ids, by_numbers

# Several rows with one order id: equal ones are one order, else nobody knows which
# row is right. Rows that may be sent speak for the order before excluded ones.
_REPEATS = """
CREATE TABLE repeats AS
WITH doubled AS (
    SELECT hash(order_id) AS h FROM arrivals WHERE order_id IS NOT NULL
    GROUP BY h HAVING count(*) > 1
), rows AS (
    SELECT rowid AS n, order_id, content, excluded, completed_at FROM arrivals
    WHERE order_id IS NOT NULL AND hash(order_id) IN (SELECT h FROM doubled)
)
SELECT n, row_number() OVER (PARTITION BY order_id
        ORDER BY CAST(excluded AS VARCHAR) NULLS FIRST, completed_at NULLS LAST,
            content, n) = 1 AS kept,
    min(content) OVER same <> max(content) OVER same AS differs
FROM rows WINDOW same AS (PARTITION BY order_id)
"""

_ORDERS = """
CREATE VIEW orders AS
SELECT CAST(a.rowid AS INTEGER) AS n, a.rowid AS row, a.*,
    coalesce(event_key, order_id) AS key_id,
    coalesce(r.differs, false) AND excluded IS NULL AS ambiguous
FROM arrivals a LEFT JOIN repeats r ON r.n = a.rowid
WHERE a.order_id IS NOT NULL AND coalesce(r.kept, true)
"""

# Excluded orders are never sent, so they share nothing.
_SHARED = """
CREATE TABLE shared AS
WITH doubled AS (
    SELECT hash(key_id) AS h FROM orders WHERE excluded IS NULL
    GROUP BY h HAVING count(*) > 1
)
SELECT n FROM orders
WHERE excluded IS NULL AND hash(key_id) IN (SELECT h FROM doubled)
QUALIFY count(*) OVER (PARTITION BY key_id, name) > 1
"""

# What might be sent, or counts as late or held, unless the ledger knew it before.
_UNTOLD = """
INSERT INTO untold
SELECT o.n, o.order_id, o.key_id, o.name FROM unseen o
LEFT JOIN (FROM seen WHERE in_range(n)) s USING (n)
WHERE in_range(o.n) AND NOT o.excluded AND (s.n IS NULL OR (getvariable('enrich')
    AND s.sent_at + getvariable('dedup_window') >= getvariable('surely_over')))
"""
_OPEN = """
INSERT INTO open
SELECT order_id, key_id FROM untold o
ANTI JOIN (SELECT order_id, name FROM entries WHERE in_part(order_id)) e
ON e.order_id = o.order_id AND e.name = o.name
WHERE in_part(o.order_id)
"""

# What was sent is in the books with the value that was sent, whatever its row says now;
# what was imported without a currency was sent by others, and its row tells its worth.
_BOOKED = """
INSERT INTO booked
SELECT n, CASE status WHEN 'in_flight' THEN 1 WHEN 'in_doubt' THEN 2
    WHEN 'resending' THEN 2 WHEN 'delivered' THEN 3 WHEN 'rejected' THEN 4 END,
    e.day, e.currency, e.value
FROM orders o JOIN (FROM entries WHERE in_part({entry}) AND status <> 'released') e
ON e.name = o.name AND {same}
WHERE in_part(o.{order})
"""
_BOOKED_BY_ORDER = _BOOKED.format(
    entry="order_id", order="order_id", same="e.order_id = o.order_id"
)
_BOOKED_BY_EVENT = _BOOKED.format(
    entry="event_id",
    order="key_id",
    same="e.event_id = o.key_id AND coalesce(e.order_id, '') = ''",
)
_KNOWN = """
INSERT INTO known
SELECT n, min({'rank': rank, 'day': day, 'currency': currency, 'value': value})
FROM booked WHERE in_range(n) GROUP BY n
"""
_TAKEN = """
INSERT INTO taken
SELECT DISTINCT o.n
FROM orders o JOIN (FROM entries WHERE in_part(event_id) AND status <> 'released') e
ON e.event_id = o.key_id AND e.name = o.name
    AND e.order_id <> '' AND e.order_id <> o.order_id
WHERE in_part(o.key_id)
"""

_DECIDED = """
CREATE TABLE decided AS
SELECT o.n, bool_or(d.decision = 'block') AS blocked,
    bool_or(d.decision = 'release') AS released
FROM overrides d JOIN orders o ON d.order_id = kept_id(o.order_id) GROUP BY o.n
"""
# A row that changed since it was held is looked at anew: what the hold tells of it, and
# the ledger counts by, is no longer true.
_HELD = """
CREATE TABLE held AS
SELECT o.n, min(h.rule) AS rule
FROM holds h JOIN orders o ON h.order_id = kept_id(o.order_id)
WHERE h.day IS NOT DISTINCT FROM o.day AND h.currency = o.currency
    AND h.value = coalesce(o.value, 0)
GROUP BY o.n
"""

_TYPES = (
    """
    CREATE TYPE class_name AS ENUM ('in_flight', 'in_doubt', 'delivered', 'rejected',
        'excluded', 'seen_server', 'seen_browser', 'held', 'expired', 'missing')
    """,
    """
    CREATE TYPE fault_name AS ENUM ('order_id_missing', 'order_id_ambiguous',
        'completed_at_missing', 'completed_at_unreadable', 'completed_at_naive',
        'completed_at_in_dst_gap', 'event_id_shared')
    """,
)
_TABLES = (
    """
    CREATE TABLE untold (n INTEGER, order_id VARCHAR, key_id VARCHAR, name UBIGINT)
    """,
    "CREATE TABLE open (order_id VARCHAR, key_id VARCHAR)",
    """
    CREATE TABLE booked (n INTEGER, rank TINYINT, day DATE, currency VARCHAR,
        value DECIMAL(27, 9))
    """,
    """
    CREATE TABLE known (n INTEGER, sent STRUCT(rank TINYINT, day DATE,
        currency VARCHAR, value DECIMAL(27, 9)))
    """,
    "CREATE TABLE taken (n INTEGER)",
    # No texts: most orders are counted and then forgotten.
    """
    CREATE TABLE judged (n INTEGER, day DATE, currency VARCHAR, counted DECIMAL(27, 9),
        class class_name, reason VARCHAR, enriched BOOLEAN, due BOOLEAN,
        fault fault_name)
    """,
)
_JUDGE = """
INSERT INTO judged
WITH told AS (
    SELECT o.n, o.day, o.currency, o.value, o.own, o.late, o.excluded, k.sent,
        k.sent.rank AS rank, w.n IS NULL AS server, s.rank AS browser, s.sent_at,
        h.rule, coalesce(d.blocked, false) AS blocked,
        coalesce(d.released, false) AS released, CASE
        WHEN o.ambiguous THEN 'order_id_ambiguous'
        WHEN o.time_fault IS NOT NULL THEN 'completed_at_' || o.time_fault
        WHEN u.n IS NOT NULL OR t.n IS NOT NULL THEN 'event_id_shared' END AS fault
    FROM (FROM orders WHERE in_range(row)) o
    LEFT JOIN (SELECT n FROM unseen WHERE in_range(n)) w USING (n)
    LEFT JOIN (FROM known WHERE in_range(n)) k USING (n)
    LEFT JOIN (FROM seen WHERE in_range(n)) s USING (n)
    LEFT JOIN shared u USING (n) LEFT JOIN taken t USING (n)
    LEFT JOIN decided d USING (n) LEFT JOIN held h USING (n)
), classed AS (
    SELECT *, CASE
        WHEN rank = 1 THEN 'in_flight' WHEN rank = 2 THEN 'in_doubt'
        WHEN rank = 3 THEN 'delivered' WHEN rank = 4 THEN 'rejected'
        WHEN excluded IS NOT NULL OR blocked THEN 'excluded'
        WHEN server THEN 'seen_server'
        WHEN browser IS NOT NULL THEN 'seen_browser'
        WHEN rule IS NOT NULL AND (fault IS NOT NULL OR NOT released) THEN 'held'
        WHEN late THEN 'expired'
        ELSE 'missing' END AS class,
        browser < 2 AND isfinite(sent_at) AND getvariable('surely_over')
            <= sent_at + getvariable('dedup_window') AS fresh
    FROM told
), owed AS (
    SELECT *, class = 'seen_browser' AND getvariable('enrich')
        AND coalesce(fresh, false) AND fault IS NULL AND NOT late AS enriched
    FROM classed
)
SELECT n, CASE WHEN sent.day BETWEEN getvariable('first_day')
        AND getvariable('last_day') THEN sent.day ELSE day END,
    coalesce(nullif(sent.currency, ''), currency),
    coalesce(CASE WHEN sent.currency <> '' THEN sent.value END, value, 0),
    class,
    CASE class WHEN 'excluded' THEN coalesce(excluded, 'blocked')
        WHEN 'held' THEN rule
        WHEN 'seen_browser' THEN CASE
            WHEN own AND browser = 1 THEN 'other_event_id'
            WHEN getvariable('enrich') AND NOT coalesce(fresh, false)
            THEN 'outside_window' ELSE '' END
        ELSE '' END,
    enriched, due, CASE WHEN due THEN fault END
FROM (SELECT *, enriched OR class IN ('missing', 'held') AS due FROM owed)
"""

# Rows without order id cannot be told apart: together they count as one order.
_NAMELESS = """
INSERT INTO judged
SELECT -1, NULL, '', 0, CASE WHEN rule IS NULL THEN 'missing' ELSE 'held' END,
    coalesce(rule, ''), false, true, 'order_id_missing'
FROM (SELECT (SELECT count(*) FROM arrivals WHERE order_id IS NULL) AS many,
    (SELECT min(rule) FROM holds WHERE order_id = '') AS rule)
WHERE many > 0
"""

# An enrichment whose browser id is another order's, too, would tell of the wrong one.
_ONE_EACH = """
UPDATE judged SET enriched = false, due = false, reason = 'event_id_shared'
WHERE n IN (
    SELECT n FROM judged JOIN seen USING (n) WHERE enriched
    QUALIFY count(*) OVER (PARTITION BY event_id) > 1
    UNION ALL
    SELECT n FROM judged JOIN seen USING (n) JOIN unseen o USING (n)
    JOIN entries e ON e.event_id = seen.event_id
    WHERE enriched AND e.order_id <> o.order_id AND e.status <> 'released'
)
"""

# Open holds of orders that stand elsewhere by now; and of days that were read whole,
# those of orders that are no longer there. A source that is empty is a broken one.
_STALE = """
CREATE TABLE stale AS
SELECT h.order_id FROM holds h JOIN orders o ON h.order_id = kept_id(o.order_id)
JOIN judged j ON j.n = o.n WHERE j.class <> 'held'
UNION
SELECT h.order_id FROM holds h
WHERE h.day BETWEEN getvariable('first_whole') AND getvariable('last_whole')
    AND EXISTS (SELECT 1 FROM arrivals)
    AND NOT EXISTS (SELECT 1 FROM arrivals a WHERE kept_id(a.order_id) = h.order_id)
"""

# Every number once: sums of numbers and of their hashes cannot agree by accident.
_BALANCE = """
SELECT (SELECT (count(*), sum(n), sum(hash(n) % 4294967296)) FROM judged)
    = (SELECT (count(*), sum(n), sum(hash(n) % 4294967296)) FROM orders)
"""
_UNBALANCED = """
SELECT DISTINCT a.order_id FROM arrivals a WHERE a.rowid IN (
    SELECT n FROM judged GROUP BY n HAVING count(*) > 1
    UNION ALL SELECT n FROM orders WHERE n NOT IN (SELECT n FROM judged)
) LIMIT 100
"""


def relate(connection: duckdb.DuckDBPyConnection) -> None:
    """Find repeated rows and shared ids, and which orders the logs have seen."""
    for statement in (*_TYPES, *_TABLES):
        connection.execute(statement)
    for statement in (_REPEATS, _ORDERS, _SHARED):
        duck.roomy(connection, statement)
    seeing.see(connection, enriches=_enriches(connection))
    by_numbers(connection, _UNTOLD)
    by_ids(connection, _OPEN, "untold", "entries")


def judge(connection: duckdb.DuckDBPyConnection) -> None:
    """Give every order its class, and see that each has exactly one."""
    for statement in (_BOOKED_BY_ORDER, _BOOKED_BY_EVENT, _TAKEN):
        by_ids(connection, statement, "arrivals", "entries")
    by_numbers(connection, _KNOWN)
    for statement in (_DECIDED, _HELD):
        duck.roomy(connection, statement)
    by_numbers(connection, _JUDGE)
    _balance(connection)
    enriching = (_ONE_EACH,) if _enriches(connection) else ()
    for statement in (*enriching, _STALE, _NAMELESS):
        duck.roomy(connection, statement)


def _balance(connection: duckdb.DuckDBPyConnection) -> None:
    [(balanced,)] = connection.execute(_BALANCE).fetchall()
    if not balanced:
        orders = connection.execute(_UNBALANCED).fetchall()
        raise BalanceOpen(
            "orders stand in no class, or in two",
            ids=[str(order_id) for (order_id,) in orders],
            do="report this as a bug; nothing was sent",
        )


def _enriches(connection: duckdb.DuckDBPyConnection) -> bool:
    [(enriches,)] = connection.execute("SELECT getvariable('enrich')").fetchall()
    return bool(enriches)
