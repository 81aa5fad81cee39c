"""From keys to prepared pages: orders are read whole, a page ahead of being prepared.

A warehouse on another machine, or another core, then works while Python does. Which
keys are asked for is `assessing.py`'s; what a page is made of, `preparation/`'s.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

import pyarrow as pa

from capi_jobs.jobs.house import House
from capi_jobs.jobs.memory import give_back, uncollected
from capi_jobs.jobs.observing import page_told
from capi_jobs.model import DataInterval, OrderKey
from capi_jobs.orders.tables import TableRows
from capi_jobs.preparation import Page, Preparer
from capi_jobs.preparation.kept import KEPT_FOR
from capi_jobs.warehouse.tables import tables_of

Asked = TypeVar("Asked")
Read = TypeVar("Read")


def prepared(
    house: House,
    preparer: Preparer,
    asked: Iterable[Sequence[OrderKey]],
    interval: DataInterval,
    now: datetime,
) -> Iterator[tuple[Sequence[OrderKey], Page]]:
    """Prepare page after page.

    Rows that waited too long for their turn are read again: a platform that takes its
    time for a page lets the next one wait.
    """
    clock = house.clock

    def read(one: tuple[float, Sequence[OrderKey]]) -> list[pa.RecordBatch]:
        return house.order_batches(_readable(one[1]), interval)

    timed = ((clock.monotonic(), keys) for keys in asked)
    for (read_at, keys), batches in read_ahead(read, timed):
        begun = read_at
        if clock.monotonic() - begun > KEPT_FOR.total_seconds():
            batches.clear()
            begun = clock.monotonic()
            batches.extend(read((begun, keys)))
        orders = TableRows(tables_of(_dropped(batches)))
        with uncollected():
            page = _page(house, preparer, keys, orders, now)
            page.read_at = begun
            yield keys, page
            del page  # before the next one: two would be held at once
        give_back()


def prepare(
    house: House,
    preparer: Preparer,
    keys: Sequence[OrderKey],
    interval: DataInterval,
    now: datetime,
) -> Page:
    """Read the orders of these keys whole and prepare them."""
    orders = house.orders(_readable(keys), interval)
    return _page(house, preparer, keys, orders, now)


def read_ahead(
    read: Callable[[Asked], Read], asked: Iterable[Asked]
) -> Iterator[tuple[Asked, Read]]:
    """Yield what was asked with what was read, in order; one is read ahead, no more.

    What `read` raises comes out at its own turn: all before it was handed out. It runs
    in one other thread, so it must open what it reads from, and close it.
    """
    with ThreadPoolExecutor(1, "rows") as reader:
        waiting: tuple[Asked, Future[Read]] | None = None
        for one in asked:
            coming = one, reader.submit(read, one)
            if waiting:
                yield waiting[0], waiting[1].result()
            waiting = coming
        if waiting:
            yield waiting[0], waiting[1].result()


def _page(
    house: House,
    preparer: Preparer,
    keys: Sequence[OrderKey],
    orders: TableRows,
    now: datetime,
) -> Page:
    ids = _readable(keys)
    page_told(preparer.destination, len(ids))
    released = house.released(preparer.destination.name, ids)
    return preparer.page(keys, orders, released=released, now=now)


def _readable(keys: Sequence[OrderKey]) -> list[str]:
    return [key.order_id for key in keys if key.fault is None]


def _dropped(batches: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Let go of each when it is asked for: who read them still has the list."""
    while batches:
        yield batches.pop(0)
