"""Keys of orders × keys of all that was sent → one class per order and destination.

Derived anew each time, never stored; DuckDB joins with a memory limit and spills.
`loading.py` reads texts, `classing.py` has the joins, `result.py` what comes out, and
`due.py` keeps what is to be sent.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

import duckdb
import pyarrow as pa

from capi_jobs import duck
from capi_jobs.model import DataInterval
from capi_jobs.reconcile import asking, classing, due, loading, result
from capi_jobs.reconcile.asking import AskedOrder, Wanted, asked_orders
from capi_jobs.reconcile.policy import Policy
from capi_jobs.reconcile.result import EntryCount, HoldCount, Reconciliation
from capi_jobs.reconcile.scratch import cursor, keep, scratch

__all__ = [
    "AskedOrder",
    "EntryCount",
    "HoldCount",
    "OnClasses",
    "Policy",
    "Reconciliation",
    "Wanted",
    "asked_orders",
    "reconcile",
]

Batches = Iterable[pa.RecordBatch]
# Order ids, event ids → the entries that have one of them, whenever they were sent.
KnownLookup = Callable[[list[str], list[str]], Batches]
# Is shown each order with its class, before only counts and what is due are kept.
OnClasses = Callable[[Batches], None]

# Spills beyond; the process takes some 300 MB more.
MEMORY_LIMIT_MB = 512
# As many keys as a statement of the ledger takes at once.
_KEYS_PER_LOOKUP = 5_000


@contextmanager
def reconcile(  # noqa: PLR0913 - two sides, the ledger between them
    *,
    orders: Batches,
    sent_events: Batches,
    ledger_entries: Batches,
    known_lookup: KnownLookup,
    holds: Batches,
    overrides: Batches,
    interval: DataInterval,
    policy: Policy,
    now: datetime,
    memory_limit_mb: int = MEMORY_LIMIT_MB,
    wanted: Wanted | None = None,
    on_classes: OnClasses | None = None,
) -> Iterator[Reconciliation]:
    """Class every order of the interval; what is found lives until the block ends.

    Each argument is read once, in this order. BalanceOpen if an order has no class.
    `wanted` notes where some orders stand, and leaves nothing due but them;
    `on_classes` is shown every order with its class.
    """
    with duck.workspace(memory_limit_mb) as connection:
        keep(connection)
        with scratch(connection):
            loading.set_policy(connection, policy, interval, now)
            loading.load_orders(connection, orders)
            loading.load_sent(connection, sent_events)
            loading.load_entries(connection, ledger_entries)
            loading.load_decisions(connection, holds, overrides)
            classing.relate(connection)
            _look_up(connection, known_lookup)
            classing.judge(connection)
            rows, nameless = _rows(connection)
            found = Reconciliation(
                connection,
                result.counted(connection),
                result.baseline_entries(connection),
                result.baseline_holds(connection),
                rows,
                nameless,
                result.stale_holds(connection),
            )
            if on_classes is not None:
                on_classes(result.classes(connection))
            due.gather(connection)
            if wanted is not None:
                asking.keep_asked(connection, wanted)
            due.keep(connection, asking.ONLY_ASKED if wanted else "true")
        yield found


def _look_up(connection: duckdb.DuckDBPyConnection, known: KnownLookup) -> None:
    """Ask for what is still open by key: its time may have changed since it was sent.

    Ids with NUL are never in the ledger, and PostgreSQL does not take them.
    """
    with cursor(connection) as reading:
        asked = reading.sql("SELECT order_id, key_id FROM open")
        for batch in asked.to_arrow_reader(_KEYS_PER_LOOKUP):
            for start in range(0, batch.num_rows, _KEYS_PER_LOOKUP):
                part = batch.slice(start, _KEYS_PER_LOOKUP)
                ids = [
                    [key for key in column.to_pylist() if "\0" not in key]
                    for column in part.columns
                ]
                loading.add_entries(connection, known(*ids))


def _rows(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    counts = "SELECT count(*), count(*) - count(order_id) FROM arrivals"
    rows, nameless = connection.execute(counts).fetchall()[0]
    return rows, nameless
