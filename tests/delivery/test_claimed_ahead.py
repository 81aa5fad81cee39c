"""While calls are under way the next batches are claimed; what becomes of them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import pytest

from capi_jobs.lifecycle import Status
from tests.delivery.building import CALL, LEASE, TICK, Desk, items

Seen = list[tuple[int, dict[Status, int]]]


def _once_claimed(
    desk: Desk, calls: int, claimed: int, seen: Seen
) -> Callable[[Sequence[str]], Awaitable[None]]:
    """Hold the first calls until so many batches are claimed, and time for others."""
    all_claimed = asyncio.Event()

    async def held(event_ids: Sequence[str]) -> None:
        if len(desk.platform.requests) == calls:
            while (await asyncio.to_thread(desk.statuses))[Status.IN_FLIGHT] < claimed:
                pass
            for _ in range(20):
                await asyncio.to_thread(desk.statuses)
            seen.append((len(desk.platform.requests), desk.statuses()))
            all_claimed.set()
        await all_claimed.wait()

    return held


@pytest.mark.parametrize(
    ("calls", "lease", "claimed"),
    [
        pytest.param(1, LEASE, 1, id="one call at a time"),
        pytest.param(4, LEASE, 6, id="half as many beside"),
        pytest.param(4, 2 * CALL, 6, id="a lease of two calls"),
        pytest.param(4, 2 * CALL - TICK, 4, id="no time to wait for a call"),
    ],
)
def test_what_is_called_next_is_claimed_while_calls_are_under_way(
    desk: Desk, calls: int, lease: timedelta, claimed: int
) -> None:
    desk.settings |= {"in_flight_max": calls, "lease": lease}
    desk.limits["events_per_batch_max"] = 1
    seen: Seen = []
    desk.platform.before = _once_claimed(desk, calls, claimed, seen)

    tally = desk.deliver(items(12))

    assert seen == [(calls, {Status.IN_FLIGHT: claimed})]
    assert tally.delivered == 12


def test_what_is_claimed_when_the_run_ends_is_not_called(desk: Desk) -> None:
    desk.settings["in_flight_max"] = 2
    desk.limits["events_per_batch_max"] = 1
    held = _once_claimed(desk, 2, 3, [])

    async def asked(event_ids: Sequence[str]) -> None:
        await held(event_ids)
        desk.stop.set()

    desk.platform.before = asked
    tally = desk.deliver(items(10))

    assert (tally.delivered, tally.released, tally.requests) == (2, 1, 2)
    assert desk.statuses() == {Status.DELIVERED: 2}


def test_what_is_claimed_waits_for_its_call_within_its_lease(desk: Desk) -> None:
    desk.settings |= {"in_flight_max": 2, "attempts_max": 1}
    desk.limits["events_per_batch_max"] = 1
    held = _once_claimed(desk, 2, 3, [])

    async def slow(event_ids: Sequence[str]) -> None:
        await held(event_ids)
        desk.clock.pass_by(LEASE - CALL)

    desk.platform.before = slow
    tally = desk.deliver(items(3))

    assert (tally.delivered, tally.released, tally.requests) == (2, 1, 2)
    assert desk.statuses() == {Status.DELIVERED: 2}


def test_stopped_at_once_what_is_claimed_and_not_called_is_missing_again(
    both: Desk,
) -> None:
    both.settings["in_flight_max"] = 2
    both.limits["events_per_batch_max"] = 1
    held, reached = _once_claimed(both, 2, 3, []), asyncio.Event()

    async def hang(event_ids: Sequence[str]) -> None:
        await held(event_ids)
        reached.set()
        await asyncio.Event().wait()

    both.platform.before = hang
    asyncio.run(both.cancelled(items(5), reached))

    assert both.statuses() == {Status.IN_DOUBT: 2}
