"""What we delivered and is no longer true: cancelled, refunded, changed, gone.

No platform takes a correction, so it is exported and never sent again. Events of other
senders are `misfires.py`.
"""

import duckdb

from capi_jobs import duck

_CORRECTIONS = """
CREATE TABLE corrections (order_id VARCHAR, event_id VARCHAR, event_name VARCHAR,
    cause VARCHAR, sent_at TIMESTAMPTZ, day DATE, currency VARCHAR,
    sent_value DECIMAL(27, 9), true_value DECIMAL(27, 9), true_currency VARCHAR,
    overstated DECIMAL(28, 9))
"""
_FIND = """
INSERT INTO corrections
WITH sent AS (
    SELECT e.*, o.n, o.state, o.value AS now_value, o.currency AS now_currency,
        o.inside
    FROM entries e LEFT JOIN orders o USING (order_id)
    WHERE e.status IN ('delivered', 'in_doubt', 'resending')
        AND NOT starts_with(e.order_id, 'forgotten:')
), judged AS (
    SELECT *, CASE
        WHEN n IS NULL AND (getvariable('any_orders') OR getvariable('one_order'))
            THEN 'gone'
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


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table."""
    connection.execute(_CORRECTIONS)


def find(connection: duckdb.DuckDBPyConnection) -> None:
    """Compare what the ledger says was sent with what the orders say now."""
    duck.roomy(connection, _FIND)
