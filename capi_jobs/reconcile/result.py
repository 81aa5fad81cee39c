"""What reconcile found: counts for the balance, and keys in pages.

The rows stay in DuckDB until they are asked for, so memory is bounded by a page.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

import duckdb
import pyarrow as pa

from capi_jobs.model import (
    ClassCount,
    DataInterval,
    OrderClass,
    OrderKey,
    OwedAs,
    RowFault,
)
from capi_jobs.reconcile.parting import by_numbers
from capi_jobs.reconcile.scratch import cursor

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Half a million keys; more spill. Each destination of a run keeps its own.
_KEPT_LIMIT_MB = 96

_FAULTS = MappingProxyType(
    {
        "order_id_missing": "rows have no order_id: nobody can tell them apart",
        "order_id_ambiguous": "several rows have this order id, and they differ",
        "event_id_shared": "another order has the same event id: one would not count",
        "completed_at_missing": "completed_at is empty",
        "completed_at_unreadable": "completed_at is no time in ISO 8601, such as"
        " 2026-11-20T10:00:00+01:00",
        "completed_at_naive": "completed_at tells no time zone, and [orders] timezone"
        " is not set",
        "completed_at_in_dst_gap": "completed_at falls into the hour that the shop's"
        " clocks skipped",
    }
)

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
_DUE_TABLE = """
CREATE TABLE memory.main.due (order_id VARCHAR, event_id VARCHAR,
    completed_at TIMESTAMPTZ, day DATE, value DECIMAL(27, 9), counted DECIMAL(27, 9),
    currency VARCHAR, enriched BOOLEAN, fault VARCHAR,
    send_until TIMESTAMPTZ, held BOOLEAN)
"""
_KEEP = """
INSERT INTO memory.main.due
SELECT coalesce(o.order_id, '') AS order_id,
    coalesce(CASE WHEN enriched THEN s.event_id ELSE o.key_id END, '') AS event_id,
    o.completed_at, j.day, o.value, counted, j.currency, enriched,
    CAST(fault AS VARCHAR) AS fault,
    CASE WHEN enriched THEN s.sent_at + getvariable('dedup_window') END AS send_until,
    class = 'held' AS held
FROM (FROM orders WHERE in_range(row)) o
RIGHT JOIN (FROM judged WHERE due AND in_range(n)) j USING (n)
LEFT JOIN (FROM seen WHERE in_range(n)) s ON s.n = j.n AND enriched
"""
_DUE = """
SELECT currency, count(*), sum(counted) FROM due
WHERE fault IS NULL AND NOT held GROUP BY currency ORDER BY currency
"""
# The first moment of each of n parts with as many orders, the first part's left out.
_CUTS = """
WITH parts AS (
    SELECT epoch_us(completed_at) AS us, ntile($parts) OVER (ORDER BY completed_at) AS n
    FROM due WHERE fault IS NULL AND NOT held
), begins AS (
    SELECT min(us) AS us FROM parts GROUP BY n
)
SELECT DISTINCT us FROM begins WHERE us > (SELECT min(us) FROM begins) ORDER BY us
"""
_ONLY = """
DELETE FROM due WHERE completed_at IS NULL
OR epoch_us(completed_at) < $first OR epoch_us(completed_at) >= $last
"""
# Microseconds since 1970: exact, and no time zone library is asked.
_KEYS = """
SELECT order_id, event_id, epoch_us(completed_at) AS completed_us, day, value, currency,
    enriched, fault, epoch_us(send_until) AS until_us
FROM due WHERE held = $held
ORDER BY due.completed_at NULLS FIRST, order_id OFFSET $skip
"""
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
class DueCount:
    """So many orders of one currency are to be sent, if their rows are sound."""

    currency: str
    orders: int
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
        with self.connection.cursor() as cursor:
            return tuple(DueCount(*row) for row in cursor.execute(_DUE).fetchall())

    def cuts(self, parts: int) -> list[datetime]:
        """Say where to cut, so that as much is due in each part; oldest first.

        Fewer cuts where orders share a moment: it stays whole.
        """
        with self.connection.cursor() as cursor:
            found = cursor.execute(_CUTS, {"parts": parts}).fetchall()
        return [_EPOCH + timedelta(microseconds=us) for (us,) in found]

    def keep_only(self, interval: DataInterval) -> None:
        """Leave what was completed outside to others; the counts stay as they are.

        All was judged together: what shares an id with an order outside is known.
        """
        ends = {"first": _micros(interval.start), "last": _micros(interval.end)}
        with self.connection.cursor() as cursor:
            cursor.execute(_ONLY, ends)

    def keys(self, page: int, skip: int = 0) -> Iterator[list[OrderKey]]:
        """Yield what is to be sent, and what a key fault holds; oldest first."""
        return self._pages(page, held=False, skip=skip)

    def held_keys(self, page: int) -> Iterator[list[OrderKey]]:
        """Yield what is held, to be looked at again; oldest first."""
        return self._pages(page, held=True, skip=0)

    def _pages(self, page: int, *, held: bool, skip: int) -> Iterator[list[OrderKey]]:
        asked = {"held": held, "skip": skip}
        # A cursor of its own, so that two of these can take turns.
        with self.connection.cursor() as cursor:
            found = cursor.sql(_KEYS, params=asked).to_arrow_reader(page)
            for batch in found:
                for start in range(0, batch.num_rows, page):
                    part = batch.slice(start, page)
                    yield list(map(_key_of, *(c.to_pylist() for c in part.columns)))


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


def keep_due(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep what is due and nothing else: it lies there while others are reconciled."""
    connection.execute(_DUE_TABLE)
    by_numbers(connection, _KEEP)
    connection.execute(f"SET memory_limit = '{_KEPT_LIMIT_MB}MiB'")


def _key_of(  # noqa: PLR0913, PLR0917 - a row
    order_id: str,
    event_id: str,
    completed_us: int | None,
    day: date | None,
    value: Decimal | None,
    currency: str,
    enriched: bool,  # noqa: FBT001
    fault: str | None,
    until_us: int | None,
) -> OrderKey:
    return OrderKey(
        order_id,
        event_id,
        _time(completed_us),
        day,
        value,
        currency,
        OwedAs.ENRICHMENT if enriched else OwedAs.MISSING,
        None if fault is None else RowFault(fault, _FAULTS[fault]),
        _time(until_us),
    )


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _time(microseconds: int | None) -> datetime | None:
    if microseconds is None:
        return None
    return _EPOCH + timedelta(microseconds=microseconds)
