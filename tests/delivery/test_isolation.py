"""One bad event costs its own delivery, nobody else's, in few calls."""

import random
from collections.abc import Sequence

import pytest

from capi_jobs.delivery.setbacks import REFUSED_IN_A_ROW_MAX
from capi_jobs.ledger import Ledger
from capi_jobs.lifecycle import Status
from capi_jobs.platforms import meta_answers
from capi_jobs.platforms.reading import Meaning, Verdict
from tests.delivery.building import LEASE, Desk, an_item, ids, items

THOUSAND = 1_000
# The refused call, ten halvings, and all that was spared.
CALLS_UNNAMED, CALLS_NAMED = 12, 3


def delivered_but(desk: Desk, bad: Sequence[int], *, of: int = THOUSAND) -> int:
    """Deliver; see that only the bad are rejected; return the calls it took."""
    desk.platform.bad = {f"e{number}" for number in bad}
    tally = desk.deliver(items(of))
    good = ids(of) - set(desk.platform.bad)
    assert set(desk.platform.bad) == desk.in_status(Status.REJECTED)
    assert good == desk.in_status(Status.DELIVERED)
    assert good == desk.platform.counted_once()
    assert (len(good), len(bad), 0) == (tally.delivered, tally.rejected, tally.released)
    assert tally.stopped is None
    return tally.requests


@pytest.mark.parametrize("position", [1, 2, 333, 500, 501, 999, 1_000])
def test_one_bad_event_among_a_thousand_is_found_by_halves(
    desk: Desk, position: int
) -> None:
    assert delivered_but(desk, [position]) <= CALLS_UNNAMED
    (reason,) = desk.reasons(Status.REJECTED)
    assert reason.startswith(("100/2804001: ", "refused with others (100/2804001)"))


@pytest.mark.parametrize("position", [1, 500, 1_000])
def test_a_bad_event_that_the_answer_names_costs_one_more_call(
    desk: Desk, position: int
) -> None:
    desk.platform.names_the_bad = True

    assert delivered_but(desk, [position]) <= CALLS_NAMED
    assert {"100/2804001: event invalid: data … user_data"} == desk.reasons(
        Status.REJECTED
    )


@pytest.mark.parametrize("count", [2, 3, 10])
@pytest.mark.parametrize("seed", [1, 2])
def test_several_bad_events_are_found_one_after_the_other(
    desk: Desk, count: int, seed: int
) -> None:
    bad = random.Random(seed).sample(range(1, THOUSAND + 1), count)

    assert delivered_but(desk, bad) <= 1 + count * (CALLS_UNNAMED - 1)


def test_each_named_refusal_is_progress_however_many_there_are(desk: Desk) -> None:
    """More of them than patience: a platform that names one bad event at a time."""
    desk.settings["attempts_max"] = 2
    desk.platform.names_the_bad = desk.platform.names_one_at_a_time = True

    assert delivered_but(desk, list(range(10, 20))) == 11


def test_the_last_suspect_is_rejected_without_a_call(both: Desk) -> None:
    both.platform.bad = {"e2"}

    tally = both.deliver(items(2))

    assert both.platform.requests == [["e1", "e2"], ["e1"]]
    assert (tally.delivered, tally.rejected, tally.requests) == (1, 1, 2)
    (reason,) = both.reasons(Status.REJECTED)
    assert "found by elimination" in reason


@pytest.mark.parametrize("count", [2, 7, 8, 9, 40])
def test_nobody_is_rejected_when_only_the_batch_was_too_large(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """A platform that takes fewer events a call than it says."""
    too_many = {"17": Verdict(Meaning.SPLIT, "batch size invalid")}
    answers = {**meta_answers.ANSWERS, **too_many}
    monkeypatch.setattr(meta_answers, "ANSWERS", answers)
    most = 1 if count == 2 else 3
    desk.platform.script = lambda _, told: "throttle" if len(told) > most else None

    desk.deliver(items(count))

    assert ids(count) == desk.in_status(Status.DELIVERED)
    assert ids(count) == desk.platform.counted_once()


def test_nobody_is_rejected_by_elimination_when_the_probe_was_not_whole(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker took e1 between the refusal and the probe."""
    desk.platform.bad = {"e1"}
    settle = Ledger.settle_each

    def then_another_claims(ledger: Ledger, *args: object, **more: object) -> None:
        settle(ledger, *args, **more)  # type: ignore[arg-type]
        monkeypatch.undo()
        ledger.claim(
            [an_item(1).entry],
            run_id="r2",
            now=desk.clock.now(),
            lease=LEASE,
            actor="other",
        )

    monkeypatch.setattr(Ledger, "settle_each", then_another_claims)
    desk.deliver(items(4))

    assert set() == desk.in_status(Status.REJECTED)
    assert {"e2", "e3", "e4"} == desk.in_status(Status.DELIVERED)


def test_a_probe_that_is_lost_proves_nothing(desk: Desk) -> None:
    desk.platform.bad = {"e4"}
    desk.platform.script = lambda number, _: "drop_after" if number == 2 else None

    desk.deliver(items(4))

    assert {"e4"} == desk.in_status(Status.REJECTED)
    assert {"e3"} == desk.in_status(Status.DELIVERED) - {"e1", "e2"}
    assert {"e1", "e2", "e3"} == desk.platform.counted_once()


def test_a_probe_that_is_put_off_is_made_again(desk: Desk) -> None:
    desk.platform.bad = {"e3"}
    desk.platform.script = lambda number, _: "throttle" if number == 2 else None

    desk.deliver(items(4))

    assert {"e3"} == desk.in_status(Status.REJECTED)
    assert {"e1", "e2", "e4"} == desk.in_status(Status.DELIVERED)


def test_asked_to_stop_in_the_middle_everything_unproven_is_missing_again(
    desk: Desk,
) -> None:
    desk.platform.bad = {"e3"}

    async def asked(event_ids: Sequence[str]) -> None:
        if len(desk.platform.requests) == 2:
            desk.stop.set()

    desk.platform.after = asked
    tally = desk.deliver(items(8))

    assert tally.interrupted
    assert (tally.delivered, tally.released, tally.requests) == (0, 8, 2)
    assert desk.statuses() == {}


def test_when_all_are_bad_the_set_up_is(desk: Desk) -> None:
    desk.limits["events_per_batch_max"] = 4
    desk.settings["in_flight_max"] = 1
    desk.platform.bad = ids(200)

    tally = desk.deliver(items(200))

    assert tally.rejected == REFUSED_IN_A_ROW_MAX
    assert f"{REFUSED_IN_A_ROW_MAX} events in a row were refused" in str(tally.stopped)
    assert desk.statuses() == {Status.REJECTED: REFUSED_IN_A_ROW_MAX}


def test_good_events_between_bad_ones_do_not_stop_the_lane(desk: Desk) -> None:
    desk.limits["events_per_batch_max"] = 2
    desk.platform.names_the_bad = True
    bad = list(range(1, 2 * REFUSED_IN_A_ROW_MAX + 20, 2))

    delivered_but(desk, bad, of=2 * REFUSED_IN_A_ROW_MAX + 20)
