"""A ledger or a warehouse that fails in the middle: what is in flight is not torn."""

import asyncio
import itertools
import threading
from collections.abc import Iterator, Sequence

import pytest

from capi_jobs.errors import LedgerUnavailable, WarehouseUnavailable
from capi_jobs.ledger import Ledger
from capi_jobs.lifecycle import Status
from capi_jobs.model import Prepared
from tests.delivery.building import LEASE, Desk, an_item, ids, items


def test_a_ledger_that_fails_after_the_call_leaves_it_in_flight(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise LedgerUnavailable("the ledger is away", do="wait")

    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "settle_each", away)
        with pytest.raises(LedgerUnavailable):
            desk.deliver(items(5))
    assert desk.statuses() == {Status.IN_FLIGHT: 5}

    desk.clock.pass_by(LEASE)
    desk.ledger.sweep(desk.clock.now(), actor="test")
    assert desk.statuses() == {Status.IN_DOUBT: 5}

    desk.again()
    assert ids(5) == desk.platform.counted_once()
    assert desk.statuses() == {Status.DELIVERED: 5}


def test_what_breaks_one_call_does_not_tear_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.settings["in_flight_max"] = 3
    desk.limits["events_per_batch_max"] = 1
    settle, broken, others = Ledger.settle_each, asyncio.Event(), asyncio.Event()

    def once(self: Ledger, *args: object, **more: object) -> None:
        if not broken.is_set():
            broken.set()
            raise LedgerUnavailable("the ledger was away", do="wait")
        settle(self, *args, **more)  # type: ignore[arg-type]

    async def until_broken(event_ids: Sequence[str]) -> None:
        if event_ids == ["e1"]:
            await others.wait()
            return
        others.set()
        while not broken.is_set():
            await asyncio.to_thread(desk.ledger.status_counts)

    desk.platform.before = until_broken
    monkeypatch.setattr(Ledger, "settle_each", once)
    with pytest.raises(LedgerUnavailable):
        desk.deliver(items(9))

    called = sum(map(len, desk.platform.requests))
    assert called > 1
    assert {Status.IN_FLIGHT: 1, Status.DELIVERED: called - 1} == desk.statuses()


def test_a_warehouse_that_goes_away_does_not_tear_what_is_in_flight(
    desk: Desk,
) -> None:
    gone, called = asyncio.Event(), threading.Event()

    def pages() -> Iterator[Sequence[Prepared]]:
        yield items(5)
        assert called.wait(30)
        gone.set()
        raise WarehouseUnavailable("the warehouse went away", do="wait")

    async def until_gone(event_ids: Sequence[str]) -> None:
        called.set()
        while not gone.is_set():
            await asyncio.to_thread(desk.ledger.status_counts)
        for _ in range(20):
            await asyncio.to_thread(desk.ledger.status_counts)

    desk.platform.before = until_gone
    with pytest.raises(WarehouseUnavailable):
        asyncio.run(desk.delivering(pages()))

    assert desk.statuses() == {Status.DELIVERED: 5}


def test_a_lane_that_stops_closes_its_pages_where_they_were_read(desk: Desk) -> None:
    """To close them waits for rows that are on their way; other lanes must not."""
    desk.platform.script = lambda *_: "expire_token"
    threads: list[str] = []

    def pages() -> Iterator[Sequence[Prepared]]:
        try:
            yield from ([an_item(number)] for number in itertools.count())
        finally:
            threads.append(threading.current_thread().name)

    asyncio.run(desk.delivering(pages()))

    assert [name.rpartition("_")[0] for name in threads] == ["pages"]
