"""Databases tell instants and flags as what they are, files tell texts: all is one."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capi_jobs.errors import WarehouseUnavailable
from capi_jobs.model import ClassCount, OrderKey
from capi_jobs.reconcile import reconcile
from capi_jobs.warehouse.selection import NEVER
from tests.reconcile.keys import (
    DAY,
    END,
    NOON,
    NOW,
    START,
    Row,
    batches,
    event,
    order,
    policy,
)

_INSTANT = pa.timestamp("us", "UTC")
_KINDS = {
    "completed_at": _INSTANT,
    "event_time": _INSTANT,
    "consent": pa.bool_(),
    "is_test": pa.bool_(),
}
FLAGS = st.sampled_from([None, "true", "false"])
MOMENTS = st.sampled_from([None, START, NOON, END - timedelta(microseconds=1), END])
ORDERS = st.lists(
    st.builds(
        order,
        order_id=st.sampled_from("abc"),
        completed_at=MOMENTS.map(lambda at: at and at.isoformat()),
        consent=FLAGS,
        is_test=FLAGS,
        consent_told=st.sampled_from(["true", "false"]),
    ),
    max_size=4,
)
EVENTS = st.lists(
    st.builds(
        event,
        channel=st.sampled_from(["browser", "server"]),
        order_id=st.sampled_from("abc"),
        event_id=st.sampled_from(["x", None]),
        event_time=MOMENTS.map(lambda at: at and at.isoformat()),
    ),
    max_size=3,
)


def typed(rows: Sequence[Row]) -> list[pa.RecordBatch]:
    """Say the same as a database that knows what its columns are."""
    return [
        pa.record_batch(
            {name: _told(name, batch.column(name)) for name in batch.schema.names}
        )
        for batch in batches(rows)
    ]


def _told(name: str, column: pa.Array) -> pa.Array:
    return column.cast(_KINDS[name]) if name in _KINDS else column


def found(
    orders: Iterable[pa.RecordBatch], events: Iterable[pa.RecordBatch], how: str
) -> tuple[tuple[ClassCount, ...], list[OrderKey]]:
    with reconcile(
        orders=orders,
        sent_events=events,
        ledger_entries=[],
        known_lookup=lambda _orders, _events: [],
        holds=[],
        overrides=[],
        interval=DAY,
        policy=policy(on_browser_seen=how),
        now=NOW,
        memory_limit_mb=64,
    ) as there:
        return there.counts, [key for page in there.keys(3) for key in page]


@settings(max_examples=25)
@given(ORDERS, EVENTS, st.sampled_from(["skip", "enrich"]))
def test_instants_and_flags_mean_what_their_texts_mean(
    orders: list[Row], events: list[Row], how: str
) -> None:
    told = found(typed(orders), typed(events), how)
    mixed = found(
        typed(orders),
        [*typed(events[:1]), *batches(events[1:])],
        how,
    )

    assert found(batches(orders), batches(events), how) == told
    assert told == mixed


def test_an_infinite_instant_is_none_that_can_be_read() -> None:
    never = datetime.fromisoformat(NEVER).astimezone(UTC).isoformat()
    rows = typed([order(completed_at=never)])

    _, [key] = found(rows, [], "skip")

    assert key.fault is not None
    assert key.fault.rule == "completed_at_unreadable"


def test_what_ends_the_batches_is_raised_as_it_is() -> None:
    def broken() -> Iterable[pa.RecordBatch]:
        yield from batches([order()])
        raise WarehouseUnavailable("gone", do="wait")

    with pytest.raises(WarehouseUnavailable, match="gone"):
        found(broken(), [], "skip")
