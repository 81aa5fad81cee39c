"""Orders × events of others × our entries → what was counted wrongly, and why.

DuckDB joins with a memory limit and spills. `causes.py` says what can be found,
`loading.py` and `matching.py` bring together what belongs together, `judging.py` goes
over it part by part, the files of the kinds judge it, `result.py` is what comes out.
Classes of orders are reconcile's.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa

from capi_jobs import duck
from capi_jobs.audit import health, inputs, judging, loading, result, statement
from capi_jobs.audit.causes import BY_NAME, CAUSES, Cause, Kind
from capi_jobs.audit.piles import ROWS_PER_PART_MAX, Piles
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
    rows_per_part_max: int = ROWS_PER_PART_MAX,
) -> Iterator[Audit]:
    """Judge one destination and interval; what is found lives until the block ends.

    Each argument is read once, in this order. `logs` are all that could have been in
    `events`, by the name in their column `log`.
    """
    with duck.workspace(min(memory_limit_mb, _CLASSES_LIMIT_MB)) as connection:
        piles = Piles(connection)
        loading.set_terms(connection, terms)
        classes(lambda batches: loading.load_classes(piles, batches))
        connection.execute(f"SET memory_limit = '{memory_limit_mb}MiB'")
        loading.load_orders(connection, piles, orders)
        loading.load_events(piles, events)
        loading.load_entries(piles, entries)
        judging.judge(connection, piles, terms, rows_per_part_max)
        yield Audit(
            connection=connection,
            groups=result.groups(connection),
            corrected=result.corrected(connection),
            health=health.measured(connection, terms.dedup_window),
            inputs=inputs.seen(connection, piles, logs),
            statement=statement.drawn(connection, piles),
        )
