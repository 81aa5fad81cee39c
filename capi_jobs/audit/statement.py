"""Every order of the interval beside its class: what the balance leaves over, by order.

The orders are counted here anew, from the warehouse; their classes are reconcile's.
How a balance is added up and written is `report/`'s.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from capi_jobs import duck
from capi_jobs.audit.piles import Piles
from capi_jobs.model import ClassCount, OrderClass

_COUNTS = """
SELECT day, currency, class, reason, count(*), sum(value) FROM {classes}
GROUP BY ALL ORDER BY ALL
"""
_LEFT_OVER = """
CREATE TABLE left_over (id VARCHAR, day DATE, currency VARCHAR, value DECIMAL(38, 9),
    why VARCHAR)
"""
# All rows without id are one order, as nobody can tell them apart.
_FIND = """
INSERT INTO left_over
WITH wanted AS (
    SELECT coalesce(order_id, '') AS order_id, day, currency, value
    FROM orders WHERE inside
), found AS (
    SELECT coalesce(order_id, '') AS order_id, count(*) AS columns, min(day) AS day,
        min(currency) AS currency, min(value) AS value FROM classes GROUP BY 1
)
SELECT coalesce(w.order_id, f.order_id) AS id, coalesce(w.day, f.day),
    coalesce(w.currency, f.currency), coalesce(w.value, f.value, 0), CASE
        WHEN f.order_id IS NULL THEN 'no_column'
        WHEN f.columns > 1 THEN 'two_columns' ELSE 'no_order' END
FROM wanted w FULL JOIN found f USING (order_id)
WHERE f.order_id IS NULL OR w.order_id IS NULL OR f.columns > 1
ORDER BY id LIMIT {most}
"""
_REMAINDER = "SELECT * FROM left_over ORDER BY id LIMIT $most"
# A remainder is a bug or a warehouse that changed meanwhile; ten thousand show which.
_REMAINDER_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Remainder:
    """An order in no column of the balance, in two, or in one without being there."""

    order_id: str
    day: date | None
    currency: str
    value: Decimal
    why: str


@dataclass(frozen=True, slots=True)
class Statement:
    """The columns, and every order that is not in exactly one of them."""

    counts: tuple[ClassCount, ...]
    remainder: tuple[Remainder, ...]


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what parts add to."""
    connection.execute(_LEFT_OVER)


def find(connection: duckdb.DuckDBPyConnection) -> None:
    """Set the orders of a part beside their classes."""
    duck.roomy(connection, _FIND.format(most=_REMAINDER_MAX))


def drawn(connection: duckdb.DuckDBPyConnection, piles: Piles) -> Statement:
    """Add up what all parts say."""
    counted = _COUNTS.format(classes=piles.all("classes"))
    counts = tuple(
        ClassCount(day, currency, OrderClass(order_class), reason, orders, value)
        for day, currency, order_class, reason, orders, value in connection.execute(
            counted
        ).fetchall()
    )
    left = connection.execute(_REMAINDER, {"most": _REMAINDER_MAX}).fetchall()
    return Statement(counts, tuple(Remainder(*row) for row in left))
