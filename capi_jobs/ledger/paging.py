"""Pages of long lists: how many rows at most, and where the next page begins.

Each list names the columns it is sorted by; a page begins behind the last row of the
one before (keyset), so that the thousandth costs what the first does.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, false, or_

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger.columns import AnyRow, AnySelect, UtcDateTime, kept_id

# What a person scrolls through at once; a thousand rows are a megabyte of JSON.
PAGE_ROWS, PAGE_ROWS_MAX = 50, 1_000
# An order id of 512 bytes, an event name, a destination and a time, in base64.
_MARK_CHARACTERS_MAX = 4_096

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, and the mark behind which the next page begins."""

    rows: tuple[T, ...]
    after: str | None  # None: this was the last


@dataclass(frozen=True, slots=True)
class Order:
    """Texts and times a list is sorted by, none of them ever NULL; together unique."""

    columns: Sequence[ColumnElement[Any]]
    newest_first: bool = False

    def page(
        self,
        connection: Connection,
        query: AnySelect,
        read: Callable[[AnyRow], T],
        after: str | None,
        limit: int,
    ) -> Page[T]:
        """Read one page of what the query lists; it must select the columns."""
        limit = max(1, min(limit, PAGE_ROWS_MAX))
        if after is not None:
            _refuse_long(after)
            query = query.where(self._behind(self._values(after)))
        sorting = [c.desc() if self.newest_first else c.asc() for c in self.columns]
        rows = connection.execute(query.order_by(*sorting).limit(limit + 1)).all()
        shown = rows[:limit]
        more = len(rows) > limit
        return Page(tuple(map(read, shown)), self._mark(shown[-1]) if more else None)

    def _mark(self, row: AnyRow) -> str:
        values = [getattr(row, column.key or "") for column in self.columns]
        told = [v.isoformat() if isinstance(v, datetime) else v for v in values]
        text = json.dumps(told, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def _values(self, mark: str) -> list[object]:
        """Read a mark back; it came through somebody's browser."""
        try:
            padded = mark + "=" * (-len(mark) % 4)
            told = json.loads(base64.b64decode(padded, b"-_", validate=True))
            return [
                _value(column, value)
                for column, value in zip(self.columns, told, strict=True)
            ]
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise DecisionRefused(
                "this is no mark of a page of this list", do="begin at its first page"
            ) from None

    def _behind(self, values: Sequence[Any]) -> ColumnElement[bool]:
        """Whatever sorts behind; spelt out, as the two engines' tuples differ."""
        found: ColumnElement[bool] = false()
        for column, value in reversed(list(zip(self.columns, values, strict=True))):
            beyond = column < value if self.newest_first else column > value
            found = or_(beyond, and_(column == value, found))
        first, edge = self.columns[0], values[0]
        # Said once more by itself: that is what an index can begin at.
        return and_(first <= edge if self.newest_first else first >= edge, found)


def _refuse_long(mark: str) -> None:
    if len(mark) > _MARK_CHARACTERS_MAX:
        raise DecisionRefused(
            "a mark of a page is never so long", do="begin at its first page"
        )


def _value(column: ColumnElement[Any], value: object) -> object:
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(str(value)).astimezone(UTC)
    if not isinstance(value, str) or kept_id(value) != value:
        raise ValueError("no database gave this text")
    return value
