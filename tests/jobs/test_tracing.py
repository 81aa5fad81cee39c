"""One order's events are found in every writing, and only of its destination."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from capi_jobs.config import load
from capi_jobs.jobs.clock import SystemClock
from capi_jobs.jobs.house import House, opened
from capi_jobs.jobs.tracing import trace
from capi_jobs.report.traces import Trace
from tests.shop import Shop, an_order

LOG = """
[[sent_events]]
relation = "events"
channel = "browser"
"""
AT = datetime.now(UTC).isoformat()


@pytest.fixture
def logged(shop: Shop) -> Shop:
    with closing(sqlite3.connect(shop.folder / "shop.db")) as db, db:
        db.execute("CREATE TABLE events (event_id, event_time, order_id, platform)")
    return shop.configure(extra=LOG, platforms=("meta", "tiktok"))


@pytest.fixture
def house(logged: Shop) -> Iterator[House]:
    with opened(load(logged.config), SystemClock(), to_look=True) as made:
        yield made


def tell(shop: Shop, *row: object) -> None:
    shop.change("INSERT INTO events VALUES (?, ?, ?, ?)", *row)


def traced(house: House, order_id: str = "o-1") -> Trace:
    return trace(house, order_id, house.settings.destinations)


@pytest.mark.parametrize(
    "written",
    ["O-1", "o-1", hashlib.sha256(b"o-1").hexdigest(), hashlib.md5(b"o-1").hexdigest()],  # noqa: S324 - as senders do
)
def test_events_are_found_in_other_writings(
    logged: Shop, house: House, written: str
) -> None:
    logged.fill([an_order()])
    tell(logged, "e", AT, written, "meta")

    meta, tiktok = traced(house).destinations

    assert [event["order_id"] for event in meta.events] == [written]
    assert tiktok.events == ()


def test_events_are_found_by_the_orders_event_id(logged: Shop, house: House) -> None:
    logged.fill([an_order(event_id="ev-7")])
    tell(logged, "ev-7", AT, None, None)

    assert [len(one.events) for one in traced(house).destinations] == [1, 1]


def test_an_order_that_stands_there_twice_says_so(logged: Shop, house: House) -> None:
    logged.fill([an_order(), an_order(value="20")])

    made = traced(house)

    assert made.order is not None
    assert made.order.rows == 2


def test_an_order_without_a_readable_time_can_be_traced(
    logged: Shop, house: House
) -> None:
    logged.fill([an_order(completed_at="yesterday")])

    made = traced(house)

    assert made.order is not None
    assert made.destinations[0].decision is not None


def test_nothing_but_names_is_kept_of_what_is_personal(
    logged: Shop, house: House
) -> None:
    logged.fill([an_order(city=None)])

    made = traced(house)

    assert made.order is not None
    assert "email" in made.order.filled
    assert "city" in made.order.empty
    assert not {"email", "phone", "ip"} & set(made.order.facts)
