"""What an audit costs: orders and twice as many events, made by DuckDB.

    python -m benchmarks audit [orders] [memory limit in MB]

Reconcile's classes stream in as in a real audit. Prints CPU, time, the peak of the
process, and what was found beside what was made.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from time import perf_counter, process_time

import duckdb
import pyarrow as pa

from benchmarks.reconcile import policy
from benchmarks.worker import peak_mb
from capi_jobs.audit import MEMORY_LIMIT_MB, Terms, audited
from capi_jobs.jobs.house import CLASSES_MB
from capi_jobs.model import DataInterval
from capi_jobs.reconcile import reconcile

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SPAN = timedelta(days=30)
ROWS_PER_BATCH = 50_000

ORDERS = """
SELECT 'ORD-' || (10000000 + n) AS order_id,
    CASE WHEN n % 5 < 3 THEN 'ev-' || hash(n) END
    AS event_id, CAST(to_timestamp({first} + n * {span} // {orders}) AS VARCHAR)
    AS completed_at, CAST(CAST(20 + n % 9973 / 100 AS DECIMAL(9, 2)) AS VARCHAR)
    AS value, 'EUR' AS currency, CASE WHEN n % 1000 = 1 THEN 'refunded'
    ELSE 'completed' END AS status, 'web' AS channel, 'true' AS consent,
    'false' AS is_test, 'true' AS consent_told, n
FROM range({orders}) r(n)
"""
# Every order has a browser's and a server's copy, but for those with something wrong.
EVENTS = (
    """
SELECT p.log, p.channel, 'Purchase' AS event_name, 'meta' AS platform,
    CASE WHEN p.channel = 'browser' AND n % 1000 = 2 THEN 'px-' || n
        WHEN p.channel = 'browser' AND n % 1000 = 3 THEN 'none-' || n
        ELSE coalesce(event_id, order_id) END AS event_id,
    CASE WHEN p.channel = 'browser' AND n % 1000 = 3 THEN 'none-' || n || 'x'
        ELSE order_id END AS order_id,
    completed_at AS event_time,
    CASE WHEN p.channel = 'browser' AND n % 1000 = 4
        THEN CAST(CAST(CAST(value AS DECIMAL(9, 2)) * 1.19 AS DECIMAL(9, 2)) AS VARCHAR)
        ELSE value END AS value, currency
FROM (VALUES ('pixel', 'browser'), ('server', 'server')) p(log, channel), ("""
    + ORDERS
    + """) WHERE n % 1000 <> 5
"""
)
# Remainder of the order's number → what the audit calls it.
MADE = {
    1: "refunded",
    2: "two_ids",
    3: "no_order",
    4: "tax_included",
    5: "expired never_fired",
}


def batches(query: str, orders: int) -> Iterator[pa.RecordBatch]:
    """Yield rows as a warehouse would."""
    filled = query.format(
        orders=orders,
        first=int((NOW - SPAN).timestamp()),
        span=int(SPAN.total_seconds()),
    )
    with closing(duckdb.connect()) as connection:
        connection.execute("SET memory_limit = '128MB'")
        connection.execute("SET threads = 1")
        connection.execute("SET TimeZone = 'UTC'")
        yield from connection.sql(filled).to_arrow_reader(ROWS_PER_BATCH)


def terms() -> Terms:
    """As the settings are by default."""
    one = policy()
    return Terms(
        destination=one.destination,
        platform=one.platform,
        interval=DataInterval(NOW - SPAN, NOW),
        dedup_window=one.dedup_window,
        completed_statuses=one.completed_statuses,
        cancelled_statuses=frozenset({"cancelled"}),
        refunded_statuses=frozenset({"refunded"}),
        value_tolerance=0.005,
        time_tolerance=timedelta(minutes=15),
        reopened_after=timedelta(days=1),
        systematic_orders=20,
        systematic_share=0.1,
        names=one.names(),
    )


def main(orders: int, limit: int) -> None:
    """Audit once."""
    before, began, cpu = peak_mb(), perf_counter(), process_time()
    marks: list[str] = []

    def mark(stage: str) -> None:
        marks.append(f"{stage} {perf_counter() - began:.1f} s")

    def classes(take: Callable[[Iterable[pa.RecordBatch]], None]) -> None:
        with reconcile(
            orders=batches(ORDERS, orders),
            sent_events=batches(EVENTS, orders),
            ledger_entries=(),
            known_lookup=lambda _orders, _events: (),
            holds=(),
            overrides=(),
            interval=DataInterval(NOW - SPAN, NOW),
            policy=policy(),
            now=NOW,
            memory_limit_mb=CLASSES_MB,
            on_classes=take,
        ):
            mark("classes")

    with audited(
        classes=classes,
        orders=batches(ORDERS, orders),
        events=batches(EVENTS, orders),
        entries=(),
        terms=terms(),
        logs=["pixel", "server"],
        memory_limit_mb=limit,
    ) as found:
        mark("all")
        events = sum(log.purchases for log in found.inputs.logs)
        cpu = process_time() - cpu
        print(
            f"{found.inputs.orders:,} orders, {events:,} events, limit {limit} MB:"
            f" {', '.join(marks)}, {cpu:.1f} s of CPU,"
            f" peak {peak_mb():.0f} MB ({before:.0f} MB before)"
        )
        for group in found.groups:
            made = [r for r, names in MADE.items() if group.cause.name in names]
            print(
                f"{group.cause.name}: {group.orders:,} (made where n % 1000 is {made})"
            )
        print(f"in no column, or in two: {len(found.statement.remainder):,}")


if __name__ == "__main__":
    told = [int(one) for one in sys.argv[1:]]
    main(*told, *(1_000_000, MEMORY_LIMIT_MB)[len(told) :])
