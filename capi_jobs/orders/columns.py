"""Whole columns of text become orders, several times as fast as row after row.

Only what is certain is decided here: plain texts, canonical times, known words. Any
other cell goes to its reader in `scalars.py` or `items.py`, a row with a fault to
`reading.py`: both ways tell the same of every row.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import repeat
from typing import TypeVar
from zoneinfo import ZoneInfo

from capi_jobs.model import ORDER_FIELDS, Order, RowFault, orders_of
from capi_jobs.orders.items import lines_of
from capi_jobs.orders.reading import CUSTOM, read_order, texts_of, updated_at_of
from capi_jobs.orders.remembering import Remembered
from capi_jobs.orders.scalars import (
    EPOCH,
    ID_CHARACTERS_MAX,
    read_currency,
    read_flag,
    read_id,
    read_money,
    read_time,
    text_of,
)
from capi_jobs.orders.tables import Table

T = TypeVar("T")

Column = Sequence[str | None]
# ValueError, of which Unreadable is one, tells that a row needs a closer look.
ReadColumn = Callable[[Column], Iterable[object]]

_MANY = frozenset(
    "customer_id email phone first_name last_name city state zip country"
    " date_of_birth gender".split()
)
# Amounts repeat, as prices do; 16,384 of them are about 4 MB. Words are a handful.
_AMOUNTS_MAX = 16_384
_WORDS_MAX = 1_024
_CHARACTERS_MAX = 64
# What read_money takes as it is: below its largest amount, no more decimals than it.
_AMOUNT = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?")
# Every third character of 2026-11-20 10:00:00.5+00 from the fifth on, and its end: so
# PostgreSQL and DuckDB write an instant. `fromisoformat` sees to the digits, but would
# take anything after the sixth of a fraction.
_SHAPES = frozenset({"-- ::++00", "-- ::.+00"})
_LENGTHS = frozenset({22, *range(24, 30)})
_INSTANT = datetime.fromisoformat


def read_table(
    table: Table, *, timezone: ZoneInfo | None
) -> list[Order | tuple[RowFault, ...]]:
    """Read each row as `read_order` does. `timezone` is that of naive times."""
    columns = _Columns(table, timezone)
    told: list[Order | tuple[RowFault, ...]] = [
        *orders_of(columns.read(name) for name in ORDER_FIELDS)
    ]
    for number in columns.doubtful:
        told[number] = read_order(table.row(number), timezone=timezone)
    return told


class _Columns:
    """A table, and the rows in it that need a closer look."""

    def __init__(self, table: Table, timezone: ZoneInfo | None) -> None:
        self._table = table
        self.doubtful = set[int]()
        self._readers: Mapping[str, ReadColumn] = {
            **_READERS,
            "completed_at": partial(_completed_at, zone=timezone),
            "updated_at": partial(_updated_at, zone=timezone),
        }

    def read(self, name: str) -> Iterable[object]:
        """Return what the orders have under this name."""
        columns, count = self._table.columns, self._table.count
        if name == "custom":
            return _custom(columns, count)
        if name == "consent_told":
            return repeat("consent" in columns, count)
        column = columns.get(name) or [None] * count
        reader = self._readers.get(name, _texts)
        try:
            return reader(column)
        except ValueError:
            return [self._cell(i, reader, cell) for i, cell in enumerate(column)]

    def _cell(self, number: int, reader: ReadColumn, cell: str | None) -> object:
        try:
            [found] = reader([cell])
        except ValueError:
            self.doubtful.add(number)
            return None
        return found


# ── Texts ───────────────────────────────────────────────────────────────────────


def _texts(column: Column) -> list[str | None]:
    return [
        None
        if cell is None
        else cell.strip() or None
        if cell.isascii()
        else text_of(cell)
        for cell in column
    ]


def _many(column: Column) -> Iterable[object]:
    if "[" not in "".join(filter(None, column)):  # else some may be arrays as JSON
        return _texts(column)
    return [None if cell is None else texts_of(cell) for cell in column]


def _custom(columns: Mapping[str, Column], count: int) -> Iterable[dict[str, str]]:
    found = {
        name.removeprefix(CUSTOM): _texts(column)
        for name, column in columns.items()
        if name.startswith(CUSTOM)
    }
    if not found:
        return [{} for _ in range(count)]
    return [
        {name: text for name, text in zip(found, row, strict=True) if text is not None}
        for row in zip(*found.values(), strict=True)
    ]


# ── What can be wrong ───────────────────────────────────────────────────────────


def _ids(column: Column, *, name: str, needed: bool = False) -> list[str | None]:
    found = [
        cell.strip(" ") or None
        if cell and cell.isprintable() and len(cell) <= ID_CHARACTERS_MAX
        else read_id(name, cell)
        for cell in column
    ]
    if needed and None in found:
        raise ValueError
    return found


def _completed_at(column: Column, *, zone: ZoneInfo | None) -> list[datetime]:
    return [
        _INSTANT(cell)
        if cell and _is_instant(cell) and cell >= "1970"
        else _time_needed(cell, zone)
        for cell in column
    ]


def _updated_at(column: Column, *, zone: ZoneInfo | None) -> list[datetime | None]:
    return [
        None
        if cell is None
        else _INSTANT(cell)
        if _is_instant(cell)
        else updated_at_of(cell, zone)
        for cell in column
    ]


def _is_instant(cell: str) -> bool:
    return cell[4:20:3] + cell[-3:] in _SHAPES and len(cell) in _LENGTHS


def _time_needed(cell: str | None, zone: ZoneInfo | None) -> datetime:
    found = read_time("completed_at", cell, zone)
    if found is None or found < EPOCH:
        raise ValueError
    return found


def _amount(cell: str | None) -> Decimal:
    if cell and _AMOUNT.fullmatch(cell):
        return Decimal(cell) or Decimal(0)
    return _needed(read_money("value", cell))


def _needed(found: T | None) -> T:
    if found is None:
        raise ValueError
    return found


def _items(column: Column) -> Iterable[object]:
    return [() if cell is None else lines_of(cell) for cell in column]


def _words(
    read: Callable[[str | None], object], answers_max: int = _WORDS_MAX
) -> ReadColumn:
    """Read what has few values, and so repeats."""
    answers = Remembered(read, answers_max=answers_max, characters_max=_CHARACTERS_MAX)
    return lambda column: list(map(answers.__getitem__, column))


_READERS: Mapping[str, ReadColumn] = {
    **dict.fromkeys(_MANY, _many),
    "order_id": partial(_ids, name="order_id", needed=True),
    "event_id": partial(_ids, name="event_id"),
    "event_name": _words(lambda cell: read_id("event_name", cell) or "Purchase"),
    "value": _words(_amount, _AMOUNTS_MAX),
    "currency": _words(lambda cell: _needed(read_currency("currency", cell))),
    "channel": _words(lambda cell: (text_of(cell) or "web").lower()),
    "app_platform": _words(lambda cell: (text_of(cell) or "").lower() or None),
    "att_consent": _words(partial(read_flag, "att_consent")),
    "consent": _words(partial(read_flag, "consent")),
    "limited_data_use": _words(lambda cell: bool(read_flag("limited_data_use", cell))),
    "is_test": _words(lambda cell: bool(read_flag("is_test", cell))),
    "items": _items,
}
