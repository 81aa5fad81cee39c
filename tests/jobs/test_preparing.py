"""What is asked for is read one ahead, in order, and an error waits for its turn."""

import gc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from capi_jobs.config import load
from capi_jobs.jobs.assessing import pages, reconciled
from capi_jobs.jobs.clock import SystemClock
from capi_jobs.jobs.house import Unwatched, opened
from capi_jobs.jobs.preparing import read_ahead
from capi_jobs.model import DataInterval
from capi_jobs.preparation import Page
from capi_jobs.preparation.kept import KEPT_FOR
from tests.shop import Shop, orders

SECONDS_MAX = 30


def test_what_was_read_comes_with_what_was_asked_in_order() -> None:
    assert list(read_ahead(lambda n: n * n, range(5))) == [
        (0, 0),
        (1, 1),
        (2, 4),
        (3, 9),
        (4, 16),
    ]
    assert list(read_ahead(lambda n: n, [])) == []


def test_the_next_is_read_while_the_present_one_is_at_work() -> None:
    following = Event()

    def read(number: int) -> int:
        if number == 1:
            following.set()
        return number

    reading = read_ahead(read, range(2))
    next(reading)

    assert following.wait(SECONDS_MAX)


def test_no_more_than_one_is_asked_ahead() -> None:
    """Each is a page: a third would be in memory for nothing."""
    asked: list[int] = []

    def asking() -> Iterator[int]:
        for number in range(5):
            asked.append(number)
            yield number

    reading = read_ahead(lambda n: n, asking())
    next(reading)

    assert asked == [0, 1]


def test_an_error_comes_at_its_turn() -> None:
    """What was read before it is delivered: only the rest waits for the next run."""

    def read(number: int) -> int:
        return 6 // (2 - number)

    reading = read_ahead(read, range(5))

    assert [next(reading), next(reading)] == [(0, 3), (1, 6)]
    with pytest.raises(ZeroDivisionError):
        next(reading)


class Later(SystemClock):
    """A clock that can be put forward."""

    ahead = timedelta(0)

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead.total_seconds()


def second_page(shop: Shop, clock: Later, *, waited: timedelta) -> Page:
    """Prepare two orders, one a page; the second changes while it waits its turn."""
    shop.configure(extra="[delivery]\npage_rows = 1").fill(orders(2))
    now = datetime.now(UTC)
    interval = DataInterval(now - timedelta(days=2), now)
    with opened(load(shop.config), clock) as house:
        [meta, *_] = house.settings.destinations
        with reconciled(house, meta, interval, Unwatched()) as found:
            going = pages(house, house.preparer(meta, now), found, now, held=False)
            next(going)
            shop.change("UPDATE orders SET consent = 'false' WHERE order_id = 'o-2'")
            clock.ahead = waited
            [[_, page]] = going
    return page


def test_what_waited_too_long_for_its_turn_is_read_again(shop: Shop) -> None:
    """A platform may take its time for the page before; consent may be withdrawn."""
    page = second_page(shop, Later(), waited=KEPT_FOR + timedelta(minutes=1))

    assert page.excluded == {"o-2": "consent_denied"}


def test_a_page_is_as_old_as_its_rows(shop: Shop) -> None:
    """What is kept of it ages from then on, not from its turn."""
    clock, waited = Later(), KEPT_FOR - timedelta(minutes=1)

    page = second_page(shop, clock, waited=waited)

    assert clock.monotonic() - page.read_at > waited.total_seconds()


def test_garbage_is_collected_between_pages_only(shop: Shop) -> None:
    """Also where nobody asks for the rest of them."""
    shop.configure(extra="[delivery]\npage_rows = 1").fill(orders(2))
    now = datetime.now(UTC)
    interval = DataInterval(now - timedelta(days=2), now)
    with opened(load(shop.config), SystemClock()) as house:
        [meta, *_] = house.settings.destinations
        with reconciled(house, meta, interval, Unwatched()) as found:
            going = pages(house, house.preparer(meta, now), found, now, held=False)
            next(going)
            while_there = gc.isenabled()
            going.close()  # type: ignore[attr-defined]

    assert gc.isenabled()
    assert not while_there
