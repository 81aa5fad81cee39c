"""The keys of what is due: kept on disk in the order they are sent in, read in pages.

Sorted once, with the memory of the joins. Whoever reads them on takes that of a page.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

import duckdb

from capi_jobs import duck
from capi_jobs.model import DataInterval, OrderKey, OwedAs, RowFault
from capi_jobs.reconcile.parting import by_numbers

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Pages of a table that lies on disk in their order. Each destination keeps its own.
_KEPT_LIMIT_MB = 32

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

_GATHERED_TABLE = """
CREATE TABLE gathered (order_id VARCHAR, event_id VARCHAR,
    completed_at TIMESTAMPTZ, day DATE, value DECIMAL(27, 9), counted DECIMAL(27, 9),
    currency VARCHAR, enriched BOOLEAN, fault VARCHAR,
    send_until TIMESTAMPTZ, held BOOLEAN)
"""
_GATHER = """
INSERT INTO gathered
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
# Sorted once, with the memory of the joins; then it is only read on.
_KEEP = """
CREATE TABLE kept.main.due AS FROM gathered WHERE {only}
ORDER BY completed_at NULLS FIRST, order_id
"""
_DUE = """
SELECT currency, count(*), sum(counted) FROM kept.main.due
WHERE fault IS NULL AND NOT held GROUP BY currency ORDER BY currency
"""
# The first moment of each of n parts with as many orders, the first part's left out.
_CUTS = """
WITH ready AS (
    SELECT epoch_us(completed_at) AS us, row_number() OVER () - 1 AS before
    FROM kept.main.due WHERE fault IS NULL AND NOT held
), parts AS (
    SELECT us, greatest(before // (whole + 1),
        (before - larger) // nullif(whole, 0)) AS n
    FROM ready, (SELECT count(*) // $parts AS whole, count(*) % $parts AS larger
        FROM ready)
), begins AS (
    SELECT min(us) AS us FROM parts GROUP BY n
)
SELECT DISTINCT us FROM begins WHERE us > (SELECT min(us) FROM begins) ORDER BY us
"""
# Deleted rows would be remembered, in memory.
_ONLY = """
CREATE TABLE kept.main.part AS FROM kept.main.due
WHERE completed_at >= make_timestamptz($first)
    AND completed_at < make_timestamptz($last)
"""
_INSTEAD = ("DROP TABLE kept.main.due", "ALTER TABLE kept.main.part RENAME TO due")
# Microseconds since 1970: exact, and no time zone library is asked.
_KEYS = """
SELECT order_id, event_id, epoch_us(completed_at) AS completed_us, day, value, currency,
    enriched, fault, epoch_us(send_until) AS until_us
FROM kept.main.due WHERE held = $held OFFSET $skip
"""


@dataclass(frozen=True, slots=True)
class DueCount:
    """So many orders of one currency are to be sent, if their rows are sound."""

    currency: str
    orders: int
    value: Decimal


def gather(connection: duckdb.DuckDBPyConnection) -> None:
    """Put together what is told of an order that is due, before its tables are gone.

    What is kept of it after this comes in its order, and is read so.
    """
    connection.execute(_GATHERED_TABLE)
    by_numbers(connection, _GATHER)
    connection.execute("SET preserve_insertion_order = true")


def keep(connection: duckdb.DuckDBPyConnection, only: str) -> None:
    """Keep what is due and nothing else: it lies there while others are reconciled."""
    duck.roomy(connection, _KEEP.format(only=only))
    connection.execute(f"SET memory_limit = '{_KEPT_LIMIT_MB}MiB'")


def counted(connection: duckdb.DuckDBPyConnection) -> tuple[DueCount, ...]:
    """Count what is to be sent and has no fault, by currency."""
    with connection.cursor() as cursor:
        return tuple(DueCount(*row) for row in cursor.execute(_DUE).fetchall())


def cuts(connection: duckdb.DuckDBPyConnection, parts: int) -> list[datetime]:
    """Return the first moment of each part but the first, as much due in each."""
    with connection.cursor() as cursor:
        found = cursor.execute(_CUTS, {"parts": parts}).fetchall()
    return [_EPOCH + timedelta(microseconds=us) for (us,) in found]


def keep_only(connection: duckdb.DuckDBPyConnection, interval: DataInterval) -> None:
    """Leave what was completed outside, or nobody knows when."""
    ends = {"first": _micros(interval.start), "last": _micros(interval.end)}
    with connection.cursor() as cursor:
        cursor.execute(_ONLY, ends)
        for statement in _INSTEAD:
            cursor.execute(statement)


def pages(
    connection: duckdb.DuckDBPyConnection, page: int, *, held: bool, skip: int
) -> Iterator[list[OrderKey]]:
    """Yield so many keys at once, the oldest first."""
    asked = {"held": held, "skip": skip}
    # A cursor of its own, so that two of these can take turns.
    with connection.cursor() as cursor:
        found = cursor.sql(_KEYS, params=asked).to_arrow_reader(page)
        for batch in found:
            for start in range(0, batch.num_rows, page):
                part = batch.slice(start, page)
                yield list(map(_key_of, *(c.to_pylist() for c in part.columns)))


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
