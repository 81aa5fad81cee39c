"""A whole run of one destination: pages in, a tally and a true ledger out."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from capi_jobs.delivery import Tally
from capi_jobs.errors import ConfigurationRefused, CredentialRefused, DestinationStopped
from capi_jobs.lifecycle import Status
from capi_jobs.pace import PAUSE_MAX_SECONDS
from tests.delivery.building import Desk, an_item, ids, items


def test_everything_that_is_due_is_delivered_and_counted_once(both: Desk) -> None:
    tally = both.deliver(items(2_500))

    assert Tally("meta", delivered=2_500, requests=3) == tally
    assert ids(2_500) == both.platform.counted_once()
    assert both.statuses() == {Status.DELIVERED: 2_500}


def test_a_second_run_finds_the_ledger_knows_everything(desk: Desk) -> None:
    desk.deliver(items(10))

    tally = desk.deliver(items(10))

    assert Tally("meta", already_known=10) == tally
    assert len(desk.platform.requests) == 1


def test_nothing_due_needs_no_call(desk: Desk) -> None:
    assert Tally("meta") == desk.deliver()


def test_a_page_with_nothing_ready_does_not_end_the_run(desk: Desk) -> None:
    tally = desk.deliver([], items(3), [])

    assert tally.delivered == 3


def test_pages_are_sent_oldest_first(desk: Desk) -> None:
    desk.settings["in_flight_max"] = 1
    desk.limits["events_per_batch_max"] = 2
    old = items(6)

    desk.deliver(old[:3], old[3:])

    expected = [["e1", "e2"], ["e3"], ["e4", "e5"], ["e6"]]
    assert expected == desk.platform.requests


def test_a_call_is_as_large_as_the_platform_takes(desk: Desk) -> None:
    size = len(an_item(1).event)
    desk.limits["body_bytes_max"] = 3 * size

    desk.deliver(items(9))

    # The envelope takes the room of the third.
    assert {1, 2} == {len(request) for request in desk.platform.requests}
    assert ids(9) == desk.platform.counted_once()


@pytest.mark.parametrize("most", [1, 4])
def test_so_many_calls_are_in_flight_and_no_more(desk: Desk, most: int) -> None:
    desk.settings["in_flight_max"] = most
    desk.limits["events_per_batch_max"] = 1
    running, seen = 0, list[int]()
    all_there = asyncio.Event()

    async def held(event_ids: Sequence[str]) -> None:
        nonlocal running
        running += 1
        seen.append(running)
        if running == most:
            # Time enough for any other claim to come through.
            for _ in range(20):
                await asyncio.to_thread(desk.ledger.status_counts)
            all_there.set()
        await all_there.wait()

    async def left(event_ids: Sequence[str]) -> None:
        nonlocal running
        running -= 1

    desk.platform.before, desk.platform.after = held, left
    desk.deliver(items(12))

    assert most == max(seen)


def test_throttled_calls_slow_down_and_go_through(desk: Desk) -> None:
    desk.settings["in_flight_max"] = 1
    desk.platform.script = lambda number, _: "throttle" if number <= 3 else None

    tally = desk.deliver(items(5))

    assert Tally("meta", delivered=5, requests=4) == tally
    # The pauses double.
    assert [round(pause) for pause in desk.clock.slept] == [1, 2, 4]
    assert desk.statuses() == {Status.DELIVERED: 5}


def test_a_platform_that_says_how_long_is_waited_for(desk: Desk) -> None:
    desk.settings["in_flight_max"] = 1
    desk.platform.retry_after = 45
    desk.platform.script = lambda number, _: "throttle" if number == 1 else None

    desk.deliver(items(5))

    assert [round(pause) for pause in desk.clock.slept] == [45]


@pytest.mark.parametrize("fault", ["throttle", "never", "transient"])
def test_what_is_put_off_for_good_is_missing_again(desk: Desk, fault: str) -> None:
    desk.limits["events_per_batch_max"] = 5
    desk.platform.script = lambda *_: fault

    tally = desk.deliver(items(10))

    assert isinstance(tally.stopped, DestinationStopped)
    assert tally.released == 10
    assert desk.statuses() == {}
    desk.platform.script = lambda *_: None
    assert desk.deliver(items(10)).delivered == 10
    assert ids(10) == desk.platform.counted_once()


def test_patience_is_as_long_as_configured(desk: Desk) -> None:
    desk.settings["attempts_max"] = 3
    desk.platform.script = lambda *_: "throttle"

    tally = desk.deliver(items(5))

    assert tally.requests == 3
    assert "again and again (throttled: rate limit reached (17))" in str(tally.stopped)


@pytest.mark.parametrize(
    ("fault", "kind"), [("expire_token", CredentialRefused)], ids=["credential"]
)
def test_a_refused_credential_stops_at_once_and_loses_nothing(
    desk: Desk, fault: str, kind: type[DestinationStopped]
) -> None:
    desk.settings["in_flight_max"] = 1
    desk.limits["events_per_batch_max"] = 2
    desk.platform.script = lambda number, _: fault if number > 1 else None

    tally = desk.deliver(items(8))

    assert isinstance(tally.stopped, kind)
    assert not isinstance(tally.stopped, ConfigurationRefused)
    assert tally.requests == 2
    assert desk.statuses() == {Status.DELIVERED: 2}


def test_one_destination_stops_and_the_other_goes_on(desk: Desk) -> None:
    other = Desk(desk.ledger, desk.clock, name="other")
    desk.platform.script = lambda *_: "expire_token"

    async def side_by_side() -> list[Tally]:
        mine = desk.delivering([items(5)])
        theirs = other.delivering([items(5, destination="other")])
        return list(await asyncio.gather(mine, theirs))

    stopped, gone_on = asyncio.run(side_by_side())

    assert (stopped.delivered, gone_on.delivered) == (0, 5)
    assert isinstance(stopped.stopped, CredentialRefused)
    assert gone_on.stopped is None
    assert other.statuses() == {Status.DELIVERED: 5}


def test_asked_to_stop_it_begins_no_call_and_settles_those_in_flight(
    desk: Desk,
) -> None:
    desk.settings["in_flight_max"] = 2
    desk.limits["events_per_batch_max"] = 1

    async def asked(event_ids: Sequence[str]) -> None:
        desk.stop.set()
        await asyncio.to_thread(desk.ledger.status_counts)

    desk.platform.before = asked
    tally = desk.deliver(items(10))

    assert tally.interrupted
    assert tally.delivered == tally.requests <= 2
    assert {Status.DELIVERED: tally.delivered} == desk.statuses()


def test_asked_to_stop_it_does_not_sit_out_a_pause(desk: Desk) -> None:
    async def endless(seconds: float) -> None:
        if seconds < PAUSE_MAX_SECONDS:
            return desk.clock.pass_by(timedelta(seconds=seconds))
        desk.stop.set()
        await asyncio.Event().wait()
        return None

    desk.clock.sleep = endless  # type: ignore[method-assign]
    desk.platform.retry_after = int(PAUSE_MAX_SECONDS)
    desk.platform.script = lambda *_: "throttle"

    tally = desk.deliver(items(5))

    assert Tally("meta", released=5, requests=1, interrupted=True) == tally


def test_a_run_ends_at_its_deadline(desk: Desk) -> None:
    desk.settings |= {"run_deadline": timedelta(minutes=1), "in_flight_max": 1}
    desk.limits["events_per_batch_max"] = 1

    async def slow(event_ids: Sequence[str]) -> None:
        desk.clock.pass_by(timedelta(seconds=25))

    desk.platform.before = slow
    tally = desk.deliver(items(10))

    assert (tally.interrupted, tally.out_of_time) == (True, True)
    assert (tally.delivered, tally.requests) == (3, 3)


def test_stopped_at_once_a_call_in_flight_is_in_doubt(both: Desk) -> None:
    """The second Ctrl-C: it was counted, and nobody read the answer."""
    reached = asyncio.Event()

    async def hang(event_ids: Sequence[str]) -> None:
        reached.set()
        await asyncio.Event().wait()

    both.platform.after = hang
    asyncio.run(both.cancelled(items(5), reached))

    assert both.statuses() == {Status.IN_DOUBT: 5}
    reason = "the run was stopped before the answer came"
    assert {reason} == both.reasons(Status.IN_DOUBT)
