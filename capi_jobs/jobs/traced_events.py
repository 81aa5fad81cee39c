"""The events that a trace looks at, and the orders that share an id with it.

What is made of them stands in `tracing.py`.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

import pyarrow as pa

from capi_jobs.config import Destination
from capi_jobs.jobs.auditing import logs_of, marked
from capi_jobs.jobs.house import House
from capi_jobs.model import DataInterval
from capi_jobs.orders.scalars import Unreadable, read_id

Row = Mapping[str, object]

_MICROSECOND = timedelta(microseconds=1)
# A tag that fires in a loop: the rest looks alike.
EVENTS_MAX = 1_000


def long_ago(house: House) -> DataInterval:
    """Any interval: an order that lies elsewhere is found by its id alone."""
    now = house.clock.now()
    return DataInterval(now - house.settings.audit.margin - _MICROSECOND, now)


def keys_of(order_id: str, rows: Sequence[Row], known: Sequence[str]) -> list[str]:
    """Ids under which events may name the order, in every writing that is looked for.

    A prefix cannot be guessed: the audit of its day finds it.
    """
    ids = dict.fromkeys([order_id, *known])
    for row in rows:
        with suppress(Unreadable):
            if event_id := read_id("event_id", row.get("event_id")):
                ids[event_id] = None
    written = dict.fromkeys(ids)
    for one in ids:
        for text in dict.fromkeys((one, one.lower())):
            data = text.encode(errors="replace")
            written |= dict.fromkeys(
                (
                    text,
                    hashlib.sha256(data).hexdigest(),
                    hashlib.sha1(data, usedforsecurity=False).hexdigest(),
                    hashlib.md5(data, usedforsecurity=False).hexdigest(),
                )
            )
        written |= dict.fromkeys((one.upper(),))
    return list(written)


def events_of(
    house: House, destination: Destination, keys: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    for name, log in logs_of(house, destination).items():
        for batch in house.warehouse.events_of(log, keys):
            found = [_is_of(row, destination) for row in batch.to_pylist()]
            yield marked(batch.filter(pa.array(found, pa.bool_())), name)


def events_of_others(
    house: House,
    destination: Destination,
    keys: set[str],
    events: Sequence[Mapping[str, str | None]],
) -> Iterator[pa.RecordBatch]:
    """Find events that share an event id with this order's, and name another order."""
    told = {event["event_id"] for event in events if event.get("event_id")}
    left = EVENTS_MAX
    for batch in events_of(house, destination, sorted(filter(None, told))):
        others = [
            row["event_id"] not in keys and row["order_id"] not in keys
            for row in batch.to_pylist()
        ]
        # An id that is given to all would bring the whole log.
        found = batch.filter(pa.array(others, pa.bool_()))[:left]
        yield found
        left -= found.num_rows
        if left <= 0:
            return


def neighbours(
    house: House, order_id: str, events: Sequence[pa.RecordBatch]
) -> list[Row]:
    """Read the other orders that these events name."""
    named = {row["order_id"] for batch in events for row in batch.to_pylist()}
    ids = sorted(filter(None, named - {order_id}))[:EVENTS_MAX]
    found = house.orders(ids, long_ago(house)) if ids else ()
    return [row for row in found if row["order_id"] != order_id]


def _is_of(row: Mapping[str, str | None], destination: Destination) -> bool:
    """Say whether an event went to this destination, its platform, or who knows."""
    if named := (row.get("destination") or "").strip():
        return named == destination.name
    platform = (row.get("platform") or "").strip().lower()
    return not platform or platform == destination.platform
