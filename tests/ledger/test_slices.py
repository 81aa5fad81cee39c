"""Slices are begun and ended side by side; their destination stands as they do."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger.values import Decision, Gate, Run, RunStatus, Slice, SliceDue
from capi_jobs.model import DataInterval
from tests.ledger.building import NOON, TICK, Bench
from tests.ledger.test_assessments import assess, decide, start

HOUR = timedelta(hours=1)
DUE = tuple(
    SliceDue(
        DataInterval(NOON + n * HOUR, NOON + (n + 1) * HOUR),
        n,
        {"EUR": n * Decimal("10.10")},
    )
    for n in range(3)
)
DONE, FAILED = RunStatus.DONE, RunStatus.FAILED
RUNNING, WAITING = RunStatus.RUNNING, RunStatus.WAITING


@pytest.fixture
def sliced(bench: Bench) -> Bench:
    """A run of three slices whose gate passed."""
    start(bench)
    assess(bench, gate=Gate.PASS, slices=DUE)
    return bench


def begin(bench: Bench, number: int = 0) -> Slice:
    bench.now += TICK
    return bench.ledger.start_slice("r1", "meta", number, now=bench.now)


def end(
    bench: Bench, begun: Slice, status: RunStatus = DONE, *, requests: int = 1
) -> None:
    note = "" if status is DONE else "it broke"
    bench.ledger.finish_slice(
        begun, status, now=bench.now, requests=requests, note=note
    )


def statuses(bench: Bench) -> list[RunStatus]:
    return [one.status for one in bench.ledger.slices("r1", "meta")]


def run(bench: Bench) -> Run:
    return bench.ledger.run("r1")


def stands(bench: Bench) -> tuple[RunStatus, RunStatus]:
    """The destination, and its run."""
    told = run(bench)
    return told.destinations["meta"].status, told.status


def test_slices_are_kept_with_what_is_due_in_each(sliced: Bench) -> None:
    found = sliced.ledger.slices("r1", "meta")

    assert tuple(one.due for one in found) == DUE
    assert [one.number for one in found] == [0, 1, 2]
    assert {one.status for one in found} == {WAITING}
    assert sliced.ledger.slices("r1", "tiktok") == []


def test_another_assessment_replaces_them(sliced: Bench) -> None:
    end(sliced, begin(sliced))

    assess(sliced, gate=Gate.PASS, slices=DUE[:1])

    assert statuses(sliced) == [WAITING]


def test_a_destination_runs_while_any_slice_is_unfinished(sliced: Bench) -> None:
    begun = [begin(sliced, number) for number in range(3)]
    for one in begun[:2]:
        end(sliced, one)
        assert stands(sliced) == (RUNNING, RUNNING)

    end(sliced, begun[2])

    assert stands(sliced) == (DONE, DONE)
    part = run(sliced).destinations["meta"]
    assert (part.requests, part.started_at) == ({"requests": 3}, NOON + TICK)
    assert part.finished_at == run(sliced).finished_at == sliced.now


def test_the_worst_slice_is_what_the_destination_stands_as(sliced: Bench) -> None:
    for number, status in enumerate((DONE, FAILED, RunStatus.INTERRUPTED)):
        end(sliced, begin(sliced, number), status)

    assert stands(sliced) == (FAILED, FAILED)
    assert run(sliced).destinations["meta"].note == "it broke"


def test_a_slice_that_is_begun_again_runs_and_may_end_well(sliced: Bench) -> None:
    for number in range(3):
        end(sliced, begin(sliced, number), FAILED if number else DONE)

    for number in (1, 2):
        again = begin(sliced, number)
        assert stands(sliced) == (RUNNING, RUNNING)
        end(sliced, again)

    assert stands(sliced) == (DONE, DONE)
    part = run(sliced).destinations["meta"]
    assert (part.note, part.requests) == ("", {"requests": 5})


def test_only_who_began_a_slice_last_says_how_it_ended(sliced: Bench) -> None:
    """The first one's worker was thought to be dead."""
    first = begin(sliced)
    second = begin(sliced)

    end(sliced, first, FAILED)
    assert statuses(sliced)[0] == RUNNING
    end(sliced, second)
    assert statuses(sliced)[0] == DONE


def test_who_was_at_it_when_it_was_assessed_anew_says_nothing(sliced: Bench) -> None:
    begun = begin(sliced)
    assess(sliced, gate=Gate.PASS, slices=DUE)

    end(sliced, begun)

    assert statuses(sliced) == [WAITING] * 3


def test_many_may_begin_and_end_at_once(sliced: Bench) -> None:
    def whole(number: int) -> None:
        begun = sliced.ledger.start_slice("r1", "meta", number, now=sliced.now)
        end(sliced, begun)

    with ThreadPoolExecutor(3) as workers:
        list(workers.map(whole, range(3)))

    assert stands(sliced) == (DONE, DONE)
    assert run(sliced).destinations["meta"].requests == {"requests": 3}


def test_nothing_is_begun_before_it_was_approved(bench: Bench) -> None:
    start(bench)
    with pytest.raises(DecisionRefused, match="was not assessed"):
        begin(bench)
    assess(bench, slices=DUE)
    with pytest.raises(DecisionRefused, match="nobody has approved"):
        begin(bench)
    decide(bench)

    assert begin(bench).due == DUE[0]


def test_nothing_is_begun_that_was_held(bench: Bench) -> None:
    start(bench)
    assess(bench, slices=DUE)
    decide(bench, Decision.HELD)

    with pytest.raises(DecisionRefused, match="held by dora: nothing is sent"):
        begin(bench)
    assert stands(bench) == (RunStatus.HELD, RunStatus.HELD)


@pytest.mark.parametrize(
    ("run_id", "destination", "number", "says"),
    [
        ("r1", "meta", 3, "no slice 3"),
        ("r1", "tiktok", 0, "no such run of tiktok"),
        ("r9", "meta", 0, "no such run of meta"),
    ],
)
def test_what_is_not_there_cannot_be_begun(
    sliced: Bench, run_id: str, destination: str, number: int, says: str
) -> None:
    with pytest.raises(DecisionRefused, match=says):
        sliced.ledger.start_slice(run_id, destination, number, now=sliced.now)


def test_a_gate_that_closes_again_closes_for_every_slice(bench: Bench) -> None:
    start(bench)
    assess(bench, slices=DUE)
    decide(bench)
    going, grown, other = (begin(bench, number) for number in range(3))
    before = run(bench).destinations["meta"]

    bench.ledger.ask_again(grown, ["grown: more"], now=bench.now)
    bench.ledger.ask_again(other, ["grown: more", "and so on"], now=bench.now)
    end(bench, going)

    part = run(bench).destinations["meta"]
    assert (part.gate, part.decision, part.decided_by) == (Gate.ASK, None, None)
    assert (part.approved_count, part.approved_values) == (None, {})
    assert part.gate_reasons == ("grown: more", "and so on")
    assert (part.missing_count, part.assessed_at) == (
        before.missing_count,
        before.assessed_at,
    )
    assert statuses(bench) == [DONE, WAITING, WAITING]
    assert stands(bench) == (WAITING, WAITING)
    with pytest.raises(DecisionRefused, match="nobody has approved"):
        begin(bench)


def test_what_runs_still_when_nobody_is_at_it_broke_off(sliced: Bench) -> None:
    end(sliced, begin(sliced))
    begin(sliced, 1)

    sliced.ledger.end_slices("r1", "meta", now=sliced.now)

    assert statuses(sliced) == [DONE, RunStatus.INTERRUPTED, RunStatus.INTERRUPTED]
    assert stands(sliced) == (RunStatus.INTERRUPTED, RunStatus.INTERRUPTED)


def test_an_assessment_that_was_killed_broke_off(bench: Bench) -> None:
    start(bench)

    bench.ledger.end_slices("r1", "meta", now=bench.now)

    assert stands(bench) == (RunStatus.INTERRUPTED, RunStatus.INTERRUPTED)


@pytest.mark.parametrize("answer", [None, Decision.HELD, Decision.APPROVED])
def test_what_does_not_run_does_not_break_off(
    bench: Bench, answer: Decision | None
) -> None:
    start(bench)
    assess(bench, slices=DUE)
    if answer:
        decide(bench, answer)
    before = stands(bench)

    bench.ledger.end_slices("r1", "meta", now=bench.now)

    assert statuses(bench) == [WAITING] * 3
    assert stands(bench)[0] == before[0]


def test_a_run_stands_as_all_its_destinations_do(bench: Bench) -> None:
    start(bench, "r1", "meta", "tiktok")
    assess(bench, gate=Gate.PASS, slices=DUE[:1])

    end(bench, begin(bench))
    assert stands(bench) == (DONE, RUNNING)
    bench.ledger.finish_destination("r1", "tiktok", FAILED, now=bench.now)
    bench.ledger.tell_run("r1", now=bench.now)

    assert stands(bench) == (DONE, FAILED)
