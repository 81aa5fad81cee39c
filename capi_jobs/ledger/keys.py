"""What reconcile asks: which orders are known, held, decided about; in Arrow batches.

Bulk reads go through `capi_jobs/rows.py`; lists for people are in listing.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    Text,
    bindparam,
    cast,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP

from capi_jobs import rows
from capi_jobs.errors import LedgerUnavailable
from capi_jobs.ledger.columns import (
    AnyRow,
    AnySelect,
    among,
    either,
    few_values,
    kept_id,
)
from capi_jobs.ledger.door import Door, reading
from capi_jobs.ledger.forgotten import any_forgotten, digest_of
from capi_jobs.ledger.schema import batches, entries, holds, overrides

# About four megabytes of keys at once.
ROWS_PER_BATCH = 50_000
NAMES = (
    "event_name",
    "event_id",
    "order_id",
    "status",
    "first_sent_at",
    "day",
    "currency",
    "value",
    "owed_as",
)
_TEXTS = pa.schema([(name, pa.string()) for name in NAMES])


class Keys(Door):
    """Every column is text: money exact, times in ISO 8601, days too."""

    def known_keys(
        self, destination: str, start: datetime, end: datetime
    ) -> Iterator[pa.RecordBatch]:
        """Stream what was put into batches for orders completed in the interval.

        Forgotten ones come under their digests; `known` finds them by their ids.
        """
        query = self._entry_texts().where(
            entries.c.destination == _inline(destination),
            entries.c.event_time >= self._moment(start),
            entries.c.event_time < self._moment(end),
        )
        return self._rows(query)

    def open_hold_keys(self, destination: str) -> Iterator[pa.RecordBatch]:
        """Stream the quarantine: order_id, rule, day, currency, value."""
        query = select(
            _text(holds.c.order_id, "order_id"),
            holds.c.rule,
            _text(holds.c.day, "day"),
            holds.c.currency,
            _text(holds.c.value, "value"),
        ).where(holds.c.destination == _inline(destination), holds.c.ended_at.is_(None))
        return self._rows(query)

    def override_keys(self, destination: str) -> Iterator[pa.RecordBatch]:
        """Stream people's words in force: order_id, decision, rule."""
        query = select(
            _text(overrides.c.order_id, "order_id"),
            overrides.c.decision,
            overrides.c.rule,
        ).where(
            overrides.c.destination == _inline(destination),
            overrides.c.ended_at.is_(None),
        )
        return self._rows(query)

    @reading
    def known(
        self,
        connection: Connection,
        destination: str,
        order_ids: Sequence[str],
        event_ids: Sequence[str],
    ) -> list[pa.RecordBatch]:
        """Look up a page of orders, whenever they were completed.

        A forgotten order comes under the ids that were asked for.
        """
        names = {kept_id(each): each for each in (*order_ids, *event_ids)}
        orders, events = list(order_ids), list(event_ids)
        if any_forgotten(connection, destination):
            names |= {digest_of(each): each for each in (*order_ids, *event_ids)}
            orders += map(digest_of, order_ids)
            events += map(digest_of, event_ids)
        here = entries.c.destination == destination
        # Named, or the index of event ids could not be searched.
        events_named = few_values(connection, entries.c.event_name, here)
        query = either(
            self._entry_texts().where(here, entries.c.event_name.in_(events_named)),
            among(connection, entries.c.order_id, orders),
            among(connection, entries.c.event_id, events),
        )
        found = [_named(row, names) for row in connection.execute(query)]
        return [pa.RecordBatch.from_pylist(found, schema=_TEXTS)] if found else []

    def _entry_texts(self) -> AnySelect:
        return select(
            entries.c.event_name,
            _text(entries.c.event_id, "event_id"),
            _text(entries.c.order_id, "order_id"),
            batches.c.status,
            _text(batches.c.first_sent_at, "first_sent_at"),
            _text(entries.c.day, "day"),
            entries.c.currency,
            _text(entries.c.value, "value"),
            entries.c.owed_as,
        ).join(batches)

    def _rows(self, query: Select[Any]) -> Iterator[pa.RecordBatch]:
        return rows.stream(
            self.engine.url,
            query,
            rows_per_batch=ROWS_PER_BATCH,
            unavailable=LedgerUnavailable,
        )

    def _moment(self, at: datetime) -> ColumnElement[datetime]:
        """Write a time into the statement as this engine keeps it."""
        utc = at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
        if self.is_sqlite:
            # Our own digits: nothing to escape, and no type that wants a parameter.
            return literal_column(f"'{utc}Z'")
        return cast(_inline(utc + "Z"), TIMESTAMP(timezone=True))


def _text(column: ColumnElement[object], name: str) -> ColumnElement[str]:
    return cast(column, Text).label(name)


def _inline(text: str) -> ColumnElement[str]:
    """Quote a text into the statement: with parameters, PostgreSQL would not COPY."""
    return bindparam(None, text, String, literal_execute=True)


def _named(row: AnyRow, names: Mapping[str, str]) -> dict[str, str | None]:
    fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    for name in ("event_id", "order_id"):
        fields[name] = names.get(fields[name], fields[name])
    return fields
