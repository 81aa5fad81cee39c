"""What reconcile alone costs: a million keys and their logs, of DuckDB or PostgreSQL.

    python -m benchmarks reconcile [orders] [memory limit in MB] [postgres]

DuckDB makes them up as texts while they are read, half of them seen by browsers;
PostgreSQL has them in tables, as many in the server's log as there are orders, but for
two of a hundred. Prints CPU, the peak of the process, and what was found.
"""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from time import perf_counter, process_time

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from benchmarks.process import peak_mb
from capi_jobs.jobs.house import LOG_MARGIN
from capi_jobs.model import DataInterval, OrderClass
from capi_jobs.platforms import platform_named
from capi_jobs.reconcile import MEMORY_LIMIT_MB, Policy, reconcile
from capi_jobs.warehouse import OrdersSource, SentEvents, Warehouse
from tests import postgres

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
    with closing(duckdb.connect()) as connection:
        connection.execute("SET memory_limit = '128MB'")
        connection.execute("SET threads = 1")
        connection.execute("SET TimeZone = 'UTC'")
        yield from connection.sql(_filled(query, orders)).to_arrow_reader(
            ROWS_PER_BATCH
        )


def _filled(query: str, orders: int) -> str:
    first, span = int((NOW - SPAN).timestamp()), int(SPAN.total_seconds())
    return query.format(orders=orders, first=first, span=span)


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


TABLES = (
    """
    CREATE TABLE completed_orders AS SELECT
        'ORD' || (10000000000000000 + n * 2654435761 % 4294967296) AS order_id,
        CASE WHEN n % 5 < 3
            THEN 'ev-' || (10000000000000000 + n * 2654435761 % 4294967296) END
            AS event_id,
        to_timestamp({first} + n * {span} / {orders}) AS completed_at,
        129.95::numeric AS value, 'EUR'::text AS currency, 'completed'::text AS status,
        'web'::text AS channel, true AS consent, false AS is_test, n
    FROM generate_series(0::bigint, {orders} - 1) n(n)
    """,
    """
    CREATE TABLE server_events AS
    SELECT coalesce(event_id, order_id) AS event_id, 'Purchase'::text AS event_name,
        completed_at + interval '2 seconds' AS event_time, order_id,
        'meta'::text AS platform
    FROM completed_orders WHERE n % 50 <> 7
    """,
    "CREATE INDEX ON completed_orders (completed_at)",
    "CREATE INDEX ON server_events (event_time)",
    "VACUUM (ANALYZE)",
)
Streams = tuple[Iterator[pa.RecordBatch], Iterator[pa.RecordBatch]]


@contextmanager
def made_up(orders: int) -> Iterator[Streams]:
    """Give keys and events as DuckDB makes them."""
    yield batches(ORDERS, orders), batches(SENT, orders)


@contextmanager
def in_postgresql(orders: int) -> Iterator[Streams]:
    """Give keys and events as the warehouse reads them from tables."""
    with postgres.server() as uri:
        url = postgres.as_sqlalchemy(uri)
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in TABLES:
                connection.execute(sa.text(_filled(statement, orders)))
        engine.dispose()
        shop, days = Warehouse.open(url), DataInterval(NOW - SPAN, NOW)
        wide = DataInterval(days.start - LOG_MARGIN, days.end + LOG_MARGIN)
        log = SentEvents("server", "server_events")
        yield (
            shop.order_keys(OrdersSource("completed_orders"), days),
            shop.sent_events(log, wide, ["tiktok", "snapchat"]),
        )


def main(orders: int, limit: int, where: str) -> None:
    """Reconcile once."""
    source = in_postgresql if where == "postgres" else made_up
    with source(orders) as (keys, events):
        _measure(keys, events, limit)


def _measure(
    orders: Iterator[pa.RecordBatch], events: Iterator[pa.RecordBatch], limit: int
) -> None:
    before, began, cpu = peak_mb(), perf_counter(), process_time()
    with reconcile(
        orders=orders,
        sent_events=events,
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
        cpu = process_time()
        keys = sum(len(page) for page in found.keys(20_000))
        print(f"{keys:,} keys read: {process_time() - cpu:.2f} s of CPU")


if __name__ == "__main__":
    words = [one for one in sys.argv[1:] if not one.isdecimal()]
    told = [int(one) for one in sys.argv[1:] if one.isdecimal()]
    count, memory = *told, *(1_000_000, MEMORY_LIMIT_MB)[len(told) :]
    main(count, memory, *words or [""])
