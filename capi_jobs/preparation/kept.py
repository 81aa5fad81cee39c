"""Prepared pages, kept until they are delivered, packed small.

A run that sends what it has just looked at need not look twice. What memory has no
room for is sealed (`sealed.py`): nobody but this process can read it, and it goes with
the process. What is not kept, because it is too much or too old by now, is prepared
again from its rows.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from capi_jobs.model import Conversion, Entry, OwedAs, Prepared
from capi_jobs.preparation.sealed import Place, SealedFile

# Over all destinations of a run: some 37,000 events, which most nights do not exceed.
KEPT_BYTES_MAX = 16 * 1024 * 1024
# Likewise, and each at most a quarter of what is free when it begins: some nine million
# events. To look at more takes about as long as the first of them may be kept.
SEALED_BYTES_MAX = 4 * 1024 * 1024 * 1024
# A row may change meanwhile: consent withdrawn, an order cancelled. So long may it take
# until a page's first call goes out; its other calls follow at the platform's pace.
KEPT_FOR = timedelta(minutes=15)
# A few calls of any platform: delivery reads one part ahead.
PART_ROWS = 4_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KEPT_SECONDS = KEPT_FOR.total_seconds()
# Two fifths of what it was, as digests are written in hex; lz4 leaves four fifths.
_PACKED = pa.ipc.IpcWriteOptions(compression="zstd")
_SCHEMA = pa.schema(
    {
        "event_name": pa.string(),
        "event_id": pa.string(),
        "order_id": pa.string(),
        "event_us": pa.int64(),
        "day": pa.date32(),
        # As text: a decimal of Arrow's has one scale, and money keeps its digits.
        "value": pa.string(),
        "currency": pa.string(),
        "owed_as": pa.string(),
        "source": pa.string(),
        "until_us": pa.int64(),
        "event": pa.binary(),
    }
)
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _KeptPage:
    keys: int
    prepared_at: float
    packed: pa.Buffer | Place = field(repr=False)


@dataclass(slots=True)
class KeptPages:
    """The first pages of one destination, in the order of their keys."""

    destination: str
    bytes_max: int
    sealed: SealedFile
    _pages: deque[_KeptPage] = field(default_factory=deque, repr=False)
    _bytes: int = 0
    _full: bool = False
    # Keys of the pages that were handed out: delivery goes on behind them.
    taken: int = 0

    def add(self, keys: int, ready: Sequence[Prepared], prepared_at: float) -> None:
        """Keep what became of so many keys, unless a page before it found no room.

        When is told in seconds of a clock that only grows.
        """
        if self._full:
            return
        packed = _pack(ready)
        if self._bytes + packed.size <= self.bytes_max:
            self._bytes += packed.size
            self._pages.append(_KeptPage(keys, prepared_at, packed))
        elif place := self.sealed.put(packed.to_pybytes()):
            self._pages.append(_KeptPage(keys, prepared_at, place))
        else:
            self._full = True

    def take(self, now: float) -> Iterator[list[Prepared]] | None:
        """Hand out the next page, in parts; None if there is none, or it is too old."""
        if not self._pages or now - self._pages[0].prepared_at > _KEPT_SECONDS:
            self._pages.clear()
            return None
        page = self._pages.popleft()
        packed = page.packed
        if isinstance(packed, Place) and (packed := self.sealed.get(packed)) is None:
            self._pages.clear()
            return None
        self.taken += page.keys
        return _unpack(packed, self.destination)


@contextmanager
def keeping(destination: str, lanes: int) -> Iterator[KeptPages]:
    """Give one destination its share of the room, until the block ends."""
    with SealedFile(SEALED_BYTES_MAX // lanes) as sealed:
        yield KeptPages(destination, KEPT_BYTES_MAX // lanes, sealed)


def written(one: Prepared) -> Prepared:
    """Leave out what stands in the event's bytes: most of a waiting page's memory."""
    made = replace(one.conversion, match_keys=_NOTHING, items=())
    return replace(one, conversion=made)


def _pack(ready: Sequence[Prepared]) -> pa.Buffer:
    entries = [one.entry for one in ready]
    columns: list[list[Any]] = [
        [entry.event_name for entry in entries],
        [entry.event_id for entry in entries],
        [entry.order_id for entry in entries],
        [(entry.event_time - _EPOCH) // _MICROSECOND for entry in entries],
        [entry.day for entry in entries],
        [str(entry.value) for entry in entries],
        [entry.currency for entry in entries],
        [entry.owed_as.value for entry in entries],
        [one.conversion.source for one in ready],
        [one.send_until and _micros(one.send_until) for one in ready],
        [one.event for one in ready],
    ]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, _SCHEMA, options=_PACKED) as stream:
        for start in range(0, len(ready), PART_ROWS):
            part = [column[start : start + PART_ROWS] for column in columns]
            stream.write_batch(pa.record_batch(part, schema=_SCHEMA))
    return sink.getvalue()


def _unpack(packed: pa.Buffer | bytes, destination: str) -> Iterator[list[Prepared]]:
    with pa.ipc.open_stream(packed) as stream:
        for batch in stream:
            rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            yield [_prepared(destination, *row) for row in rows]


def _prepared(  # noqa: PLR0913, PLR0917 - a row
    destination: str,
    event_name: str,
    event_id: str,
    order_id: str,
    event_us: int,
    day: Any,  # noqa: ANN401 - a date
    value: str,
    currency: str,
    owed_as: str,
    source: str,
    until_us: int | None,
    event: bytes,
) -> Prepared:
    """Make what delivery needs; match keys and items stand in the event's bytes."""
    time, amount = _EPOCH + timedelta(microseconds=event_us), Decimal(value)
    return Prepared(
        entry=Entry(
            destination=destination,
            event_name=event_name,
            event_id=event_id,
            order_id=order_id,
            event_time=time,
            day=day,
            value=amount,
            currency=currency,
            owed_as=OwedAs(owed_as),
        ),
        conversion=Conversion(
            destination=destination,
            order_id=order_id,
            event_id=event_id,
            event_name=event_name,
            event_time=time,
            value=amount,
            currency=currency,
            source=source,
            match_keys=_NOTHING,
        ),
        event=event,
        send_until=until_us
        if until_us is None
        else _EPOCH + timedelta(microseconds=until_us),
    )


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
