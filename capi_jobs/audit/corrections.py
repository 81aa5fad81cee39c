"""What we delivered and is no longer true: cancelled, refunded, changed, gone.

No platform takes a correction, so it is exported and never sent again. Events of other
senders are `misfires.py`.
"""

import duckdb

from capi_jobs import duck

_FIND = """
CREATE TABLE corrections AS
WITH sent AS (
    SELECT e.*, o.n, o.state, o.value AS now_value, o.currency AS now_currency,
        o.inside
    FROM entries e LEFT JOIN orders o USING (order_id)
    WHERE e.status IN ('delivered', 'in_doubt', 'resending')
        AND NOT starts_with(e.order_id, 'forgotten:')
), judged AS (
    SELECT *, CASE
        WHEN n IS NULL AND EXISTS (SELECT 1 FROM orders) THEN 'gone'
        WHEN state IS NOT NULL THEN state
        WHEN currency IS NULL OR now_value IS NULL THEN NULL
        WHEN currency <> now_currency THEN 'currency'
        WHEN value <> now_value THEN 'value' END AS cause
    FROM sent WHERE coalesce(
        inside, day BETWEEN getvariable('first_day') AND getvariable('last_day'))
)
SELECT order_id, event_id, name AS event_name, cause, sent_at, day,
    coalesce(currency, '') AS currency, coalesce(value, 0) AS sent_value,
    CASE WHEN cause IN ('value', 'currency') THEN now_value ELSE 0 END AS true_value,
    CASE WHEN cause = 'currency' THEN now_currency ELSE coalesce(currency, '') END
        AS true_currency,
    coalesce(value, 0) - CASE cause WHEN 'value' THEN now_value ELSE 0 END AS overstated
FROM judged WHERE cause IS NOT NULL
"""


def find(connection: duckdb.DuckDBPyConnection) -> None:
    """Compare what the ledger says was sent with what the orders say now."""
    duck.roomy(connection, _FIND)
