"""One call: who is due is claimed, called and settled, and nobody else."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from capi_jobs.delivery import Tally
from capi_jobs.delivery.attempt import Result
from capi_jobs.delivery.setbacks import LOST_IN_A_ROW_MAX
from capi_jobs.ledger import Ledger
from capi_jobs.lifecycle import Event, Status
from capi_jobs.model import Accepted, Lost, Outcome, Refused
from tests.delivery.building import (
    AGE_MAX,
    CALL,
    LEASE,
    TICK,
    WINDOW,
    Desk,
    an_item,
    items,
)
from tests.simulator import NOON, at_once


def test_the_intent_is_in_the_books_before_the_call(both: Desk) -> None:
    seen = []

    async def look(event_ids: Sequence[str]) -> None:
        seen.append(both.statuses())

    both.platform.before = look
    both.deliver(items(3))

    assert seen == [{Status.IN_FLIGHT: 3}]
    assert both.statuses() == {Status.DELIVERED: 3}


def test_what_another_worker_holds_drops_out_and_is_not_sent(both: Desk) -> None:
    held = [an_item(2).entry]
    both.ledger.claim(
        held, run_id="r2", now=both.clock.now(), lease=LEASE, actor="other"
    )

    tally = both.deliver(items(3))

    assert both.platform.requests[0] == ["e1", "e3"]
    assert tally.already_known == 1


def test_what_drops_out_is_known_by_name_and_id(both: Desk) -> None:
    """Another event of the same id, but of another name, goes on without it."""
    held = an_item(1, name="Subscribe")
    twin = replace(held, entry=replace(held.entry, order_id="o9"))
    both.ledger.claim(
        [twin.entry], run_id="r2", now=both.clock.now(), lease=LEASE, actor="other"
    )

    tally = both.deliver([an_item(1), twin, an_item(2)])

    assert both.platform.requests[0] == ["e1", "e2"]
    assert tally.already_known == 1


def test_events_are_young_enough_when_the_call_ends_or_are_not_sent(
    desk: Desk,
) -> None:
    """A backlog ages: what counts is the age when the lease is over."""
    oldest = NOON + LEASE - AGE_MAX
    late, just = an_item(1, at=oldest - TICK), an_item(2, at=oldest)
    desk.limits["requests_per_second_max"] = 1e9

    tally = desk.deliver([late, just])

    assert desk.platform.requests == [["e2"]]
    assert Tally("meta", delivered=1, too_late=1, requests=1) == tally
    assert desk.statuses() == {Status.DELIVERED: 1}


def test_an_enrichment_is_not_sent_when_its_window_may_close(desk: Desk) -> None:
    desk.limits["requests_per_second_max"] = 1e9
    closing = an_item(1, send_until=NOON + LEASE - TICK)
    open_still = an_item(2, send_until=NOON + LEASE)

    tally = desk.deliver([closing, open_still])

    assert desk.platform.requests == [["e2"]]
    assert (tally.delivered, tally.too_late) == (1, 1)


def test_age_is_looked_at_again_when_a_call_is_repeated(desk: Desk) -> None:
    soon_too_old = an_item(1, at=NOON + LEASE - AGE_MAX + timedelta(seconds=10))
    desk.platform.retry_after = 60
    desk.platform.script = lambda number, _: "throttle" if number == 1 else None

    tally = desk.deliver([soon_too_old, an_item(2)])

    assert desk.platform.requests == [["e1", "e2"], ["e2"]]
    assert (tally.delivered, tally.too_late) == (1, 1)


@pytest.mark.parametrize("slow", [LEASE - CALL - timedelta(seconds=1), LEASE - CALL])
def test_a_claim_that_took_too_long_is_given_back_unsent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, slow: timedelta
) -> None:
    """Else the answer could come after another run took the batch over."""
    claim = Ledger.claim

    def slowly(self: Ledger, *args: object, **more: object) -> object:
        claimed = claim(self, *args, **more)  # type: ignore[arg-type]
        if not waited:
            waited.append(slow)
            desk.clock.pass_by(slow)
        return claimed

    waited = list[timedelta]()
    monkeypatch.setattr(Ledger, "claim", slowly)
    desk.settings["attempts_max"] = 1
    tally = desk.deliver(items(2))

    in_time = slow + CALL < LEASE
    assert ((2, 0) if in_time else (0, 2)) == (tally.delivered, tally.released)
    assert int(in_time) == len(desk.platform.requests)
    assert ({Status.DELIVERED: 2} if in_time else {}) == desk.statuses()


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "nonsense"])
def test_a_lost_answer_leaves_the_events_in_doubt(desk: Desk, fault: str) -> None:
    desk.platform.script = lambda *_: fault

    tally = desk.deliver(items(3))

    assert Tally("meta", in_doubt=3, requests=1) == tally
    assert desk.statuses() == {Status.IN_DOUBT: 3}


def test_a_platform_that_answers_no_more_is_left_alone(desk: Desk) -> None:
    desk.settings["in_flight_max"] = 1
    desk.limits["events_per_batch_max"] = 1
    desk.platform.script = lambda *_: "drop_after"

    tally = desk.deliver(items(40))

    assert tally.requests == LOST_IN_A_ROW_MAX
    assert f"{LOST_IN_A_ROW_MAX} answers in a row were lost" in str(tally.stopped)
    assert desk.statuses() == {Status.IN_DOUBT: LOST_IN_A_ROW_MAX}


def test_a_good_answer_between_lost_ones_keeps_the_lane_open(desk: Desk) -> None:
    desk.settings |= {"in_flight_max": 1, "in_doubt_attempts_max": 1}
    desk.limits["events_per_batch_max"] = 1
    desk.platform.script = lambda number, _: (
        None if number % LOST_IN_A_ROW_MAX == 0 else "drop_after"
    )

    tally = desk.deliver(items(3 * LOST_IN_A_ROW_MAX))

    assert tally.stopped is None
    assert tally.delivered == 3


def test_a_late_answer_is_told_from_that_to_a_later_call(both: Desk) -> None:
    """Our process slept beyond its lease; meanwhile another run sent and parted it."""
    other = Desk(both.ledger, both.clock)
    other.platform = both.platform
    other.shop = {one.entry.order_id: one for one in items(2)}
    both.platform.names_the_bad = True

    async def overslept(event_ids: Sequence[str]) -> None:
        if len(both.platform.requests) > 1:
            return
        both.platform.after = nothing
        both.platform.bad = {"e2"}
        both.clock.pass_by(LEASE)
        both.ledger.sweep(both.clock.now(), actor="other")
        await other.delivering()
        both.platform.bad = ()

    async def nothing(event_ids: Sequence[str]) -> None:
        return

    both.platform.after = overslept
    both.deliver(items(2))

    assert both.statuses() == {Status.DELIVERED: 2}
    assert {"e1", "e2"} == both.platform.counted_once()


def test_a_late_answer_does_not_end_the_call_of_another_run(both: Desk) -> None:
    """Put off after its lease; by then another run sends it again."""

    async def overslept(event_ids: Sequence[str]) -> None:
        both.platform.after = at_once
        both.clock.pass_by(LEASE)
        now = both.clock.now()
        both.ledger.sweep(now, actor="other")
        assert both.ledger.claim_in_doubt(
            "meta", now=now, lease=LEASE, dedup_window=WINDOW, actor="other"
        )

    both.platform.script = lambda number, _: "throttle" if number == 1 else None
    both.platform.after = overslept
    both.deliver(items(1))

    told = [
        (row["event"], row["from_status"], row["to_status"])
        for row in both.ledger.entry_history("o1")
    ]
    assert (Event.DEFERRED, Status.RESENDING, Status.RESENDING) in told
    assert both.statuses() == {Status.RESENDING: 1}


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([], False),
        ([Accepted(), Accepted()], True),
        ([Accepted(), Lost("reset")], False),
        ([Refused("1", ""), Accepted()], False),
    ],
)
def test_a_batch_is_taken_when_all_of_it_is(
    outcomes: list[Outcome], expected: bool
) -> None:
    """Else a probe would prove by one event that all of its others are good."""
    assert Result(outcomes).taken == expected


def test_who_watches_is_told_of_every_answer(desk: Desk) -> None:
    desk.limits["events_per_batch_max"] = 2
    told = list[int]()
    tally = Tally("meta", on_change=lambda now: told.append(now.delivered))
    asyncio.run(desk.delivering([items(6)], tally))

    assert sorted(told) == [2, 4, 6]


def test_the_token_goes_to_the_platform_and_into_no_book(desk: Desk) -> None:
    desk.platform.script = lambda *_: "nonsense"

    tally = desk.deliver(items(1))

    assert desk.platform.tokens == ["token-1"]
    kept = [list(desk.ledger.entries()), desk.ledger.batches_of("r1")]
    assert "token-1" not in f"{tally!r}{desk.lane()!r}{kept!r}"
