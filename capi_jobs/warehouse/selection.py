"""Which rows and columns are asked for, as SQLAlchemy Core: quoted, bound, no strings.

What differs between databases is a `Dialect`; who runs the statements is `readers.py`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.sql.elements import quoted_name

from capi_jobs.model import DataInterval

# Zones reach from -12 to +14 hours: the same wall time is never further apart.
ZONES_APART_MAX = timedelta(hours=26)
# The last day of all calendars here, and what stands for an infinite time.
NEVER = "9999-12-31 00:00:00+00"
_DAY = timedelta(days=1)
_POINT_ZERO = ".0"
_COLON = re.compile(r"(?<![:\\]):(?=\w)")
_PART = re.compile(r'"((?:[^"]|"")+)"|([^."]+)')

Column = sa.ColumnElement[Any]
Statement = sa.Select[Any]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a database writes in its own way."""

    # Text of a nested value as JSON.
    json_text: Callable[[Column], Column]
    # Rows whose column is one of these texts.
    among: Callable[[Column, Sequence[Any]], sa.ColumnElement[bool]]
    # Rows whose text is certainly no time, however far from the interval.
    unreadable: Callable[[Column], sa.ColumnElement[bool]]
    # Values are written into the statement: bound ones would hinder streaming.
    inline: bool = False
    # Times can be infinite.
    infinite: bool = False
    # Reads instants and flags as they are, which spares both sides to write and parse.
    typed: bool = False
    keys_per_statement: int = 900  # Oracle takes 1,000, SQL Server 2,100 parameters


def source_of(relation: str | None, query: str | None) -> sa.FromClause:
    """Return what to select from: a relation by its name, or a SELECT's text."""
    if query is not None:
        text = query.strip().rstrip(";")
        # A line break, so that a comment at its end does not swallow what follows.
        return sa.text(_COLON.sub(r"\:", text) + "\n").columns().subquery("source")
    parts = [p[2] or p[1].replace('""', '"') for p in _PART.finditer(relation or "")]
    *schema, name = parts or [""]
    return sa.table(name, schema=_schema(schema))


def _schema(parts: Sequence[str]) -> str | None:
    return quoted_name(".".join(parts), quote=None) if parts else None


def all_of(source: sa.FromClause) -> Statement:
    """Select whatever columns there are."""
    return sa.select(sa.literal_column("*")).select_from(source)


def as_text(name: str, kind: pa.DataType, dialect: Dialect) -> Column:
    """Return the column as exact text: money keeps its digits, arrays become JSON."""
    column: Column = sa.column(name)
    nested = pa.types.is_nested(kind)
    return sa.cast(dialect.json_text(column) if nested else column, sa.Text)


def without_point(text: Column) -> Column:
    """Leave out the ".0" that some databases write behind whole floats.

    A phone or postcode in such a column would get another digit.
    """
    whole = sa.func.substr(text, 1, sa.func.length(text) - len(_POINT_ZERO))
    return sa.case((text.like(f"%{_POINT_ZERO}"), whole), else_=text)


def as_key(name: str, kind: pa.DataType, dialect: Dialect) -> Column:
    """Return a column of keys: instants and flags as they are, the rest as text."""
    column: Column = sa.column(name)
    if dialect.typed and pa.types.is_boolean(kind):
        return column
    if dialect.typed and is_instant(kind):
        # Arrow has no infinity; nothing reads this day as one that can be.
        endless = column.in_([_written("infinity"), _written("-infinity")])
        never = sa.cast(_written(NEVER), sa.TIMESTAMP(timezone=True))
        return sa.case((endless, never), else_=column)
    return as_text(name, kind, dialect)


def is_instant(kind: pa.DataType) -> bool:
    """Say whether values are moments, not readings of some clock."""
    return pa.types.is_timestamp(kind) and kind.tz is not None


def in_time(
    name: str,
    kind: pa.DataType,
    interval: DataInterval,
    dialect: Dialect,
) -> sa.ColumnElement[bool]:
    """Rows inside the interval; more than that where times have no zone."""
    column: Column = sa.column(name)
    start, end = _bounds(kind, interval)
    if dialect.inline:
        return sa.and_(column >= _written(start), column < _written(end))
    return sa.and_(column >= start, column < end)


def not_in_time(
    name: str, kind: pa.DataType, dialect: Dialect
) -> sa.ColumnElement[bool]:
    """Rows that no interval would ever hold: their time is missing or none."""
    column: Column = sa.column(name)
    if not pa.types.is_temporal(kind):
        text = sa.cast(column, sa.Text)
        return sa.or_(column.is_(None), dialect.unreadable(text))
    if not dialect.infinite:
        return column.is_(None)
    infinite = column.in_([_written("infinity"), _written("-infinity")])
    return sa.or_(column.is_(None), infinite)


def _written(value: datetime | str) -> Column:
    return sa.bindparam(None, value, literal_execute=True)


def _bounds(
    kind: pa.DataType, interval: DataInterval
) -> tuple[datetime | str, datetime | str]:
    if is_instant(kind):
        return interval.start, interval.end
    start = interval.start.astimezone(UTC) - ZONES_APART_MAX
    end = interval.end.astimezone(UTC) + ZONES_APART_MAX
    if pa.types.is_timestamp(kind):
        return start.replace(tzinfo=None), end.replace(tzinfo=None)
    # Text, or days: whole days compare alike whether T or a space follows them.
    return start.date().isoformat(), (end + _DAY).date().isoformat()
