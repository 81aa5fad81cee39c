from datetime import date, timedelta
from decimal import Decimal

import pytest

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger.assessments import SAMPLES_MAX
from capi_jobs.ledger.values import (
    Assessment,
    Coverage,
    Decision,
    Gate,
    Run,
    RunDestination,
    RunStatus,
    Validation,
)
from capi_jobs.model import ClassCount, DataInterval, OrderClass
from tests.ledger.building import NOON, Bench

DAY = DataInterval(NOON - timedelta(days=1), NOON)
DAY_LONG = timedelta(days=1)
NOVEMBER_19 = date(2026, 11, 19)
COUNTS = (
    ClassCount(NOVEMBER_19, "EUR", OrderClass.MISSING, "", 2, Decimal("20.20")),
    ClassCount(NOVEMBER_19, "JPY", OrderClass.MISSING, "", 1, Decimal(500)),
    ClassCount(NOVEMBER_19, "EUR", OrderClass.DELIVERED, "", 7, Decimal("70.70")),
    ClassCount(None, "", OrderClass.HELD, "time_missing", 1, Decimal(0)),
)


def start(bench: Bench, run_id: str = "r1", *destinations: str) -> None:
    bench.ledger.start_run(
        run_id,
        kind="run",
        interval=DAY,
        destinations=destinations or ("meta",),
        actor="ana",
        now=bench.now,
    )


def assess(
    bench: Bench,
    destination: str = "meta",
    *,
    run_id: str = "r1",
    gate: Gate = Gate.ASK,
    **more: object,
) -> None:
    found = Assessment(
        interval=DAY,
        gate=gate,
        gate_reasons=["the first run of meta"],
        counts=COUNTS,
        **more,  # type: ignore[arg-type]
    )
    bench.ledger.record_assessment(run_id, destination, found, now=bench.now)


def decide(
    bench: Bench,
    decision: Decision = Decision.APPROVED,
    destination: str | None = None,
    name: str = "r1",
    shown: RunDestination | None = None,
) -> Run:
    told = {"actor": "dora", "reason": "plausible"}
    return bench.ledger.decide(
        name, destination, decision, now=bench.now, shown=shown, **told
    )


def test_an_assessment_is_kept_with_the_run(bench: Bench) -> None:
    start(bench)
    assess(bench)

    part = bench.ledger.run("r1").destinations["meta"]

    assert (
        part.gate,
        part.gate_reasons,
        part.missing_count,
        part.status,
    ) == (Gate.ASK, ("the first run of meta",), 3, RunStatus.WAITING)
    assert {"EUR": Decimal("20.20"), "JPY": Decimal(500)} == part.missing_values
    assert sorted(map(str, COUNTS)) == sorted(
        map(str, bench.ledger.balance_of("r1", "meta"))
    )
    assert bench.ledger.orders_assessed("r1", "meta") == 11


def test_a_second_assessment_of_a_run_replaces_the_first(bench: Bench) -> None:
    start(bench)
    assess(bench)
    decide(bench)

    assess(bench)

    assert bench.ledger.run("r1").destinations["meta"].decision is None
    assert bench.ledger.orders_assessed("r1", "meta") == 11


def test_validation_and_coverage_are_kept(bench: Bench) -> None:
    start(bench)
    rule = Validation(
        suite="orders",
        rule="value_negative",
        column="value",
        severity="critical",
        evaluated=100,
        failed=30,
        share=0.3,
        samples=tuple(f"o{number}" for number in range(30)),
        passed=False,
    )
    covered = Coverage("website", "em", 100, 80, 3)

    assess(bench, validations=[rule], coverage=[covered])

    (kept,) = bench.ledger.validations_of("r1", "meta")
    assert rule.samples[:SAMPLES_MAX] == kept.samples
    assert (rule.rule, rule.failed, rule.share) == (kept.rule, kept.failed, kept.share)
    assert [covered] == bench.ledger.coverage_of("r1", "meta")


# ── The data owner's answer ─────────────────────────────────────────────────────


def test_an_approval_covers_what_was_found(bench: Bench) -> None:
    start(bench)
    assess(bench)

    part = decide(bench).destinations["meta"]

    assert (
        part.decision,
        part.decided_by,
        part.decided_reason,
        part.approved_count,
    ) == (Decision.APPROVED, "dora", "plausible", 3)
    assert {"EUR": Decimal("20.20"), "JPY": Decimal(500)} == part.approved_values
    assert bench.ledger.ever_approved("meta")
    assert not bench.ledger.ever_approved("tiktok")


def test_what_was_shown_and_is_another_by_now_cannot_be_approved(bench: Bench) -> None:
    start(bench)
    assess(bench)
    shown = bench.ledger.run("r1").destinations["meta"]
    more = ClassCount(NOVEMBER_19, "EUR", OrderClass.MISSING, "", 3, Decimal("30.30"))
    bench.ledger.record_assessment(
        "r1", "meta", Assessment(interval=DAY, gate=Gate.ASK, counts=[more]), now=NOON
    )

    with pytest.raises(DecisionRefused, match="another than was shown"):
        decide(bench, shown=shown)

    assert bench.ledger.run("r1").destinations["meta"].decision is None
    run = decide(bench, shown=bench.ledger.run("r1").destinations["meta"])
    assert run.destinations["meta"].approved_count == 3


def test_all_destinations_that_ask_are_answered_at_once(bench: Bench) -> None:
    start(bench, "r1", "meta", "snapchat", "tiktok")
    assess(bench, "meta")
    assess(bench, "tiktok")
    assess(bench, "snapchat", gate=Gate.PASS)

    run = decide(bench)

    assert {name: part.decision for name, part in run.destinations.items()} == {
        "meta": Decision.APPROVED,
        "tiktok": Decision.APPROVED,
        "snapchat": None,
    }


def test_one_destination_may_be_answered_alone(bench: Bench) -> None:
    start(bench, "r1", "meta", "tiktok")
    assess(bench, "meta")
    assess(bench, "tiktok")

    run = decide(bench, Decision.HELD, "tiktok")

    assert run.destinations["meta"].decision is None
    assert RunStatus.HELD is run.destinations["tiktok"].status
    assert RunStatus.RUNNING is run.status


def test_a_run_is_held_when_all_of_it_is(bench: Bench) -> None:
    start(bench)
    assess(bench)

    run = decide(bench, Decision.HELD)

    assert (RunStatus.HELD, bench.now) == (run.status, run.finished_at)
    assert run.destinations["meta"].approved_count is None
    assert not bench.ledger.ever_approved("meta")


def test_a_decision_is_taken_once(bench: Bench) -> None:
    start(bench)
    assess(bench)
    decide(bench)

    with pytest.raises(DecisionRefused, match="meta was approved by dora"):
        decide(bench, Decision.HELD)


def test_a_run_that_asks_nothing_cannot_be_answered(bench: Bench) -> None:
    start(bench)
    assess(bench, gate=Gate.PASS)

    with pytest.raises(DecisionRefused, match="asks nothing"):
        decide(bench)


def test_a_destination_that_is_not_there_cannot_be_answered(bench: Bench) -> None:
    start(bench)
    assess(bench)

    with pytest.raises(DecisionRefused, match=r"no destination tiktok.*it has meta"):
        decide(bench, destination="tiktok")


def test_an_unknown_run_is_refused_with_the_last_ones(bench: Bench) -> None:
    start(bench)

    with pytest.raises(DecisionRefused, match="the last ones are r1"):
        decide(bench, name="r7")


def test_counting_again_replaces_the_counts_and_keeps_the_answer(bench: Bench) -> None:
    start(bench)
    assess(bench)
    decide(bench)
    counts = (COUNTS[1],)

    found = Assessment(interval=DAY, gate=Gate.PASS, counts=counts)
    bench.ledger.recount("r1", "meta", found, now=bench.now)

    part = bench.ledger.run("r1").destinations["meta"]
    assert (part.decision, part.approved_count) == (Decision.APPROVED, 3)
    assert bench.ledger.balance_of("r1", "meta") == list(counts)
