"""Column types that mean the same on SQLite and PostgreSQL: time, money, ids, sums.

The tables that use them are in schema.py.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    CompoundSelect,
    Connection,
    Dialect,
    Numeric,
    Row,
    Select,
    String,
    Text,
    cast,
    func,
    select,
    union,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeDecorator, TypeEngine

# Rows are read by name; the types of their columns are in schema.py.
AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]

# An index row of PostgreSQL holds 2,704 bytes, and the key of an entry has three texts.
ID_BYTES_MAX = 512
# What stays readable of an id that is too long to be kept as it is.
_ID_CHARACTERS_SHOWN = 64

# A sum is exact or it raises: 1,000 digits hold any amount that a row may carry
# (values of 400 digits were seen in dirty data) times any number of rows.
EXACT = Context(prec=1_000, traps=[Inexact, InvalidOperation])


def kept_id(text: str) -> str:
    """Return how the ledger keeps an id: as it is, or cut with its digest.

    NUL and lone surrogates can stand in no PostgreSQL text; only ids that are held
    have them, because `claim` refuses what it cannot keep as it is.
    """
    if text.isascii() and len(text) <= ID_BYTES_MAX and "\x00" not in text:
        return text  # nearly all, and a batch asks for thousands
    clean = text.replace("\x00", "␀").encode("utf-8", "replace").decode("utf-8")
    if clean == text and len(text.encode()) <= ID_BYTES_MAX:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{clean[:_ID_CHARACTERS_SHOWN]}…{digest}"


class Id(TypeDecorator[str]):
    """An order or event id: any text, bounded, so that an index can hold it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Cut what no index could hold."""
        del dialect
        return None if value is None else kept_id(value)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time: timestamptz on PostgreSQL, ISO text that sorts on SQLite."""

    impl = postgresql.TIMESTAMP(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text where the engine knows no zones."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | str | None:
        """Refuse naive times: nobody could say later what they meant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the ledger keeps aware times only")
        utc = value.astimezone(UTC)
        if dialect.name != "sqlite":
            return utc
        # Fixed width, so that text sorts as time does.
        return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    def process_result_value(
        self, value: datetime | str | None, dialect: Dialect
    ) -> datetime | None:
        """Always UTC, whatever zone the session is in."""
        del dialect
        if value is None:
            return None
        aware = datetime.fromisoformat(value) if isinstance(value, str) else value
        return aware.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """An exact amount: numeric on PostgreSQL, text on SQLite; never a float."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text where the engine's numbers are floats."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(Numeric())

    def process_bind_param(
        self, value: Decimal | None, dialect: Dialect
    ) -> Decimal | str | None:
        """Refuse NaN and infinity: sums over them would mean nothing."""
        if value is None:
            return None
        if not value.is_finite():
            raise ValueError("the ledger keeps finite amounts only")
        return format(value, "f") if dialect.name == "sqlite" else value

    def process_result_value(
        self, value: Decimal | str | None, dialect: Dialect
    ) -> Decimal | None:
        """Decimal from either engine."""
        del dialect
        return None if value is None else Decimal(value)


class exact_sum(GenericFunction[Decimal]):  # noqa: N801 - SQL's name
    """The exact sum of a Money column; nothing where there are no rows."""

    type = Money()
    inherit_cache = True


@compiles(exact_sum, "sqlite")
def _exact_sum_sqlite(element: exact_sum, compiler: SQLCompiler, **kw: object) -> str:
    return f"decimal_sum({compiler.process(element.clauses, **kw)})"


@compiles(exact_sum)
def _exact_sum(element: exact_sum, compiler: SQLCompiler, **kw: object) -> str:
    return f"sum({compiler.process(element.clauses, **kw)})"


class DecimalSum:
    """The aggregate `decimal_sum` that door.py teaches to SQLite."""

    def __init__(self) -> None:
        self.total: Decimal | None = None

    def step(self, value: str | None) -> None:
        """Add one row."""
        if value is not None:
            self.total = EXACT.add(self.total or Decimal(0), Decimal(value))

    def finalize(self) -> str | None:
        """Return the sum, as text, as the amounts are."""
        return None if self.total is None else format(self.total, "f")


def among(
    connection: Connection, column: ColumnElement[str], values: Sequence[str]
) -> ColumnElement[bool]:
    """Return `column IN values` with one parameter, however many values there are."""
    kept = [kept_id(value) for value in values]
    if connection.dialect.name == "sqlite":
        each = func.json_each(json.dumps(kept)).table_valued("value")
        return column.in_(select(each.c.value))
    return column == func.any(cast(kept, ARRAY(Text)))


def either(query: AnySelect, *tests: ColumnElement[bool]) -> CompoundSelect[Any]:
    """Select what passes one of the tests, each by its own index.

    With OR, SQLite may walk through everything instead.
    """
    return union(*(query.where(test) for test in tests))


def few_values(
    connection: Connection, column: ColumnElement[str], *tests: ColumnElement[bool]
) -> Sequence[str]:
    """Name the values of a column that has few, in a jump of its index for each.

    DISTINCT would read every row. An index must begin with what is tested, and go on
    with the column.
    """
    first = select(func.min(column).label("value")).where(*tests)
    jumps = first.cte("jumps", recursive=True)
    onward = select(func.min(column)).where(column > jumps.c.value, *tests)
    more = select(onward.scalar_subquery()).where(jumps.c.value.is_not(None))
    jumps = jumps.union_all(more)
    found = select(jumps.c.value).where(jumps.c.value.is_not(None))
    return connection.scalars(found).all()


def given(
    *wanted: tuple[object | None, Callable[[Any], ColumnElement[bool]]],
) -> list[ColumnElement[bool]]:
    """Return the tests of a list's filters that were set."""
    return [test(value) for value, test in wanted if value is not None]
