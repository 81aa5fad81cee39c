"""Each stage as capi-jobs does it, with the job's own parts.

What a user would do instead stands in `stage_theirs.py`.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from benchmarks.job import TOKEN
from benchmarks.stage import EVENTS_PER_CALL, OURS, Place, Way, Work
from capi_jobs.config import load
from capi_jobs.config.working import Delivery
from capi_jobs.jobs.clock import SystemClock
from capi_jobs.jobs.house import House, opened
from capi_jobs.lifecycle import Event
from capi_jobs.model import Answer, Conversion, Entry, Order, Receipt
from capi_jobs.orders.grouping import read_by_order
from capi_jobs.preparation.advising import converter_of
from capi_jobs.preparation.preparer import STRIDE
from capi_jobs.transport import Transport
from capi_jobs.validation import Validator

LEASE, DEADLINE = timedelta(minutes=2), timedelta(seconds=60)
IN_FLIGHT = 8
ROWS_PER_PAGE = Delivery().page_rows  # as a run reads them
_left_open = ExitStack()  # until the process ends


def close() -> None:
    """Close what the ways have opened: for who goes on after them."""
    _left_open.close()


def _house(at: Place) -> House:
    return _left_open.enter_context(opened(load(at.config), SystemClock()))


def _ids(house: House, at: Place) -> list[str]:
    stream = house.warehouse.order_keys(house.orders_source, at.interval)
    return [one for batch in stream for one in batch.column("order_id").to_pylist()]


def _pages(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), ROWS_PER_PAGE):
        yield ids[start : start + ROWS_PER_PAGE]


def _read(house: House, at: Place, ids: Sequence[str]) -> list[Order]:
    grouped = read_by_order(house.orders(ids, at.interval), timezone=None)
    return [one.order for told in grouped.values() for one in told if one.order]


def _orders(house: House, at: Place) -> list[Order]:
    return [one for ids in _pages(_ids(house, at)) for one in _read(house, at, ids)]


def _conversions(house: House, at: Place) -> list[Conversion]:
    [destination] = house.settings.destinations
    converter = converter_of(destination)
    orders = _orders(house, at)
    made = converter.convert(orders, [one.order_id for one in orders])
    return [one for one in made if isinstance(one, Conversion)]


def extract(at: Place) -> Work:
    """Read orders by their ids, page by page, up to typed values."""
    house = _house(at)
    ids = _ids(house, at)
    return lambda: sum(len(_read(house, at, page)) for page in _pages(ids))


def reconcile(at: Place) -> Work:
    """Sort all keys into classes, by every rule."""
    house = _house(at)
    [destination] = house.settings.destinations

    def work() -> int:
        now = house.clock.now()
        with house.reconcile(destination, at.interval, now) as found:
            return found.orders

    return work


def validate(at: Place) -> Work:
    """Ask every rule of both suites, page by page; loading them is in it."""
    house = _house(at)
    orders, conversions = _orders(house, at), _conversions(house, at)
    rows: list[Mapping[str, object]] = [{}] * ROWS_PER_PAGE

    def work() -> int:
        validator = Validator(now=datetime.now(UTC))
        for start in range(0, len(orders), ROWS_PER_PAGE):
            page = orders[start : start + ROWS_PER_PAGE]
            validator.orders(rows[: len(page)], {}, page)
            validator.conversions(conversions[start : start + ROWS_PER_PAGE])
        return len(orders)

    return work


def build(at: Place) -> Work:
    """Normalise, hash and write events, and put them into bodies."""
    house = _house(at)
    [destination] = house.settings.destinations
    orders, target = _orders(house, at), destination.target()

    def work() -> int:
        preparer = house.preparer(destination, house.clock.now())
        converter, platform = converter_of(destination), preparer.platform
        events = list[bytes]()
        for start in range(0, len(orders), STRIDE):
            some = orders[start : start + STRIDE]
            made = converter.convert(some, [one.order_id for one in some])
            events += [
                platform.event(one) for one in made if isinstance(one, Conversion)
            ]
        for start in range(0, len(events), EVENTS_PER_CALL):
            platform.call(events[start : start + EVENTS_PER_CALL], target, TOKEN)
        return len(events)

    return work


def upload(at: Place) -> Work:
    """Send bodies that are there, eight at a time."""
    house = _house(at)
    [destination] = house.settings.destinations
    platform = house.preparer(destination, house.clock.now()).platform
    events = [platform.event(one) for one in _conversions(house, at)]
    calls = [
        platform.call(
            events[start : start + EVENTS_PER_CALL], destination.target(), TOKEN
        )
        for start in range(0, len(events), EVENTS_PER_CALL)
    ]

    async def send() -> None:
        waiting = iter(calls)
        async with Transport(deadline=DEADLINE, connections_max=IN_FLIGHT) as transport:

            async def lane() -> None:
                for call in waiting:
                    answer = await transport.send(call)
                    if not isinstance(answer, Answer):
                        raise SystemExit(answer.reason)

            await asyncio.gather(*(lane() for _ in range(IN_FLIGHT)))

    def work() -> int:
        asyncio.run(send())
        return len(events)

    return work


def ledger(at: Place) -> Work:
    """Claim a batch before it is sent, settle it after: two commits."""
    house = _house(at)
    now = house.clock.now()
    entries = [
        Entry(
            destination=one.destination,
            event_name=one.event_name,
            event_id=one.event_id,
            order_id=one.order_id,
            event_time=one.event_time,
            day=one.event_time.date(),
            value=one.value,
            currency=one.currency,
        )
        for one in _conversions(house, at)
    ]

    def work() -> int:
        books = house.ledger
        for start in range(0, len(entries), EVENTS_PER_CALL):
            claimed = books.claim(
                entries[start : start + EVENTS_PER_CALL],
                run_id="benchmark",
                now=now,
                lease=LEASE,
                actor="benchmark",
            )
            books.settle(
                claimed.batch_id, Event.ACCEPTED, Receipt(), now=now, actor="benchmark"
            )
        return len(entries)

    books = house.ledger
    books.start_run(
        "benchmark",
        kind="run",
        interval=at.interval,
        destinations=["meta"],
        actor="benchmark",
        now=now,
    )
    return work


WAYS: dict[tuple[str, str], Way] = {
    (way.__name__, OURS): way
    for way in (extract, reconcile, validate, build, upload, ledger)
}
