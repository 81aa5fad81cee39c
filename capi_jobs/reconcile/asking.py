"""Which orders a person asks about: their classes, and that only they stay due.

What a class is stands in `classing.py`; what is done with the answer in `jobs/`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from capi_jobs import duck
from capi_jobs.model import DataInterval, OrderClass

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# `bar`: what would keep an order back if the ledger did not know it.
_ASKED = """
CREATE TABLE kept.main.asked AS
SELECT o.order_id, o.key_id AS event_id, CAST(j.class AS VARCHAR) AS class, j.reason,
    j.day, j.currency, j.counted AS value, o.completed_at, o.value AS row_value,
    o.currency AS row_currency, CASE
        WHEN o.excluded IS NOT NULL THEN CAST(o.excluded AS VARCHAR)
        WHEN d.blocked THEN 'blocked'
        WHEN w.n IS NULL THEN 'seen_server'
        WHEN s.n IS NOT NULL THEN 'seen_browser'
        WHEN o.ambiguous THEN 'order_id_ambiguous'
        WHEN o.time_fault IS NOT NULL THEN 'completed_at_' || o.time_fault
        WHEN u.n IS NOT NULL OR t.n IS NOT NULL THEN 'event_id_shared'
        WHEN o.late THEN 'expired' ELSE '' END AS bar
FROM orders o JOIN judged j USING (n) LEFT JOIN decided d USING (n)
LEFT JOIN unseen w USING (n) LEFT JOIN seen s USING (n)
LEFT JOIN shared u USING (n) LEFT JOIN taken t USING (n)
WHERE CASE WHEN getvariable('asks_by_time')
    THEN o.completed_at >= getvariable('asked_first')
        AND o.completed_at < getvariable('asked_end')
    ELSE o.order_id IN (SELECT order_id FROM wanted) END
ORDER BY o.completed_at NULLS FIRST, o.order_id
"""
# Of what is due; an enrichment is no re-upload: what the browser sent, others sent.
ONLY_ASKED = """
NOT enriched AND order_id IN (SELECT order_id FROM kept.main.asked)
"""
_ROWS = """
SELECT order_id, event_id, class, reason, day, currency, value,
    epoch_us(completed_at) AS completed_us, row_value, row_currency, bar
FROM kept.main.asked
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The orders that a person means: by their ids, or by when they were completed."""

    order_ids: Sequence[str] = ()
    interval: DataInterval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOrder:
    """Where one of them stands, and what its row says."""

    order_id: str
    event_id: str  # that it would be sent with
    order_class: OrderClass
    reason: str
    day: date | None
    value: Decimal
    currency: str
    completed_at: datetime | None = None
    row_value: Decimal | None = None
    row_currency: str = ""
    # What would keep it back if the ledger did not know it; "" is nothing.
    bar: str = ""


def keep_asked(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> None:
    """Note where these orders stand, before the tables that tell it are dropped.

    Whatever else is due is for the runs of its day.
    """
    span = wanted.interval
    connection.execute("SET VARIABLE asks_by_time = $1", [span is not None])
    ids = pa.table({"order_id": pa.array(wanted.order_ids, pa.string())})
    connection.register("wanted", ids)
    if span is not None:
        connection.execute("SET VARIABLE asked_first = $1", [span.start])
        connection.execute("SET VARIABLE asked_end = $1", [span.end])
    duck.roomy(connection, _ASKED)
    connection.unregister("wanted")


def asked_orders(
    connection: duckdb.DuckDBPyConnection, page: int
) -> Iterator[list[AskedOrder]]:
    """Yield where each of them stands, the oldest first."""
    # A cursor of its own: what is due is read meanwhile.
    with connection.cursor() as cursor:
        for batch in cursor.sql(_ROWS).to_arrow_reader(page):
            for start in range(0, batch.num_rows, page):
                yield [_asked(row) for row in batch.slice(start, page).to_pylist()]


def _asked(row: dict[str, Any]) -> AskedOrder:
    completed = row.pop("completed_us")
    return AskedOrder(
        order_class=OrderClass(row.pop("class")),
        completed_at=None
        if completed is None
        else _EPOCH + timedelta(microseconds=completed),
        **row,
    )
