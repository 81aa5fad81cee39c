from datetime import date, timedelta

import pytest

from capi_jobs.ledger.retention import Retained
from capi_jobs.ledger.values import Assessment, Gate, HoldEnd, LedgerCount, SliceDue
from capi_jobs.lifecycle import Event, Status
from tests.ledger.building import TICK, Bench
from tests.ledger.test_assessments import DAY, assess, start
from tests.ledger.test_forgetting import a_validation
from tests.ledger.test_holds import A_HOLD

YEAR = timedelta(days=365)
WEEK = timedelta(days=7)  # the greatest age that a platform takes


def retain(bench: Bench, older_than: timedelta = YEAR) -> Retained:
    return bench.ledger.retention(
        older_than=older_than, never_below=WEEK, now=bench.now
    )


@pytest.mark.parametrize(
    ("age", "removed"), [(YEAR, 0), (YEAR + TICK, 1)], ids=["just not", "just older"]
)
def test_what_is_older_than_configured_is_removed(
    bench: Bench, age: timedelta, removed: int
) -> None:
    bench.in_status(Status.DELIVERED, 1)
    bench.now = next(bench.ledger.entries())["event_time"] + age

    assert retain(bench).entries == removed
    assert len(bench.statuses()) == 1 - removed


@pytest.mark.parametrize(
    ("age", "removed"), [(WEEK, 0), (WEEK + TICK, 1)], ids=["just not", "just older"]
)
def test_what_a_platform_would_still_take_is_never_removed(
    bench: Bench, age: timedelta, removed: int
) -> None:
    """Else its order would be missing again, and be sent a second time."""
    bench.in_status(Status.DELIVERED, 1)
    bench.now = next(bench.ledger.entries())["event_time"] + age

    assert retain(bench, older_than=timedelta(days=1)).entries == removed


@pytest.mark.parametrize(
    "status", [Status.IN_FLIGHT, Status.IN_DOUBT, Status.RESENDING, Status.REJECTED]
)
def test_what_somebody_must_look_at_stays(bench: Bench, status: Status) -> None:
    batch_id = bench.in_status(status, 1)
    bench.now += 2 * YEAR

    assert retain(bench) == Retained()
    assert bench.status(1) is status
    assert len(bench.ledger.entry_history("o1")) > 0
    assert bench.ledger.batch(batch_id) is not None


def test_live_counts_and_so_balances_stay_what_they_were(bench: Bench) -> None:
    bench.in_status(Status.DELIVERED, 1, 2)
    bench.in_status(Status.DELIVERED, 3)
    before = bench.ledger.live_counts("meta")
    bench.now += YEAR

    assert retain(bench).entries == 3
    assert bench.ledger.live_counts("meta") == before
    assert bench.ledger.live_counts("meta", date(2026, 11, 20)) == []
    assert retain(bench).entries == 0


def test_batches_go_with_their_entries_and_histories_with_their_batches(
    bench: Bench,
) -> None:
    bench.in_status(Status.DELIVERED, 1)
    bench.in_status(Status.RELEASED, 2)
    bench.now += YEAR + timedelta(days=1)
    bench.settle(bench.claim(3, event_time=bench.now).batch_id, Event.ACCEPTED)

    done = retain(bench)

    assert (done.entries, done.batches, done.history) == (1, 2, 4)
    assert bench.statuses() == {"o3": Status.DELIVERED}
    assert len(bench.ledger.entry_history("o3")) == 2


def test_a_batch_stays_while_one_of_its_entries_does(bench: Bench) -> None:
    batch_id = bench.in_status(Status.DELIVERED, 1, 2)
    first = next(bench.ledger.entries())
    bench.now = first["event_time"] + YEAR + timedelta(seconds=1)

    assert retain(bench).entries == 1
    assert bench.ledger.batch(batch_id) is not None
    assert bench.statuses() == {"o2": Status.DELIVERED}


def test_ended_holds_go_and_open_ones_stay(bench: Bench) -> None:
    ended = [A_HOLD]
    bench.ledger.record_holds(ended, run_id="r1", now=bench.now)
    bench.ledger.end_holds("meta", ["o1"], HoldEnd.MENDED, now=bench.now)
    bench.ledger.record_holds(ended, run_id="r2", now=bench.now)
    bench.now += 2 * YEAR

    assert retain(bench).holds == 1
    assert [hold.order_id for hold in bench.ledger.open_holds()] == ["o1"]


def test_a_block_is_for_ever(bench: Bench) -> None:
    bench.ledger.block_order("meta", ["o1"], actor="a", reason="b", now=bench.now)
    bench.now += 2 * YEAR

    retain(bench)

    assert not bench.claim(1)


def test_slices_go_with_their_run(bench: Bench) -> None:
    start(bench)
    found = Assessment(
        interval=DAY, gate=Gate.PASS, slices=[SliceDue(DAY, 0, {})], due=(0, {})
    )
    bench.ledger.record_assessment("r1", "meta", found, now=bench.now)
    bench.now += 2 * YEAR

    assert retain(bench).runs == 1
    assert bench.ledger.slices("r1", "meta") == []


def test_runs_keep_their_balance_and_lose_their_validations(bench: Bench) -> None:
    start(bench)
    assess(bench, validations=[a_validation("o1")])
    start(bench, "empty")
    bench.now += 2 * YEAR

    done = retain(bench)

    assert (done.validations, done.runs) == (1, 1)
    assert bench.ledger.orders_assessed("r1", "meta") == 11
    assert [run.run_id for run in bench.ledger.recent_runs(9)] == ["r1"]


@pytest.mark.parametrize("assessed", ["before", "after"])
def test_nothing_seems_to_have_moved_because_of_retention(
    bench: Bench, assessed: str
) -> None:
    """Baselines are counted from the keys that reconcile read."""
    bench.in_status(Status.DELIVERED, 1)
    if assessed == "before":
        assess_from_keys(bench, bench.ledger.live_counts("meta"))
    bench.now += YEAR
    retain(bench)
    if assessed == "after":
        assess_from_keys(bench, [])
    bench.now += TICK

    (balance,) = bench.ledger.latest_balances("meta", NINETEENTH, NINETEENTH)

    live = bench.ledger.live_counts("meta", NINETEENTH, NINETEENTH)
    assert list(balance.baselines) == live


def assess_from_keys(bench: Bench, baselines: list[LedgerCount]) -> None:
    start(bench)
    found = Assessment(
        interval=DAY,
        gate=Gate.PASS,
        baselines=baselines,
        days=(NINETEENTH, NINETEENTH),
    )
    bench.ledger.record_assessment("r1", "meta", found, now=bench.now)


NINETEENTH = date(2026, 11, 19)
