"""Rows read and grouped by order id; what became an order is not kept raw.

How they are read stands in `reading.py` and `columns.py`. A page of raw rows is some
ten times as large as its orders, so rows are read while they stream in.
"""

from collections.abc import Iterable
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from capi_jobs.model import Order, RowFault
from capi_jobs.orders.columns import read_table
from capi_jobs.orders.reading import read_order
from capi_jobs.orders.scalars import text_of
from capi_jobs.orders.tables import Row, TableRows

__all__ = ["ReadRow", "Row", "order_id_of", "read_by_order"]

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
    if not isinstance(rows, TableRows):
        for row in rows:
            _add(grouped, row, read_order(row, timezone=timezone))
        return grouped
    for table in rows.tables:
        for number, told in enumerate(read_table(table, timezone=timezone)):
            if isinstance(told, Order) and told.order_id not in grouped:
                grouped[told.order_id] = [ReadRow(_NO_ROW, told, ())]
            else:
                _add(grouped, table.row(number), told)
    return grouped


def _add(
    grouped: dict[str, list[ReadRow]], row: Row, told: Order | tuple[RowFault, ...]
) -> None:
    if isinstance(told, Order):
        name, read = told.order_id, ReadRow(_NO_ROW, told, ())
    else:
        name, read = order_id_of(row), ReadRow(row, None, told)
    same = grouped.setdefault(name, [])
    if read not in same:
        same.append(read)
