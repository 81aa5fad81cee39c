"""Orders × events of others × our entries → what was counted wrongly, and why.

DuckDB joins with a memory limit and spills. `causes.py` says what can be found,
`loading.py` and `matching.py` bring together what belongs together, the files of the
kinds judge it, `result.py` is what comes out. Classes of orders are reconcile's.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from capi_jobs import duck
from capi_jobs.audit import (
    corrections,
    duplicates,
    health,
    inputs,
    loading,
    matching,
    misalignments,
    misfires,
    missing,
    result,
    statement,
)
from capi_jobs.audit.causes import BY_NAME, CAUSES, RANKS, Cause, Kind
from capi_jobs.audit.result import Audit, Correction, CorrectionSum, Finding, Group
from capi_jobs.audit.terms import GatedRun, Terms

__all__ = [
    "BY_NAME",
    "CAUSES",
    "Audit",
    "Cause",
    "Correction",
    "CorrectionSum",
    "Finding",
    "GatedRun",
    "Group",
    "Kind",
    "Terms",
    "audited",
]

Batches = Iterable[pa.RecordBatch]
# Is given what takes the classes in, and lets reconcile's stream into it.
Classes = Callable[[Callable[[Batches], None]], None]

# Spills beyond: enough for ten million orders and twice as many events.
MEMORY_LIMIT_MB = 640
# While classes stream in, for reconcile still holds its own beside it.
_CLASSES_LIMIT_MB = 192


@contextmanager
def audited(  # noqa: PLR0913 - all sides of the comparison
    *,
    classes: Classes,
    orders: Batches,
    events: Batches,
    entries: Batches,
    terms: Terms,
    logs: Sequence[str],
    memory_limit_mb: int = MEMORY_LIMIT_MB,
) -> Iterator[Audit]:
    """Judge one destination and interval; what is found lives until the block ends.

    Each argument is read once, in this order. `logs` are all that could have been in
    `events`, by the name in their column `log`.
    """
    with duck.workspace(min(memory_limit_mb, _CLASSES_LIMIT_MB)) as connection:
        loading.set_terms(connection, terms)
        classes(lambda batches: loading.load_classes(connection, batches))
        connection.execute(f"SET memory_limit = '{memory_limit_mb}MiB'")
        loading.load_orders(connection, orders)
        loading.load_events(connection, events)
        loading.load_entries(connection, entries)
        matching.match(connection)
        _judge(connection, terms)
        yield Audit(
            connection=connection,
            groups=result.groups(connection),
            corrected=result.corrected(connection),
            health=health.measured(connection, terms.dedup_window),
            inputs=inputs.seen(connection, logs),
            statement=statement.drawn(connection),
        )


_FINDINGS = """
CREATE TABLE findings (kind VARCHAR, cause VARCHAR, order_id VARCHAR,
    event_ids VARCHAR[], day DATE, currency VARCHAR, value DECIMAL(38, 9),
    detail VARCHAR)
"""


def _judge(connection: duckdb.DuckDBPyConnection, terms: Terms) -> None:
    connection.execute(_FINDINGS)
    connection.execute("CREATE TABLE ranks (kind VARCHAR, cause VARCHAR, rank INTEGER)")
    ranks = [(str(kind), cause, rank) for (kind, cause), rank in RANKS.items()]
    connection.executemany("INSERT INTO ranks VALUES ($1, $2, $3)", ranks)
    duplicates.find(connection)
    missing.find(connection, terms.runs)
    misalignments.compare(connection)
    misfires.find(connection)
    misalignments.find(connection)
    corrections.find(connection)
