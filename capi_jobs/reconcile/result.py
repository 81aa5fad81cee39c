"""What reconcile found: counts for the balance; keys of what is due, from `due.py`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa

from capi_jobs.model import ClassCount, DataInterval, OrderClass, OrderKey
from capi_jobs.reconcile import due
from capi_jobs.reconcile.due import DueCount
from capi_jobs.reconcile.scratch import cursor

_COUNTS = """
SELECT day, currency, CAST(class AS VARCHAR) AS class, reason, count(*), sum(counted)
FROM judged GROUP BY ALL ORDER BY ALL
"""
# Every order by its id; all rows without one are one order without id.
_CLASSES = """
SELECT a.order_id, CAST(j.day AS VARCHAR) AS day, j.currency,
    CAST(j.counted AS VARCHAR) AS value, CAST(j.class AS VARCHAR) AS class, j.reason
FROM judged j LEFT JOIN arrivals a ON a.rowid = j.n
"""
_ROWS_PER_BATCH = 50_000
# What another run claimed while we read was not streamed yet, and is found by its ids:
# its orders are counted as sent, so it is counted here, too. What was forgotten was
# streamed by its digest (`ledger.forgotten`), and is found by its ids as well.
_BASELINE_ENTRIES = """
WITH here AS (
    SELECT * FROM entries
    WHERE day BETWEEN getvariable('first_day') AND getvariable('last_day')
), claimed_since AS (
    SELECT DISTINCT * FROM here WHERE looked_up
    AND NOT EXISTS (SELECT 1 FROM here s WHERE NOT s.looked_up AND s.name = here.name
        AND s.event_id IN (here.event_id, digest_of(here.event_id)))
)
SELECT day, currency, status, owed_as, count(*), sum(value) FROM (
    SELECT * FROM here WHERE NOT looked_up UNION ALL SELECT * FROM claimed_since
) GROUP BY ALL ORDER BY ALL
"""
# Stale ones are ended before the counts are written down.
_BASELINE_HOLDS = """
SELECT day, currency, rule, count(*), sum(value) FROM holds
WHERE (day IS NULL OR day BETWEEN getvariable('first_day') AND getvariable('last_day'))
    AND order_id NOT IN (SELECT order_id FROM stale)
GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class EntryCount:
    """So many entries of the ledger when the balance was taken."""

    day: date
    currency: str
    status: str
    owed_as: str
    entries: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class HoldCount:
    """So many open holds when the balance was taken."""

    day: date | None
    currency: str
    rule: str
    holds: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Every order of an interval in one class, for one destination."""

    connection: duckdb.DuckDBPyConnection
    counts: tuple[ClassCount, ...]
    baseline_entries: tuple[EntryCount, ...]
    baseline_holds: tuple[HoldCount, ...]
    source_rows: int  # of the interval, before repeated ones became one order
    rows_without_id: int
    # Orders whose open hold is no longer true; the ledger's spelling of their ids.
    stale_holds: tuple[str, ...] = ()

    @property
    def totals(self) -> Mapping[OrderClass, int]:
        """Orders of each class."""
        totals = dict.fromkeys(OrderClass, 0)
        for count in self.counts:
            totals[count.order_class] += count.orders
        return totals

    @property
    def orders(self) -> int:
        """All orders of the interval."""
        return sum(count.orders for count in self.counts)

    def due(self) -> tuple[DueCount, ...]:
        """Count what `keys` yields without a fault, by currency."""
        return due.counted(self.connection)

    def cuts(self, parts: int) -> list[datetime]:
        """Say where to cut, so that as much is due in each part; oldest first.

        Fewer cuts where orders share a moment: it stays whole.
        """
        return due.cuts(self.connection, parts)

    def keep_only(self, interval: DataInterval) -> None:
        """Leave what was completed outside to others; the counts stay as they are.

        All was judged together: what shares an id with an order outside is known.
        """
        due.keep_only(self.connection, interval)

    def keys(self, page: int, skip: int = 0) -> Iterator[list[OrderKey]]:
        """Yield what is to be sent, and what a key fault holds; oldest first."""
        return due.pages(self.connection, page, held=False, skip=skip)

    def held_keys(self, page: int) -> Iterator[list[OrderKey]]:
        """Yield what is held, to be looked at again; oldest first."""
        return due.pages(self.connection, page, held=True, skip=0)


def counted(connection: duckdb.DuckDBPyConnection) -> tuple[ClassCount, ...]:
    """Count orders and value by day, currency, class and reason."""
    rows = connection.execute(_COUNTS).fetchall()
    return tuple(
        ClassCount(day, currency, OrderClass(order_class), reason, orders, value)
        for day, currency, order_class, reason, orders, value in rows
    )


def classes(connection: duckdb.DuckDBPyConnection) -> Iterator[pa.RecordBatch]:
    """Stream each order: order_id, day, currency, value, class, reason."""
    with cursor(connection) as reading:
        yield from reading.sql(_CLASSES).to_arrow_reader(_ROWS_PER_BATCH)


def baseline_entries(
    connection: duckdb.DuckDBPyConnection,
) -> tuple[EntryCount, ...]:
    """Count what the ledger holds of these days, for orders that are read or not."""
    rows = connection.execute(_BASELINE_ENTRIES).fetchall()
    return tuple(EntryCount(*row) for row in rows)


def baseline_holds(connection: duckdb.DuckDBPyConnection) -> tuple[HoldCount, ...]:
    """Count the open holds that are still true, or of which nothing was read."""
    rows = connection.execute(_BASELINE_HOLDS).fetchall()
    return tuple(HoldCount(*row) for row in rows)


def stale_holds(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """List the orders whose open hold is no longer true."""
    rows = connection.execute("SELECT order_id FROM stale ORDER BY order_id")
    return tuple(order_id for (order_id,) in rows.fetchall())
