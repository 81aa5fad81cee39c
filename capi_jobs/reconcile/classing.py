"""One class per order: the joins, in SQL. Texts were read in `loading.py`.

Rows are numbered by the table they arrived in; after the first joins on texts, numbers
are joined. Precedence is the order of the WHENs in `_JUDGE`.
"""

import duckdb

from capi_jobs import duck
from capi_jobs.errors import BalanceOpen

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
        ORDER BY excluded NULLS FIRST, completed_at NULLS LAST, content, n) = 1 AS kept,
    min(content) OVER same <> max(content) OVER same AS differs
FROM rows WINDOW same AS (PARTITION BY order_id)
"""

_ORDERS = """
CREATE VIEW orders AS
SELECT a.rowid AS n, a.*, coalesce(r.differs, false) AND excluded IS NULL AS ambiguous
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

# A log without event names is a log of this conversion.
_HITS = """
CREATE TABLE hits AS
SELECT o.n, s.server, s.event_id, s.sent_at, s.timely, s.event_id = o.own_id AS own
FROM sent s JOIN orders o ON s.order_id = o.order_id
WHERE s.name IS NULL OR s.name = o.name
UNION ALL
SELECT o.n, s.server, s.event_id, s.sent_at, s.timely, s.event_id = o.own_id
FROM sent s JOIN orders o ON s.event_id = o.key_id
WHERE s.name IS NULL OR s.name = o.name
"""

# Of several browser events, the order's own id tells most; then any; then the first.
_SEEN = """
CREATE TABLE seen AS
SELECT n, bool_or(server) AS server, min({
    'rank': CASE WHEN own THEN 0 WHEN event_id IS NOT NULL THEN 1 ELSE 2 END,
    'sent_at': CASE WHEN timely THEN sent_at ELSE TIMESTAMPTZ 'infinity' END,
    'event_id': coalesce(event_id, '')
}) FILTER (NOT server) AS browser
FROM hits GROUP BY n
"""

# What might be sent, or counts as late or held, unless the ledger knew it before.
_OPEN = """
CREATE TABLE open AS
SELECT o.n, o.order_id, o.key_id FROM orders o
LEFT JOIN seen s USING (n)
WHERE o.excluded IS NULL AND (s.n IS NULL OR (NOT s.server AND getvariable('enrich')
    AND s.browser.sent_at + getvariable('dedup_window') >= getvariable('surely_over')))
AND NOT EXISTS (SELECT 1 FROM entries e
    WHERE e.order_id = o.order_id AND e.name = o.name)
"""

# What was sent is in the books with the value that was sent, whatever its row says now;
# what was imported without a currency was sent by others, and its row tells its worth.
_KNOWN = """
CREATE TABLE known AS
SELECT n, min({'rank': CASE status WHEN 'in_flight' THEN 1 WHEN 'in_doubt' THEN 2
    WHEN 'resending' THEN 2 WHEN 'delivered' THEN 3 WHEN 'rejected' THEN 4 END,
    'day': day, 'currency': currency, 'value': value}) AS sent
FROM (
    SELECT o.n, e.status, e.day, e.currency, e.value FROM entries e JOIN orders o
    ON e.order_id = o.order_id AND e.name = o.name
    UNION ALL
    SELECT o.n, e.status, e.day, e.currency, e.value FROM entries e JOIN orders o
    ON e.event_id = o.key_id AND e.name = o.name WHERE coalesce(e.order_id, '') = ''
) WHERE status <> 'released' GROUP BY n
"""
_TAKEN = """
CREATE TABLE taken AS
SELECT DISTINCT o.n FROM entries e JOIN orders o
ON e.event_id = o.key_id AND e.name = o.name
WHERE e.order_id <> '' AND e.order_id <> o.order_id AND e.status <> 'released'
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

_JUDGE = """
CREATE TABLE judged AS
WITH told AS (
    SELECT o.*, k.sent, k.sent.rank AS rank, s.server, s.browser, h.rule,
        coalesce(d.blocked, false) AS blocked,
        coalesce(d.released, false) AS released, CASE
        WHEN o.ambiguous THEN 'order_id_ambiguous'
        WHEN o.time_fault IS NOT NULL THEN 'completed_at_' || o.time_fault
        WHEN u.n IS NOT NULL OR t.n IS NOT NULL THEN 'event_id_shared' END AS fault,
        coalesce(o.completed_at < o.takes_from, false) AS late
    FROM orders o LEFT JOIN known k USING (n) LEFT JOIN seen s USING (n)
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
        browser.rank < 2 AND isfinite(browser.sent_at) AND getvariable('surely_over')
            <= browser.sent_at + getvariable('dedup_window') AS fresh
    FROM told
), owed AS (
    SELECT *, class = 'seen_browser' AND getvariable('enrich')
        AND coalesce(fresh, false) AND fault IS NULL AND NOT late AS enriched
    FROM classed
)
SELECT n, CASE WHEN sent.day BETWEEN getvariable('first_day')
        AND getvariable('last_day') THEN sent.day ELSE day END AS day,
    coalesce(nullif(sent.currency, ''), currency) AS currency,
    coalesce(CASE WHEN sent.currency <> '' THEN sent.value END, value, 0) AS counted,
    class,
    CASE class WHEN 'excluded' THEN coalesce(excluded, 'blocked')
        WHEN 'held' THEN rule
        WHEN 'seen_browser' THEN CASE
            WHEN own_id IS NOT NULL AND browser.rank = 1 THEN 'other_event_id'
            WHEN getvariable('enrich') AND NOT coalesce(fresh, false)
            THEN 'outside_window' ELSE '' END
        ELSE '' END AS reason,
    enriched, due, CASE WHEN due THEN order_id END AS order_id,
    CASE WHEN enriched THEN browser.event_id WHEN due THEN key_id END AS event_id,
    CASE WHEN due THEN completed_at END AS completed_at,
    CASE WHEN due THEN value END AS value, CASE WHEN due THEN fault END AS fault,
    CASE WHEN enriched THEN browser.sent_at + getvariable('dedup_window') END
        AS send_until
FROM (SELECT *, enriched OR class IN ('missing', 'held') AS due FROM owed)
"""

# Rows without order id cannot be told apart: together they count as one order.
_NAMELESS = """
INSERT INTO judged
SELECT -1, NULL, '', 0, CASE WHEN rule IS NULL THEN 'missing' ELSE 'held' END,
    coalesce(rule, ''), false, true, '', '', NULL, NULL, 'order_id_missing', NULL
FROM (SELECT (SELECT count(*) FROM arrivals WHERE order_id IS NULL) AS many,
    (SELECT min(rule) FROM holds WHERE order_id = '') AS rule)
WHERE many > 0
"""

# An enrichment whose browser id is another order's, too, would tell of the wrong one.
_ONE_EACH = """
UPDATE judged SET enriched = false, due = false, reason = 'event_id_shared'
WHERE n IN (
    SELECT n FROM judged WHERE enriched
    QUALIFY count(*) OVER (PARTITION BY event_id) > 1
    UNION ALL
    SELECT j.n FROM judged j JOIN entries e USING (event_id)
    WHERE j.enriched AND e.order_id <> j.order_id AND e.status <> 'released'
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

_UNBALANCED = """
SELECT DISTINCT a.order_id FROM arrivals a WHERE a.rowid IN (
    SELECT n FROM judged GROUP BY n HAVING count(*) > 1
    UNION ALL SELECT n FROM orders WHERE n NOT IN (SELECT n FROM judged)
) LIMIT 100
"""


def relate(connection: duckdb.DuckDBPyConnection) -> None:
    """Find repeated rows and shared ids, and which orders the logs have seen."""
    for statement in (_REPEATS, _ORDERS, _SHARED, _HITS, _SEEN, _OPEN):
        duck.roomy(connection, statement)
    # Their work is done; what is dropped makes room under the memory limit.
    connection.execute("DROP TABLE hits")
    connection.execute("DROP TABLE sent")


def judge(connection: duckdb.DuckDBPyConnection) -> None:
    """Give every order its class, and see that each has exactly one."""
    statements = (
        _KNOWN,
        _TAKEN,
        _DECIDED,
        _HELD,
        _JUDGE,
        _ONE_EACH,
        _STALE,
        _NAMELESS,
    )
    for statement in statements:
        duck.roomy(connection, statement)
    unbalanced = connection.execute(_UNBALANCED).fetchall()
    if unbalanced:
        raise BalanceOpen(
            "orders stand in no class, or in two",
            ids=[str(order_id) for (order_id,) in unbalanced],
            do="report this as a bug; nothing was sent",
        )
