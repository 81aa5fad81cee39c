"""Orders and events already sent, read from any warehouse as Arrow batches of text.

What is asked for stands in `contract.py`, statements in `selection.py` and
`sources.py`, databases in `readers.py`, faults of a source in `checking.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import pyarrow as pa

from capi_jobs.model import DataInterval
from capi_jobs.warehouse import sources
from capi_jobs.warehouse.checking import ROWS_CHECKED_MAX, check
from capi_jobs.warehouse.contract import (
    AUDIT_SENT_COLUMNS,
    CUSTOM,
    ORDER_COLUMNS,
    SENT_COLUMNS,
    Finding,
    OrdersSource,
    SentEvents,
    Source,
)
from capi_jobs.warehouse.readers import Reader, reader_for

__all__ = [
    "CUSTOM",
    "ORDER_COLUMNS",
    "ROWS_CHECKED_MAX",
    "SENT_COLUMNS",
    "Finding",
    "OrdersSource",
    "SentEvents",
    "Warehouse",
]

# A page of keys is small beside a page of whole orders.
KEYS_PER_BATCH = 50_000
# 40 columns of text each: some 30 MB a batch.
ORDERS_PER_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Warehouse:
    """Answers three questions about orders, one about sent events. Only ever reads."""

    reader: Reader

    @classmethod
    def open(cls, url: str, *, seconds_max: int | None = None) -> Self:
        """Choose how to read; nothing is connected before the first question.

        Where `seconds_max` is told, PostgreSQL gives up a question that takes longer.
        """
        return cls(reader_for(url, seconds_max))

    def order_keys(
        self, source: OrdersSource, interval: DataInterval
    ) -> Iterator[pa.RecordBatch]:
        """Yield what decides the classes of an interval's orders, nothing personal.

        Text, but for instants and flags of databases that know what they are.
        Times without a zone and texts are read with a margin, and rows whose time is
        missing or unreadable always come: reconcile sorts them out.
        """
        found = sources.require(sources.find(self.reader, source))
        for batch in found.stream(sources.order_keys(found, interval), KEYS_PER_BATCH):
            yield _with_consent_told(batch)

    def order_times(
        self, source: OrdersSource, keys: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        """Yield id and time of completion of these orders, whenever that was."""
        found = sources.require(sources.find(self.reader, source))
        missed = set(keys)
        most = self.reader.dialect.keys_per_statement
        for ask in (sources.times_of, sources.times_of_trimmed):
            for chunk in _chunks(sorted(missed), most):
                for batch in found.stream(ask(found, chunk), KEYS_PER_BATCH):
                    missed.difference_update(batch.column("order_id").to_pylist())
                    yield batch

    def audit_orders(
        self, source: OrdersSource, interval: DataInterval
    ) -> Iterator[pa.RecordBatch]:
        """Yield the keys, and what events are compared with; nothing personal."""
        found = sources.require(sources.find(self.reader, source))
        statement = sources.audit_orders(found, interval)
        for batch in found.stream(statement, KEYS_PER_BATCH):
            yield _with_consent_told(batch)

    def orders(
        self, source: OrdersSource, keys: Sequence[str], interval: DataInterval
    ) -> Iterator[pa.RecordBatch]:
        """Yield every mapped column of these orders; what is gone does not come."""
        found = sources.require(sources.find(self.reader, source))
        missed = set(keys)
        for chunk in _chunks(keys, self.reader.dialect.keys_per_statement):
            statement = sources.whole_orders(found, chunk, interval)
            for batch in found.stream(statement, ORDERS_PER_BATCH):
                missed.difference_update(batch.column("order_id").to_pylist())
                yield batch
        # Blanks around an id, or a time that changed, hide an order from the indexes.
        for chunk in _chunks(sorted(missed), self.reader.dialect.keys_per_statement):
            statement = sources.whole_orders_trimmed(found, chunk)
            yield from found.stream(statement, ORDERS_PER_BATCH)

    def sent_events(
        self, source: SentEvents, interval: DataInterval, others: Sequence[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """Yield a log's events, with the channel and the time zone of the log.

        Events of `others`, platforms in lower case, may stay away.
        """
        found = sources.require(sources.find(self.reader, source))
        statement = sources.sent_keys(found, interval, others)
        for batch in found.stream(statement, KEYS_PER_BATCH):
            yield _with_constants(batch, source)

    def audit_events(
        self, source: SentEvents, interval: DataInterval
    ) -> Iterator[pa.RecordBatch]:
        """Yield the same events with what they told: value, currency, items."""
        found = sources.require(sources.find(self.reader, source))
        statement = sources.narrow(found, AUDIT_SENT_COLUMNS, interval)
        for batch in found.stream(statement, KEYS_PER_BATCH):
            yield _with_constants(batch, source)

    def events_of(
        self, source: SentEvents, keys: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        """Yield a log's events that name one of these ids, whenever they were sent."""
        found = sources.require(sources.find(self.reader, source))
        for chunk in _chunks(keys, self.reader.dialect.keys_per_statement // 2):
            for batch in found.stream(sources.events_of(found, chunk), KEYS_PER_BATCH):
                yield _with_constants(batch, source)

    def touch(self, source: Source) -> int:
        """Read one row with every mapped column; say how many columns there are."""
        found = sources.require(sources.find(self.reader, source))
        for _ in found.stream(found.select(tuple(found.columns)).limit(1), 1):
            pass
        return len(found.columns)

    def check(self, source: Source) -> list[Finding]:
        """Compare a source with the contract; every fault at once, none is raised."""
        return check(self.reader, source)


def _with_consent_told(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Say whether the source tells of consent at all: here, and in no row's reading."""
    told = "true" if "consent" in batch.schema.names else "false"
    column = pa.repeat(pa.scalar(told, pa.string()), batch.num_rows)
    return batch.append_column("consent_told", column)


def _with_constants(batch: pa.RecordBatch, source: SentEvents) -> pa.RecordBatch:
    """Add what holds for the whole log; it outweighs a column."""
    told = {
        "channel": source.channel,
        "timezone": source.timezone,
        "destination": source.destination,
        "platform": source.platform,
    }
    columns = {name: batch.column(name) for name in batch.schema.names}
    for name, value in told.items():
        if value is not None or name not in columns:
            columns[name] = pa.repeat(pa.scalar(value, pa.string()), batch.num_rows)
    return pa.record_batch(columns)


def _chunks(keys: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]
