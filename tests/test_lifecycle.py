from itertools import product

import pytest

from capi_jobs.errors import IllegalMove
from capi_jobs.lifecycle import TRANSITIONS, Event, Status, advance

# Written by hand from the promise in docs/effectively-once.md, on purpose: a changed
# table must be changed here too.
MOVES = """
-          claimed   in_flight
-          imported  delivered
in_flight  accepted  delivered
in_flight  refused   rejected
in_flight  deferred  released
in_flight  lost      in_doubt
in_doubt   claimed   resending
in_doubt   resolved  delivered
in_doubt   requeued  released
resending  accepted  delivered
resending  deferred  in_doubt
resending  lost      in_doubt
resending  refused   in_doubt
rejected   requeued  released
delivered  requeued  released
"""
LEGAL = {
    (None if status == "-" else Status(status), Event(event)): Status(after)
    for status, event, after in (line.split() for line in MOVES.strip().splitlines())
}
ALL = set(product([None, *Status], Event))


@pytest.mark.parametrize(("pair", "expected"), LEGAL.items(), ids=str)
def test_a_legal_event_takes_a_batch_to_its_next_status(
    pair: tuple[Status | None, Event], expected: Status
) -> None:
    assert advance(*pair) is expected


@pytest.mark.parametrize(("status", "event"), sorted(ALL - set(LEGAL), key=str))
def test_every_other_event_is_refused_by_name(
    status: Status | None, event: Event
) -> None:
    with pytest.raises(IllegalMove, match=f"{status or 'new'} cannot be {event}"):
        advance(status, event)


def test_the_table_holds_these_moves_and_cannot_be_changed() -> None:
    assert dict(TRANSITIONS) == LEGAL
    with pytest.raises(TypeError):
        TRANSITIONS[None, Event.LOST] = Status.RELEASED  # type: ignore[index]


def test_what_is_released_stays_so() -> None:
    assert {s for s in Status if not any(s is before for before, _ in LEGAL)} == {
        Status.RELEASED
    }


def test_what_is_delivered_stays_so_but_for_a_person() -> None:
    ways = {event for before, event in TRANSITIONS if before is Status.DELIVERED}

    assert ways == {Event.REQUEUED}


def test_what_may_have_counted_is_never_released_but_by_a_person() -> None:
    doubtful = {Status.IN_DOUBT, Status.RESENDING, Status.DELIVERED}

    ways = {
        event
        for (before, event), after in TRANSITIONS.items()
        if before in doubtful and after in {Status.RELEASED, Status.REJECTED}
    }

    assert ways == {Event.REQUEUED}
