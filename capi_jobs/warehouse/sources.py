"""A source as it was found: which of our columns it has, what can be asked of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from capi_jobs.errors import DataContractFault
from capi_jobs.model import DataInterval
from capi_jobs.warehouse.contract import (
    AUDIT_COLUMNS,
    AUDIT_SENT_COLUMNS,
    CUSTOM,
    KEY_COLUMNS,
    ORDER_COLUMNS,
    ORDER_REQUIRED,
    SENT_COLUMNS,
    SENT_REQUIRED,
    OrdersSource,
    SentEvents,
    Source,
)
from capi_jobs.warehouse.readers import Reader
from capi_jobs.warehouse.selection import (
    Column,
    Statement,
    all_of,
    as_key,
    as_text,
    in_time,
    not_in_time,
    without_point,
)

ORDER_TIMES = ("order_id", "completed_at")
# Others know them as they are written.
_IDS = frozenset({"order_id", "event_id"})
# Keys that are cheaper to read as what they are.
_TYPED = frozenset({"completed_at", "event_time", "consent", "is_test"})
_DIGITS_MAX = 18  # of an integer that fits 64 bits whatever its digits


@dataclass(frozen=True, slots=True)
class Found:
    """Where our columns lie in a source: our name → theirs; and their types."""

    reader: Reader
    source: Source
    columns: Mapping[str, str]
    schema: pa.Schema
    # Names that the configuration maps, but the source lacks: ours → theirs.
    astray: Mapping[str, str]

    @property
    def time(self) -> str:
        """Our name of the column that decides about intervals."""
        return "event_time" if isinstance(self.source, SentEvents) else "completed_at"

    @property
    def lacking(self) -> tuple[str, ...]:
        """Required columns that are not there at all."""
        sent = isinstance(self.source, SentEvents)
        required = SENT_REQUIRED if sent else ORDER_REQUIRED
        lacks = [name for name in required if name not in self.columns]
        if sent and not {"event_id", "order_id"} & set(self.columns):
            lacks.append("event_id or order_id")
        return tuple(name for name in lacks if name not in self.astray)

    def kind(self, name: str) -> pa.DataType:
        """Type of the column that we call `name`."""
        return self.schema.field(self.columns[name]).type

    def text(self, name: str) -> Column:
        """Return the column that we call `name`, as text under our name.

        Ids lose the blanks around them, as fixed-width columns have: keys are found
        again by the same text.
        """
        theirs, kind = self.columns[name], self.kind(name)
        text = as_text(theirs, kind, self.reader.dialect)
        if pa.types.is_floating(kind) and name not in _IDS:
            text = without_point(text)
        return (sa.func.trim(text) if name == "order_id" else text).label(name)

    def key(self, name: str) -> Column:
        """Return the same, but instants and flags as what they are."""
        if name not in _TYPED:
            return self.text(name)
        theirs, kind = self.columns[name], self.kind(name)
        return as_key(theirs, kind, self.reader.dialect).label(name)

    def select(self, names: Sequence[str], *, typed: bool = False) -> Statement:
        """Select those of our columns that are there, as text or `typed`."""
        read = self.key if typed else self.text
        here = [read(name) for name in names if name in self.columns]
        relation = self.reader.source(self.source.relation, self.source.query)
        return sa.select(*here).select_from(relation)

    def stream(
        self, statement: Statement, rows_per_batch: int
    ) -> Iterator[pa.RecordBatch]:
        """Run one of our statements."""
        relation = self.source.relation
        return self.reader.stream(statement, relation, rows_per_batch)


def find(reader: Reader, source: Source) -> Found:
    """Look up which columns the source has; faults are for `require` and `check`."""
    everything = all_of(reader.source(source.relation, source.query))
    schema = reader.describe(everything, source.relation)
    wanted = _wanted(source)
    columns = {
        ours: name
        for ours, theirs in wanted.items()
        if (name := _name_in(schema, theirs))
    }
    mapped = {*source.columns}
    if isinstance(source, OrdersSource):
        mapped |= {CUSTOM + name for name in source.custom}
    astray = {
        ours: wanted[ours] for ours in wanted if ours in mapped and ours not in columns
    }
    return Found(reader, source, columns, schema, astray)


def require(found: Found) -> Found:
    """Refuse a source without the columns that nothing goes without."""
    faults = [f"{theirs!r} (as {ours})" for ours, theirs in found.astray.items()]
    faults += [repr(name) for name in found.lacking]
    if faults:
        raise DataContractFault(
            f"{found.source.name} lacks {', '.join(faults)}",
            do="mend the view or the mapping of columns; `check` lists all faults",
        )
    return found


def _wanted(source: Source) -> dict[str, str]:
    if isinstance(source, SentEvents):
        return {name: source.columns.get(name, name) for name in AUDIT_SENT_COLUMNS}
    wanted = {name: source.columns.get(name, name) for name in ORDER_COLUMNS}
    return wanted | {CUSTOM + name: theirs for name, theirs in source.custom.items()}


def _name_in(schema: pa.Schema, name: str) -> str | None:
    """Find a column by its name, or by the only one that differs in case alone."""
    if name in schema.names:
        return name
    alike = [n for n in schema.names if n.lower() == name.lower()]
    return alike[0] if len(alike) == 1 else None


# ── The questions ───────────────────────────────────────────────────────────────


def narrow(
    found: Found, names: Sequence[str], interval: DataInterval, *, typed: bool = False
) -> Statement:
    """Rows inside the interval, and those that no interval would ever hold."""
    theirs, kind = found.columns[found.time], found.kind(found.time)
    dialect = found.reader.dialect
    inside = in_time(theirs, kind, interval, dialect)
    lost = not_in_time(theirs, kind, dialect)
    return found.select(names, typed=typed).where(sa.or_(inside, lost))


def sent_keys(
    found: Found, interval: DataInterval, others: Sequence[str] = ()
) -> Statement:
    """A log's events, but those that say that they went to `others` only."""
    statement = narrow(found, SENT_COLUMNS, interval, typed=True)
    told = found.source
    told_whole = isinstance(told, SentEvents) and (told.platform or told.destination)
    if not others or told_whole or "platform" not in found.columns:
        return statement
    site: Column = sa.column(found.columns["platform"])
    bound = [sa.bindparam(None, one, sa.Text, literal_execute=True) for one in others]
    stays = [site.is_(None), sa.func.lower(sa.cast(site, sa.Text)).not_in(bound)]
    if "destination" in found.columns:  # it outweighs the platform
        stays.append(sa.column(found.columns["destination"]).is_not(None))
    return statement.where(sa.or_(*stays))


def order_keys(found: Found, interval: DataInterval) -> Statement:
    """All that decides about an order's class."""
    return narrow(found, KEY_COLUMNS, interval, typed=True)


def audit_orders(found: Found, interval: DataInterval) -> Statement:
    """The same, and what an order's events are compared with."""
    return narrow(found, AUDIT_COLUMNS, interval)


def times_of(found: Found, keys: Sequence[str]) -> Statement:
    """When these orders were completed, as an index on order_id finds them."""
    column, typed = _comparable(found, "order_id", keys)
    return found.select(ORDER_TIMES).where(found.reader.dialect.among(column, typed))


def times_of_trimmed(found: Found, keys: Sequence[str]) -> Statement:
    """Find the same whatever blanks surround the ids."""
    return found.select(ORDER_TIMES).where(_trimmed(found, keys))


def whole_orders(
    found: Found, keys: Sequence[str], interval: DataInterval | None
) -> Statement:
    """Every mapped column of these orders, as an index on order_id finds them."""
    dialect = found.reader.dialect
    column, typed = _comparable(found, "order_id", keys)
    statement = found.select(tuple(found.columns)).where(dialect.among(column, typed))
    if interval is None:
        return statement
    theirs, kind = found.columns[found.time], found.kind(found.time)
    return statement.where(in_time(theirs, kind, interval, dialect))


def whole_orders_trimmed(found: Found, keys: Sequence[str]) -> Statement:
    """Find the same whatever blanks surround the ids and whatever their times are."""
    return found.select(tuple(found.columns)).where(_trimmed(found, keys))


def _trimmed(found: Found, keys: Sequence[str]) -> sa.ColumnElement[bool]:
    text = sa.func.trim(sa.cast(sa.column(found.columns["order_id"]), sa.Text))
    return found.reader.dialect.among(text, list(keys))


def events_of(found: Found, keys: Sequence[str]) -> Statement:
    """Select events that name one of these ids as order or as event."""
    dialect = found.reader.dialect
    tests = [
        dialect.among(*_comparable(found, name, keys))
        for name in ("order_id", "event_id")
        if name in found.columns
    ]
    return found.select(AUDIT_SENT_COLUMNS).where(sa.or_(*tests))


def _comparable(
    found: Found, name: str, keys: Sequence[str]
) -> tuple[Column, list[Any]]:
    """Compare ids as their column's type, so that its index serves."""
    theirs = found.columns[name]
    column: Column = sa.column(theirs)
    field = found.schema.field(theirs)
    if pa.types.is_integer(field.type):
        return column, [int(key) for key in keys if _is_integer(key)]
    stored = (field.metadata or {}).get(b"POSTGRESQL:type", b"text")
    if pa.types.is_string(field.type) and stored in {b"text", b"varchar"}:
        return column, list(keys)
    return sa.cast(column, sa.Text), list(keys)


def _is_integer(key: str) -> bool:
    return len(key) <= _DIGITS_MAX and key.isdecimal() and key.isascii()
