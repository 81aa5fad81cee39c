"""Events that should not have been sent: no order, no sale, too early, or days later.

Only what others sent; of what we sent, `corrections.py` says what is no longer true.
Those before their order by one constant offset are a clock's fault: `shifts`, made in
`patterns.py`.
"""

import duckdb

from capi_jobs import duck

# Counted where the order or the event lies in the interval: pages are opened again
# long after their orders.
_OF_ORDERS = """
INSERT INTO findings
WITH told AS (
    SELECT c.n, o.state, min(c.first_at) AS first_at, max(c.event_id) AS event_id,
        bool_or(c.again OR c.late_end AND NOT c.late) AS reopened,
        bool_or(s.early AND NOT s.constant) AS early,
        bool_or(o.inside OR c.inside > 0) AS inside
    FROM copies c JOIN orders o USING (n) LEFT JOIN shifts s USING (n, log)
    WHERE NOT c.ours GROUP BY c.n, o.state
), judged AS (
    SELECT *, CASE WHEN state IS NOT NULL THEN state
        WHEN early THEN 'before_order' WHEN reopened THEN 'reopened' END AS cause
    FROM told
)
SELECT 'misfiring', cause, order_id, CASE WHEN event_id IS NULL THEN []
    ELSE [event_id] END, day, currency, coalesce(value, 0), ''
FROM judged j JOIN orders USING (n) WHERE cause IS NOT NULL AND j.inside
"""
# Without an order id, an event that no id of ours matches may be of any order; and a
# warehouse that gave no orders would make every event one without.
_WITHOUT_ORDER = """
INSERT INTO findings
SELECT 'misfiring', 'no_order', order_id, list_sort(list(DISTINCT event_id))[:5],
    CAST(timezone(getvariable('day_zone'), min(first_at)) AS DATE),
    coalesce(max(currency), ''), coalesce(max(value), 0), ''
FROM sales ANTI JOIN matched USING (e)
WHERE order_id IS NOT NULL
    AND (getvariable('any_orders') OR getvariable('one_order'))
GROUP BY order_id HAVING sum(inside) > 0
"""


def find(connection: duckdb.DuckDBPyConnection) -> None:
    """Compare events with the state and the time of their orders."""
    duck.roomy(connection, _OF_ORDERS)


def find_without_order(connection: duckdb.DuckDBPyConnection) -> None:
    """Tell of events that match no order, whatever part it might be in."""
    duck.roomy(connection, _WITHOUT_ORDER)
