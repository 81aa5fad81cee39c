"""What reconcile alone costs: a million keys and their logs, made by DuckDB.

    python -m benchmarks reconcile [orders] [memory limit in MB]

Prints CPU, the peak of the process, and what was found.
"""

import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from time import perf_counter, process_time

import duckdb
import pyarrow as pa

from benchmarks.worker import peak_mb
from capi_jobs.model import DataInterval, OrderClass
from capi_jobs.platforms import platform_named
from capi_jobs.reconcile import MEMORY_LIMIT_MB, Policy, reconcile

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SPAN = timedelta(days=6)
ROWS_PER_BATCH = 50_000

ORDERS = """
SELECT 'ORD' || (10000000000000000 + hash(n) % 1000000000000) AS order_id,
    CASE WHEN n % 5 < 3 THEN 'ev-' || (10000000000000000 + hash(n) % 1000000000000) END
    AS event_id, CAST(to_timestamp({first} + n * {span} // {orders}) AS VARCHAR)
    AS completed_at, '129.95' AS value, 'EUR' AS currency, 'completed' AS status,
    'web' AS channel, 'true' AS consent, 'false' AS is_test, 'true' AS consent_told, n
FROM range({orders}) r(n)
"""
# Pixels log for three platforms into one log; a server log is this platform's.
SENT = (
    """
SELECT p.channel, coalesce(event_id, order_id) AS event_id, 'Purchase' AS event_name,
    completed_at AS event_time, order_id, platform
FROM (VALUES ('browser', 'meta', 0), ('browser', 'tiktok', 0),
    ('browser', 'snapchat', 0), ('server', 'meta', 1)) p(channel, platform, half),
    ("""
    + ORDERS
    + """) WHERE n % 20 <> 7 AND n // 20 % 2 = half
"""
)


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


def policy() -> Policy:
    """What the tool takes for Meta by default."""
    platform = platform_named("meta")
    limits = platform.limits
    return Policy(
        destination="meta",
        platform="meta",
        timezone=None,
        day_timezone="UTC",
        aliases=platform.aliases,
        event_names=platform.event_names,
        channels=frozenset({"web"}),
        completed_statuses=frozenset({"completed"}),
        sources=platform.sources[""],
        consent_unknown="exclude",
        event_id_template="{order_id}",
        on_browser_seen="skip",
        dedup_window=limits.dedup_window,
        lease=timedelta(minutes=2),
        event_age_max=limits.event_age_max,
    )


def main(orders: int, limit: int) -> None:
    """Reconcile once."""
    before, began, cpu = peak_mb(), perf_counter(), process_time()
    with reconcile(
        orders=batches(ORDERS, orders),
        sent_events=batches(SENT, orders),
        ledger_entries=(),
        known_lookup=lambda _orders, _events: (),
        holds=(),
        overrides=(),
        interval=DataInterval(NOW - SPAN, NOW),
        policy=policy(),
        now=NOW,
        memory_limit_mb=limit,
    ) as found:
        wall, cpu = perf_counter() - began, process_time() - cpu
        missing = found.totals[OrderClass.MISSING]
        print(
            f"{found.orders:,} orders, {missing:,} missing, limit {limit} MB:"
            f" {wall:.1f} s, {cpu:.1f} s of CPU,"
            f" peak {peak_mb():.0f} MB ({before:.0f} MB before)"
        )
        began, cpu = perf_counter(), process_time()
        keys = sum(len(page) for page in found.keys(20_000))
        print(f"{keys:,} keys read: {process_time() - cpu:.2f} s of CPU")


if __name__ == "__main__":
    told = [int(one) for one in sys.argv[1:]]
    main(*told, *(1_000_000, MEMORY_LIMIT_MB)[len(told) :])
