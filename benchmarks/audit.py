"""What an audit costs: orders and twice as many events, made by DuckDB.

    python -m benchmarks audit [orders] [memory limit in MB] [--write]

Reconcile's classes stream in as in a real audit. Prints CPU, time, the peak of the
process, and what was found beside what was made; `--write` also into docs/.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from time import perf_counter, process_time

import duckdb
import pyarrow as pa

from benchmarks import telling
from benchmarks.process import peak_mb
from benchmarks.reconcile import policy
from capi_jobs.audit import MEMORY_LIMIT_MB, Audit, Terms, audited
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
# What the audit calls it → remainder of the order's number.
MADE = {
    "refunded": 1,
    "two_ids": 2,
    "no_order": 3,
    "tax_included": 4,
    "expired, never_fired": 5,
}
MARKS = ("<!-- audited: begin -->", "<!-- audited: end -->")


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


def measure(orders: int, limit: int) -> tuple[str, list[str]]:
    """Audit once; tell what it took, and what was not found as it was made."""
    before, began, cpu = peak_mb(), perf_counter(), process_time()
    classed = 0.0

    def classes(take: Callable[[Iterable[pa.RecordBatch]], None]) -> None:
        nonlocal classed
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
            classed = perf_counter() - began

    with audited(
        classes=classes,
        orders=batches(ORDERS, orders),
        events=batches(EVENTS, orders),
        entries=(),
        terms=terms(),
        logs=["pixel", "server"],
        memory_limit_mb=limit,
    ) as found:
        wall, cpu = perf_counter() - began, process_time() - cpu
        events = sum(log.purchases for log in found.inputs.logs)
        what = (
            f"{found.inputs.orders:,} orders, {events:,} events of others; no more"
            f" than {limit} MB for the joins of the audit."
        )
        cost = (
            f"**{wall:.1f} s, {cpu:.1f} s of CPU, {peak_mb():.0f} MB at most.**"
            f" {classed:.1f} s of it until reconcile's classes are there, {before:.0f}"
            " MB before the first row."
        )
        table = ["| cause | orders made | orders found |", "|---|--:|--:|"]
        lines = [what, "", cost, "", *table]
        counts = _counted(found, orders)
        lines += [f"| {cause} | {n:,} | {m:,} |" for cause, (n, m) in counts.items()]
        return "\n".join(lines), [
            f"{cause}: {made:,} were made, {seen:,} found"
            for cause, (made, seen) in counts.items()
            if made != seen
        ]


def _counted(found: Audit, orders: int) -> dict[str, tuple[int, int]]:
    """Set what was made beside what was found."""
    seen = {group.cause.name: group.orders for group in found.groups}
    counts = {
        causes: (
            len(range(remainder, orders, 1_000)),
            sum(seen.pop(cause, 0) for cause in causes.split(", ")),
        )
        for causes, remainder in MADE.items()
    }
    counts |= {cause: (0, orders_found) for cause, orders_found in seen.items()}
    return counts | {"in no column, or in two": (0, len(found.statement.remainder))}


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks audit")
    parser.add_argument("orders", type=int, nargs="?", default=1_000_000)
    parser.add_argument("limit", type=int, nargs="?", default=MEMORY_LIMIT_MB)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    text, faults = measure(chosen.orders, chosen.limit)
    print(text)
    if faults:
        raise SystemExit("\n".join(faults))
    if chosen.write:
        asked = [one for one in sys.argv[1:] if one != "--write"]
        telling.write(text, " ".join(["python -m benchmarks audit", *asked]), MARKS)


if __name__ == "__main__":
    main()
