from datetime import timedelta

import pytest

from capi_jobs.errors import IllegalMove
from capi_jobs.ledger.values import Swept
from capi_jobs.lifecycle import TRANSITIONS, Event, Status
from capi_jobs.model import Receipt
from tests.ledger.building import LEASE, TICK, WINDOW, Bench

ANSWERS = (Event.ACCEPTED, Event.REFUSED, Event.DEFERRED, Event.LOST)
AWAITING = (Status.IN_FLIGHT, Status.RESENDING)
DECIDED = (Status.DELIVERED, Status.REJECTED, Status.RELEASED)


@pytest.mark.parametrize("event", ANSWERS)
@pytest.mark.parametrize("status", AWAITING)
def test_an_awaited_answer_moves_the_batch_as_the_table_says(
    bench: Bench, status: Status, event: Event
) -> None:
    batch_id = bench.in_status(status, 1, 2)

    bench.settle(batch_id, event, "why")

    to = TRANSITIONS[status, event]
    batch = bench.ledger.batch(batch_id)
    assert batch is not None
    assert (to, "why", None) == (batch.status, batch.reason, batch.lease_until)
    gone = {} if to is Status.RELEASED else {"o1": to, "o2": to}
    assert gone == bench.statuses()


@pytest.mark.parametrize("event", [e for e in Event if e not in ANSWERS])
@pytest.mark.parametrize("status", list(Status))
def test_what_no_platform_answers_cannot_be_settled(
    bench: Bench, status: Status, event: Event
) -> None:
    batch_id = bench.in_status(status, 1)

    with pytest.raises(IllegalMove):
        bench.settle(batch_id, event)

    batch = bench.ledger.batch(batch_id)
    assert batch is not None
    assert status is batch.status


@pytest.mark.parametrize("event", ANSWERS)
@pytest.mark.parametrize("status", DECIDED)
def test_a_second_answer_to_one_call_is_a_bug(
    bench: Bench, status: Status, event: Event
) -> None:
    batch_id = bench.in_status(status, 1)

    with pytest.raises(IllegalMove, match=str(status)):
        bench.settle(batch_id, event)


def test_an_unknown_batch_is_a_bug(bench: Bench) -> None:
    with pytest.raises(IllegalMove, match="no such batch"):
        bench.settle("nowhere", Event.ACCEPTED)


def test_the_receipt_is_remembered(bench: Bench) -> None:
    batch_id = bench.claim(1).batch_id

    bench.ledger.settle(
        batch_id, Event.REFUSED, Receipt("2804003", "trace-9"), now=bench.now, actor="w"
    )

    (row,) = bench.ledger.entries()
    last = bench.ledger.entry_history("o1")[-1]
    assert (row["reason"], row["trace_id"]) == ("2804003", "trace-9")
    assert (
        last["reason"],
        last["trace_id"],
        last["actor"],
    ) == ("2804003", "trace-9", "w")


# ── One answer per event ────────────────────────────────────────────────────────


def test_events_whose_outcome_differs_leave_the_batch(bench: Bench) -> None:
    batch_id = bench.claim(1, 2, 3, 4, 5).batch_id

    bench.settle_each(
        batch_id,
        {
            "e1": (Event.ACCEPTED, ""),
            "e2": (Event.REFUSED, "bad value"),
            "e3": (Event.ACCEPTED, ""),
            "e4": (Event.DEFERRED, "throttled"),
            "e5": (Event.LOST, "cut short"),
        },
    )

    assert bench.statuses() == {
        "o1": Status.DELIVERED,
        "o2": Status.REJECTED,
        "o3": Status.DELIVERED,
        "o5": Status.IN_DOUBT,
    }
    batches = bench.ledger.batches_of("r1")
    assert batch_id == next(b for b in batches if b.status is Status.DELIVERED).batch_id
    assert {batch_id, None} == {batch.parent_id for batch in batches}


def test_refused_events_keep_each_their_own_reason(bench: Bench) -> None:
    batch_id = bench.claim(1, 2, 3).batch_id

    bench.settle_each(
        batch_id,
        {
            "e1": (Event.REFUSED, "too old"),
            "e2": (Event.REFUSED, "no currency"),
            "e3": (Event.REFUSED, "too old"),
        },
    )

    assert {row["order_id"]: row["reason"] for row in bench.ledger.entries()} == {
        "o1": "too old",
        "o2": "no currency",
        "o3": "too old",
    }


def test_most_may_be_given_back_and_are_missing_again(bench: Bench) -> None:
    batch_id = bench.claim(1, 2, 3).batch_id

    bench.settle_each(
        batch_id,
        {
            "e1": (Event.DEFERRED, "throttled"),
            "e2": (Event.DEFERRED, "throttled"),
            "e3": (Event.ACCEPTED, ""),
        },
    )

    assert bench.statuses() == {"o3": Status.DELIVERED}
    batch = bench.ledger.batch(batch_id)
    assert batch is not None
    assert Status.RELEASED is batch.status


def test_after_a_resend_only_accepted_events_leave_doubt(bench: Bench) -> None:
    """The first send may have counted, whatever the second one says."""
    batch_id = bench.in_status(Status.RESENDING, 1, 2, 3)

    bench.settle_each(
        batch_id,
        {
            "e1": (Event.ACCEPTED, ""),
            "e2": (Event.DEFERRED, "throttled"),
            "e3": (Event.REFUSED, "bad value"),
        },
    )

    assert bench.statuses() == {
        "o1": Status.DELIVERED,
        "o2": Status.IN_DOUBT,
        "o3": Status.IN_DOUBT,
    }


def test_siblings_in_doubt_were_first_sent_when_the_batch_was(bench: Bench) -> None:
    """Else each split would open the deduplication window anew."""
    first = bench.now
    batch_id = bench.claim(1, 2, 3).batch_id
    bench.now += timedelta(minutes=1)

    bench.settle_each(
        batch_id,
        {
            "e1": (Event.ACCEPTED, ""),
            "e2": (Event.ACCEPTED, ""),
            "e3": (Event.LOST, "x"),
        },
    )

    doubt = next(r for r in bench.ledger.entries() if r["status"] is Status.IN_DOUBT)
    assert first == doubt["first_sent_at"]


def test_an_event_without_an_outcome_is_a_bug(bench: Bench) -> None:
    batch_id = bench.claim(1, 2).batch_id

    with pytest.raises(IllegalMove, match="1 outcomes came for 2 events"):
        bench.settle_each(batch_id, {"e1": (Event.ACCEPTED, "")})

    assert {Status.IN_FLIGHT} == set(bench.statuses().values())


def test_an_outcome_for_a_foreign_event_is_a_bug(bench: Bench) -> None:
    """Nothing of the answer is written then."""
    batch_id = bench.claim(1, 2, 3).batch_id
    outcomes = {
        "e1": (Event.ACCEPTED, ""),
        "e2": (Event.ACCEPTED, ""),
        "e9": (Event.REFUSED, "x"),
    }

    with pytest.raises(IllegalMove, match="not in batch"):
        bench.settle_each(batch_id, outcomes)

    assert {Status.IN_FLIGHT} == set(bench.statuses().values())


def test_the_history_counts_each_event_once(bench: Bench) -> None:
    batch_id = bench.claim(1, 2, 3, 4).batch_id

    bench.settle_each(
        batch_id,
        {
            "e1": (Event.ACCEPTED, ""),
            "e2": (Event.ACCEPTED, ""),
            "e3": (Event.REFUSED, "a"),
            "e4": (Event.REFUSED, "b"),
        },
    )

    moves = [
        (line["event"], line["events"])
        for order in ("o1", "o3", "o4")
        for line in bench.ledger.entry_history(order)
        if line["event"] != Event.CLAIMED
    ]
    assert {(Event.ACCEPTED, 2), (Event.REFUSED, 1)} == set(moves)


# ── Leases ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", AWAITING)
@pytest.mark.parametrize(
    ("beside", "over"),
    [(-TICK, False), (timedelta(0), True), (TICK, True)],
    ids=["just before", "at its end", "just after"],
)
def test_a_sweep_puts_into_doubt_whose_lease_is_over(
    bench: Bench, status: Status, beside: timedelta, over: bool
) -> None:
    batch_id = bench.in_status(status, 1, 2)

    swept = bench.ledger.sweep(bench.now + LEASE + beside, actor="next run")

    assert (Swept({"meta": 2}, (batch_id,)) if over else Swept({}, ())) == swept
    assert (Status.IN_DOUBT if over else status) is bench.status(1)


@pytest.mark.parametrize("status", [Status.IN_DOUBT, *DECIDED])
def test_a_sweep_leaves_alone_what_awaits_no_answer(
    bench: Bench, status: Status
) -> None:
    bench.in_status(status, 1)

    assert not bench.ledger.sweep(bench.now + WINDOW, actor="next run")


# ── Answers that come too late ──────────────────────────────────────────────────


@pytest.fixture
def swept(bench: Bench) -> str:
    """A batch whose call is still running although its lease is over."""
    batch_id = bench.claim(1, 2).batch_id
    bench.now += LEASE
    bench.ledger.sweep(bench.now, actor="another run")
    return batch_id


def test_a_late_yes_counts(bench: Bench, swept: str) -> None:
    bench.settle(swept, Event.ACCEPTED)

    assert Status.DELIVERED is bench.status(1)
    last = bench.ledger.entry_history("o1")[-1]
    assert (last["event"], last["reason"]) == (Event.RESOLVED, "late answer")


@pytest.mark.parametrize("event", [Event.DEFERRED, Event.REFUSED, Event.LOST])
def test_a_late_no_is_noted_and_moves_nothing(
    bench: Bench, swept: str, event: Event
) -> None:
    bench.settle(swept, event, "why")

    assert bench.statuses() == {"o1": Status.IN_DOUBT, "o2": Status.IN_DOUBT}
    last = bench.ledger.entry_history("o1")[-1]
    assert (event, Status.IN_DOUBT, "late answer: why") == (
        last["event"],
        last["to_status"],
        last["reason"],
    )


def test_late_answers_take_only_accepted_events_out_of_doubt(
    bench: Bench, swept: str
) -> None:
    bench.settle_each(
        swept, {"e1": (Event.ACCEPTED, ""), "e2": (Event.DEFERRED, "throttled")}
    )

    assert bench.statuses() == {"o1": Status.DELIVERED, "o2": Status.IN_DOUBT}
    assert swept == bench.resend()


def test_late_answers_that_agree_move_the_batch_whole(bench: Bench, swept: str) -> None:
    bench.settle_each(swept, {"e1": (Event.ACCEPTED, ""), "e2": (Event.ACCEPTED, "")})

    assert bench.statuses() == {"o1": Status.DELIVERED, "o2": Status.DELIVERED}
    assert len(bench.ledger.batches_of("r1")) == 1


def test_a_late_answer_to_the_first_call_does_not_end_the_second(
    bench: Bench, swept: str
) -> None:
    """The second call still runs: it keeps its lease, and its answer is awaited."""
    bench.resend()

    bench.settle(swept, Event.DEFERRED, attempt=1)

    assert Status.RESENDING is bench.status(1)
    bench.settle(swept, Event.ACCEPTED, attempt=2)
    assert Status.DELIVERED is bench.status(1)


def test_a_late_yes_to_the_first_call_and_then_one_to_the_second(
    bench: Bench, swept: str
) -> None:
    bench.resend()

    bench.settle(swept, Event.ACCEPTED, attempt=1)
    bench.settle(swept, Event.ACCEPTED, attempt=2)

    assert Status.DELIVERED is bench.status(1)


def test_released_means_given_back(bench: Bench) -> None:
    batch_id = bench.claim(1).batch_id

    bench.settle(batch_id, Event.DEFERRED)

    assert bench.statuses() == {}
    assert bench.claim(1)
