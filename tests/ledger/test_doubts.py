from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from capi_jobs.errors import IllegalMove
from capi_jobs.ledger.values import Doubt
from capi_jobs.lifecycle import Event, Status
from tests.ledger.building import LEASE, TICK, WINDOW, Bench, an_entry


def claim(bench: Bench, **changes: object) -> Doubt | None:
    wanted: dict[str, object] = {
        "now": bench.now,
        "lease": LEASE,
        "dedup_window": WINDOW,
        "actor": "test",
        **changes,
    }
    return bench.ledger.claim_in_doubt("meta", **wanted)  # type: ignore[arg-type]


def test_what_is_in_doubt_is_sent_again_with_the_same_ids(bench: Bench) -> None:
    batch_id = bench.in_status(Status.IN_DOUBT, 2, 1)

    doubt = claim(bench)

    assert doubt is not None
    assert (an_entry(1), an_entry(2)) == doubt.entries
    batch = doubt.batch
    assert (batch_id, Status.RESENDING, 2, bench.now + LEASE) == (
        batch.batch_id,
        batch.status,
        batch.attempts,
        batch.lease_until,
    )


@pytest.mark.parametrize(
    ("beside", "sent"),
    [(-TICK, True), (timedelta(0), False), (TICK, False)],
    ids=["just inside", "at its end", "just outside"],
)
def test_the_whole_lease_must_lie_inside_the_window(
    bench: Bench, beside: timedelta, sent: bool
) -> None:
    """The call may happen at the last moment of the lease."""
    bench.in_status(Status.IN_DOUBT, 1)
    bench.now += WINDOW - LEASE + beside

    assert sent is (claim(bench) is not None)


def test_the_window_counts_from_the_first_send(bench: Bench) -> None:
    """A resend that was lost too does not open the window anew."""
    batch_id = bench.in_status(Status.IN_DOUBT, 1)
    bench.now += WINDOW - 2 * LEASE
    bench.resend()
    bench.settle(batch_id, Event.LOST)
    bench.now += LEASE

    assert claim(bench) is None


def test_oldest_first(bench: Bench) -> None:
    first = bench.in_status(Status.IN_DOUBT, 1)
    bench.now += TICK
    second = bench.in_status(Status.IN_DOUBT, 2)

    assert [first, second] == [bench.resend(), bench.resend()]


def test_only_of_this_destination(bench: Bench) -> None:
    batch_id = bench.claim(1, destination="tiktok").batch_id
    bench.settle(batch_id, Event.LOST)

    assert claim(bench) is None


@pytest.mark.parametrize(
    "status", [each for each in Status if each is not Status.IN_DOUBT]
)
def test_only_what_is_in_doubt(bench: Bench, status: Status) -> None:
    bench.in_status(status, 1)

    assert claim(bench) is None


def test_one_pass_tries_each_batch_once(bench: Bench) -> None:
    """What was sent since the pass began waits for the next one."""
    bench.in_status(Status.IN_DOUBT, 1)
    began = bench.now = bench.now + LEASE
    bench.settle(bench.resend(), Event.LOST)

    assert claim(bench, sent_before=began) is None
    assert claim(bench, sent_before=began + TICK) is not None


def test_what_was_sent_in_the_future_waits(bench: Bench) -> None:
    """The clock went back: nobody knows how long ago the first send was."""
    bench.in_status(Status.IN_DOUBT, 1)
    bench.now -= TICK

    assert claim(bench) is None


def test_attempts_are_bounded(bench: Bench) -> None:
    batch_id = bench.in_status(Status.IN_DOUBT, 1)

    assert claim(bench, attempts_max=1) is None
    assert claim(bench, attempts_max=2) is not None
    bench.settle(batch_id, Event.LOST)
    assert claim(bench, attempts_max=2) is None


def test_a_batch_is_split_without_losing_its_first_moment(bench: Bench) -> None:
    first = bench.now
    batch_id = bench.in_status(Status.IN_DOUBT, 1, 2, 3, 4)
    bench.now += LEASE
    groups = [[("Purchase", "e1")], [("Purchase", "e2"), ("Purchase", "e3")]]

    made = bench.ledger.split_in_doubt(batch_id, groups, now=bench.now, actor="test")

    assert {Status.IN_DOUBT} == set(bench.statuses().values())
    places = {row["order_id"]: row["batch_id"] for row in bench.ledger.entries()}
    one, two = made
    assert {"o1": one, "o2": two, "o3": two, "o4": batch_id} == places
    assert {first} == {row["first_sent_at"] for row in bench.ledger.entries()}


def test_what_is_being_sent_cannot_be_split(bench: Bench) -> None:
    batch_id = bench.in_status(Status.RESENDING, 1, 2)

    with pytest.raises(IllegalMove, match="resending"):
        bench.ledger.split_in_doubt(
            batch_id, [[("Purchase", "e1")]], now=bench.now, actor="test"
        )


def test_no_two_workers_get_the_same_doubt(bench: Bench) -> None:
    for number in range(20):
        bench.in_status(Status.IN_DOUBT, number)

    with ThreadPoolExecutor(8) as workers:
        doubts = list(workers.map(lambda _: claim(bench), range(24)))

    taken = [doubt.batch.batch_id for doubt in doubts if doubt]
    assert len(taken) == 20
    assert len(set(taken)) == 20


def test_the_last_answer_that_may_still_come_is_told(bench: Bench) -> None:
    assert bench.ledger.awaited_until("meta", bench.now) is None
    bench.in_status(Status.RESENDING, 1)
    began = bench.now
    bench.now += TICK
    bench.claim(2)
    bench.in_status(Status.DELIVERED, 3)
    bench.claim(4, destination="tiktok")

    assert bench.ledger.awaited_until("meta", bench.now) == bench.now + LEASE
    assert bench.ledger.awaited_until("meta", began) == began + LEASE
