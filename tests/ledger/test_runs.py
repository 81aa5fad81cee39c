from datetime import timedelta

import pytest

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger.values import RunStatus
from capi_jobs.model import DataInterval
from tests.ledger.building import NOON, Bench

DAY = DataInterval(NOON - timedelta(days=1), NOON)


def start(bench: Bench, run_id: str, *destinations: str) -> None:
    bench.ledger.start_run(
        run_id,
        kind="run",
        interval=DAY,
        destinations=destinations or ("meta", "tiktok"),
        actor="ana",
        now=bench.now,
    )


def test_a_run_is_kept_from_start_to_end(bench: Bench) -> None:
    start(bench, "2026-a")
    bench.ledger.start_delivery("2026-a", "meta", now=bench.now)
    bench.ledger.finish_destination(
        "2026-a", "meta", RunStatus.DONE, now=bench.now, requests={"accepted": 3}
    )
    bench.ledger.finish_run("2026-a", RunStatus.FAILED, now=bench.now, note="tiktok")

    run = bench.ledger.run()

    assert ("2026-a", DAY, "ana", RunStatus.FAILED, "tiktok", bench.now) == (
        run.run_id,
        run.interval,
        run.actor,
        run.status,
        run.note,
        run.finished_at,
    )
    assert {name: part.status for name, part in run.destinations.items()} == {
        "meta": RunStatus.DONE,
        "tiktok": RunStatus.RUNNING,
    }
    assert run.destinations["meta"].requests == {"accepted": 3}


def test_a_run_is_found_by_id_beginning_or_as_the_latest(bench: Bench) -> None:
    start(bench, "aa1")
    bench.now += timedelta(seconds=1)
    start(bench, "ab1")
    start(bench, "ab12")

    assert bench.ledger.run("aa").run_id == "aa1"
    assert bench.ledger.run("ab1").run_id == "ab1"
    assert bench.ledger.run("latest").run_id == "ab12"
    with pytest.raises(DecisionRefused, match="beginning of several"):
        bench.ledger.run("a")
    with pytest.raises(DecisionRefused, match="the last ones are ab12, ab1, aa1"):
        bench.ledger.run("zz")
    with pytest.raises(DecisionRefused, match="no such run"):
        bench.ledger.run("%")


def test_an_empty_ledger_says_that_there_is_no_run(bench: Bench) -> None:
    with pytest.raises(DecisionRefused, match="no run yet"):
        bench.ledger.run()


def test_an_old_run_is_found_by_its_beginning(bench: Bench) -> None:
    start(bench, "old")
    for number in range(10):
        bench.now += timedelta(seconds=1)
        start(bench, f"new{number}")

    assert bench.ledger.run("ol").run_id == "old"


def test_a_run_id_is_used_once(bench: Bench) -> None:
    start(bench, "r1")

    with pytest.raises(DecisionRefused, match="already"):
        start(bench, "r1")


def test_recent_runs_come_newest_first(bench: Bench) -> None:
    for name in ("r1", "r2", "r3"):
        start(bench, name)
        bench.now += timedelta(seconds=1)

    assert [run.run_id for run in bench.ledger.recent_runs(2)] == ["r3", "r2"]


def test_an_unknown_run_cannot_be_finished(bench: Bench) -> None:
    with pytest.raises(DecisionRefused, match="no such run"):
        bench.ledger.finish_run("r9", RunStatus.DONE, now=bench.now)
    start(bench, "r1", "meta")
    with pytest.raises(DecisionRefused, match="no destination snapchat"):
        bench.ledger.start_delivery("r1", "snapchat", now=bench.now)


def test_what_was_asked_for_and_said_yes_to_stays_with_the_run(bench: Bench) -> None:
    bench.ledger.start_run(
        "2026-a",
        kind="reupload",
        interval=DAY,
        destinations=["meta", "tiktok"],
        actor="ana",
        now=bench.now,
        asked="5f2a",
        approved={"meta": 3},
    )
    bench.ledger.finish_run("2026-a", RunStatus.FAILED, now=bench.now)

    run = bench.ledger.run()

    counts = {name: part.approved_count for name, part in run.destinations.items()}
    assert (run.asked, counts) == ("5f2a", {"meta": 3, "tiktok": None})
