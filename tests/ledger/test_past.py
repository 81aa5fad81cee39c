"""Lists of runs, and what earlier ones found."""

from dataclasses import replace
from datetime import timedelta

import pytest

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger.values import Coverage, Decision, RunStatus, Validation
from capi_jobs.model import DataInterval
from tests.ledger.building import Bench
from tests.ledger.test_assessments import DAY, DAY_LONG, assess, decide, start

RULE = Validation(
    suite="orders",
    rule="value_negative",
    column="value",
    severity="critical",
    evaluated=100,
    failed=30,
    share=0.3,
    samples=("o1",),
    passed=False,
)
READY = Coverage("website", "email", 10, 9, 0)


def begun(bench: Bench, *names: str) -> None:
    """Start runs, a minute apart."""
    for name in names:
        start(bench, name)
        bench.now += timedelta(minutes=1)


def names(bench: Bench, **filters: object) -> list[str]:
    return [one.run_id for one in bench.ledger.runs_page(**filters).rows]  # type: ignore[arg-type]


def test_runs_come_newest_first_page_by_page(bench: Bench) -> None:
    begun(bench, "r1", "r2", "r3")
    first = bench.ledger.runs_page(limit=2)
    second = bench.ledger.runs_page(limit=2, after=first.after)

    assert first.rows + second.rows == tuple(bench.ledger.recent_runs(3))
    assert second.after is None


def test_a_mark_that_is_none_is_refused(bench: Bench) -> None:
    with pytest.raises(DecisionRefused, match="no mark of a page"):
        bench.ledger.runs_page(after="bm90aGluZw")


def test_runs_are_found_by_destination_status_and_kind(bench: Bench) -> None:
    start(bench, "r1", "meta", "tiktok")
    start(bench, "r2", "tiktok")
    assess(bench, "tiktok")
    bench.ledger.set_run_status("r2", RunStatus.FAILED)

    assert names(bench, destination="meta") == ["r1"]
    assert names(bench, status=RunStatus.FAILED) == ["r2"]
    # Of a named destination, its own status counts and not that of the run.
    waits = {"status": RunStatus.WAITING}
    assert names(bench, destination="tiktok", **waits) == ["r1"]
    assert names(bench, destination="meta", **waits) == []
    assert names(bench, kind="nightly") == []
    assert names(bench, kind="run") == ["r2", "r1"]
    assert bench.ledger.run_kinds() == ["run"]


def test_earlier_results_come_newest_first_and_those_of_later_runs_not(
    bench: Bench,
) -> None:
    for number, name in enumerate(("r1", "r2", "r3", "r4")):
        begun(bench, name)
        found = replace(RULE, failed=number)
        assess(bench, run_id=name, validations=[found], coverage=[READY])

    judged = bench.ledger.judged_before("r3", "meta", 5)

    assert [one.run_id for one in judged] == ["r2", "r1"]
    assert [rule.failed for one in judged for rule in one.found] == [1, 0]
    assert [one.run_id for one in bench.ledger.judged_before("r4", "meta", 1)] == ["r3"]
    assert bench.ledger.judged_before("r3", "tiktok", 5) == []


def test_who_looked_at_held_orders_alone_is_no_measure(bench: Bench) -> None:
    begun(bench, "r1", "r2", "r3")
    assess(bench, run_id="r1", validations=[RULE], coverage=[READY])
    bench.now += timedelta(minutes=1)
    assess(bench, run_id="r2", validations=[RULE])
    bench.now += timedelta(minutes=1)
    assess(bench, run_id="r3", validations=[RULE], coverage=[READY])

    assert [one.run_id for one in bench.ledger.judged_before("r3", "meta", 5)] == ["r1"]


def test_who_approved_once_is_known(bench: Bench) -> None:
    start(bench)
    assess(bench)
    assert not bench.ledger.ever_approved("meta")
    decide(bench, Decision.APPROVED)
    assert bench.ledger.ever_approved("meta")


def test_recent_assessments_come_newest_first(bench: Bench) -> None:
    for name in ("r1", "r2", "r3"):
        start(bench, name)
        assess(bench, run_id=name)
        bench.now += timedelta(days=1)
    start(bench, "r4")

    found = bench.ledger.recent_assessments("meta", 2)

    assert [part.run_id for part in found] == ["r3", "r2"]
    others = bench.ledger.recent_assessments("meta", 2, besides="r3")
    assert [part.run_id for part in others] == ["r2", "r1"]


def test_recent_assessments_over_an_interval_are_those_that_looked_at_it(
    bench: Bench,
) -> None:
    start(bench)
    assess(bench)
    second = timedelta(seconds=1)
    spans = (
        DataInterval(DAY.start - DAY_LONG, DAY.start),
        DataInterval(DAY.start - DAY_LONG, DAY.start + second),
        DataInterval(DAY.end - second, DAY.end + DAY_LONG),
        DataInterval(DAY.end, DAY.end + DAY_LONG),
    )

    found = [len(bench.ledger.recent_assessments("meta", 2, over=s)) for s in spans]

    assert found == [0, 1, 1, 0]
