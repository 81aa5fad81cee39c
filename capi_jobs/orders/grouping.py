"""Rows read and grouped by order id; what became an order is not kept raw.

How one row is read stands in `reading.py`. A page of raw rows is some ten times as
large as its orders, so rows are read while they stream in.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from capi_jobs.model import Order, RowFault
from capi_jobs.orders.reading import read_order
from capi_jobs.orders.scalars import text_of

Row = Mapping[str, object]

_NO_ROW: Row = MappingProxyType({})


class ReadRow(NamedTuple):
    """An order, or a raw row and its faults."""

    row: Row
    order: Order | None
    faults: tuple[RowFault, ...]


def order_id_of(row: Row) -> str:
    """Return a row's order id as keys have it: without spaces around it, else empty."""
    told = row.get("order_id")
    return told.strip(" ") if isinstance(told, str) else text_of(told) or ""


def read_by_order(
    rows: Iterable[Row], *, timezone: ZoneInfo | None
) -> dict[str, list[ReadRow]]:
    """Group what was read; equal ones are one row told twice, which warehouses do."""
    grouped: dict[str, list[ReadRow]] = {}
    for row in rows:
        told = read_order(row, timezone=timezone)
        if isinstance(told, Order):
            read = ReadRow(_NO_ROW, told, ())
        else:
            read = ReadRow(row, None, told)
        same = grouped.setdefault(order_id_of(row), [])
        if read not in same:
            same.append(read)
    return grouped
