"""What is in doubt is sent again under the same id and time, while that is safe."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from capi_jobs.ledger import Ledger
from capi_jobs.lifecycle import Status
from tests.delivery.building import (
    AGE_MAX,
    CALL,
    LEASE,
    TICK,
    WINDOW,
    Desk,
    an_item,
    ids,
    items,
)
from tests.simulator import NOON

SECOND = timedelta(seconds=1)


def in_doubt(desk: Desk, count: int = 3, fault: str = "drop_after") -> None:
    """Send so many; every answer is lost."""
    desk.platform.script = lambda *_: fault
    desk.deliver(items(count))
    desk.platform.script = lambda *_: None
    assert ids(count) == desk.in_status(Status.IN_DOUBT)


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_it_is_sent_again_with_the_same_id_and_time_and_counted_once(
    both: Desk, fault: str
) -> None:
    in_doubt(both, fault=fault)

    tally = both.again()

    assert (tally.delivered, tally.resent, tally.in_doubt) == (3, 3, 0)
    assert both.platform.requests == 2 * [["e1", "e2", "e3"]]
    assert {1} == {len(times) for times in both.platform.times.values()}
    assert ids(3) == both.platform.counted_once()
    assert both.statuses() == {Status.DELIVERED: 3}


def test_an_answer_lost_in_a_run_is_asked_for_at_its_end(desk: Desk) -> None:
    desk.platform.script = lambda number, _: "drop_after" if number == 1 else None
    desk.settings["in_flight_max"] = 1
    desk.limits |= {"events_per_batch_max": 1, "requests_per_second_max": 1.0}

    tally = desk.deliver(items(2))

    assert desk.platform.requests == [["e1"], ["e2"], ["e1"]]
    assert desk.statuses() == {Status.DELIVERED: 2}
    assert tally.requests == 3


@pytest.mark.parametrize(
    ("after", "sent"),
    [(WINDOW - LEASE - SECOND, True), (WINDOW - LEASE, False), (WINDOW, False)],
    ids=["lease ends inside", "lease ends with the window", "outside"],
)
def test_it_stays_in_doubt_when_the_lease_could_outlast_the_window(
    both: Desk, after: timedelta, sent: bool
) -> None:
    in_doubt(both)

    tally = both.again(after)

    assert (3 if sent else 0) == tally.resent
    status = Status.DELIVERED if sent else Status.IN_DOUBT
    assert {status: 3} == both.statuses()


def test_a_clock_that_went_back_makes_nothing_young_again(desk: Desk) -> None:
    in_doubt(desk)
    desk.clock.pass_by(WINDOW)
    desk.clock.jump(-2 * WINDOW)

    assert desk.again().resent == 0


def test_an_order_that_went_away_stays_in_doubt_and_others_go(desk: Desk) -> None:
    in_doubt(desk)
    del desk.shop["o2"]

    tally = desk.again()

    assert (2, {"e2"}) == (tally.delivered, desk.in_status(Status.IN_DOUBT))
    assert {"the order is no longer in the warehouse"} == desk.reasons(Status.IN_DOUBT)


def test_an_order_that_is_held_by_now_stays_in_doubt_with_the_reason(
    desk: Desk,
) -> None:
    in_doubt(desk)
    desk.shop["o2"] = "a rule holds the order: value_negative"

    desk.again()

    assert {"e2"} == desk.in_status(Status.IN_DOUBT)
    assert {"a rule holds the order: value_negative"} == desk.reasons(Status.IN_DOUBT)


def test_what_the_platform_finds_too_old_by_now_stays_in_doubt(desk: Desk) -> None:
    item = an_item(1, at=NOON + timedelta(hours=1) + LEASE - AGE_MAX)
    desk.platform.script = lambda *_: "drop_after"
    desk.deliver([item])
    desk.platform.script = lambda *_: None

    desk.again(timedelta(hours=1) + SECOND)

    assert len(desk.platform.requests) == 1
    assert {"too old for the platform by now"} == desk.reasons(Status.IN_DOUBT)


def test_an_enrichment_is_not_sent_again_after_its_window(desk: Desk) -> None:
    in_doubt(desk)
    desk.shop = {
        order_id: replace(item, send_until=NOON + 2 * LEASE - TICK)
        for order_id, item in desk.shop.items()
        if not isinstance(item, str)
    }

    assert desk.again(LEASE).resent == 0
    assert desk.statuses() == {Status.IN_DOUBT: 3}


def test_a_slow_warehouse_costs_the_turn_not_the_lease(desk: Desk) -> None:
    in_doubt(desk)
    desk.rebuilt = lambda: desk.clock.pass_by(LEASE - CALL)

    desk.again()

    assert len(desk.platform.requests) == 1
    assert desk.statuses() == {Status.IN_DOUBT: 3}


def test_a_slow_claim_counts_against_the_lease_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_doubt(desk)
    claim = Ledger.claim_in_doubt

    def slowly(self: Ledger, *args: object, **more: object) -> object:
        doubt = claim(self, *args, **more)  # type: ignore[arg-type]
        desk.clock.pass_by(LEASE - CALL)
        return doubt

    monkeypatch.setattr(Ledger, "claim_in_doubt", slowly)
    desk.again()

    assert len(desk.platform.requests) == 1


@pytest.mark.parametrize("fault", ["throttle", "never", "expire_token", "drop_after"])
def test_whatever_befalls_the_second_call_the_first_may_have_counted(
    desk: Desk, fault: str
) -> None:
    in_doubt(desk)
    desk.platform.script = lambda *_: fault

    desk.again()

    assert desk.statuses() == {Status.IN_DOUBT: 3}


def test_throttling_slows_the_second_calls_as_it_does_the_first(desk: Desk) -> None:
    desk.limits["events_per_batch_max"] = 1
    in_doubt(desk)
    desk.clock.slept.clear()
    already = len(desk.platform.requests)
    desk.platform.script = lambda number, _: (
        "throttle" if number == already + 1 else None
    )

    desk.again()

    assert len(desk.clock.slept) == 1
    assert desk.statuses() == {Status.DELIVERED: 3}


@pytest.mark.parametrize("named", [False, True])
def test_a_refused_batch_is_parted_until_the_bad_event_is_alone(
    desk: Desk, named: bool
) -> None:
    in_doubt(desk, 1_000, fault="drop_before")
    desk.platform.bad, desk.platform.names_the_bad = {"e333"}, named

    desk.again()

    assert {"e333"} == desk.in_status(Status.IN_DOUBT)
    assert ids(1_000) - {"e333"} == desk.in_status(Status.DELIVERED)
    assert ids(1_000) - {"e333"} == desk.platform.counted_once()


def test_so_many_calls_are_ever_made_then_a_person_decides(desk: Desk) -> None:
    desk.settings["in_doubt_attempts_max"] = 3
    in_doubt(desk)
    desk.platform.script = lambda *_: "drop_after"

    for _ in range(5):
        desk.again()

    assert len(desk.platform.requests) == 3
    assert desk.statuses() == {Status.IN_DOUBT: 3}


def test_asked_to_stop_no_other_batch_is_sent_again(desk: Desk) -> None:
    desk.limits["events_per_batch_max"] = 1
    in_doubt(desk)

    async def asked(event_ids: Sequence[str]) -> None:
        desk.stop.set()

    desk.platform.after = asked
    tally = desk.again()

    assert (tally.resent, tally.delivered) == (1, 1)
    assert tally.interrupted


def test_cancelled_in_the_middle_it_is_in_doubt_as_before(both: Desk) -> None:
    in_doubt(both)
    reached = asyncio.Event()

    async def hang(event_ids: Sequence[str]) -> None:
        reached.set()
        await asyncio.Event().wait()

    async def cancelled() -> None:
        run = asyncio.ensure_future(both.delivering())
        await reached.wait()
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    both.clock.pass_by(LEASE)
    both.platform.before = hang
    asyncio.run(cancelled())

    assert both.statuses() == {Status.IN_DOUBT: 3}


def test_two_events_of_one_id_keep_their_own_orders(desk: Desk) -> None:
    """A platform tells events by name and id; so do we."""
    purchase, renewal = an_item(1), an_item(2, name="Subscribe")
    conversion = replace(renewal.conversion, event_id="e1")
    renewal = replace(renewal, entry=replace(renewal.entry, event_id="e1"))
    renewal = replace(renewal, event=purchase.event.replace(b"Purchase", b"Subscribe"))
    renewal = replace(renewal, conversion=conversion)
    desk.platform.script = lambda *_: "drop_before"
    desk.deliver([purchase, renewal])
    desk.platform.script = lambda *_: None

    desk.again()

    assert desk.statuses() == {Status.DELIVERED: 2}
    assert desk.platform.counted == {"e1": 2}
