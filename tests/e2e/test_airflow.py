"""A whole Airflow works nights, approvals, a backfill, a kill and re-uploads.

One story in one test, since starting an Airflow is what takes long. Each step says what
must hold; at the end every platform counted what was owed, and nothing twice.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from capi_jobs.airflow.local import AirflowSettings, ApiRefused, project_dags, running
from tests import postgres
from tests.e2e import browser
from tests.e2e.driving import NIGHTLY, VERIFY, Desk, Run
from tests.e2e.night_shop import (
    CONNECTION,
    PLATFORMS,
    counted,
    day,
    names,
    night_shop,
    once,
    orders_of,
)
from tests.e2e.releasing import HELD, RELEASED, held_orders_are_released
from tests.shop import TOKEN, Shop

# Days ago, and how many orders each has. What is eight days old no platform takes,
# whatever time it is.
LAST_NIGHT, NIGHT_BEFORE, BACKFILLED, TOO_OLD = 1, 2, 6, 8
ORDERS = {LAST_NIGHT: 12, NIGHT_BEFORE: 7, BACKFILLED: 6, TOO_OLD: 4}
LATE_ORDERS = 20  # four calls of one destination: time to kill it
FORGOTTEN = 3  # and of as many an engineer hears afterwards
WHY = "the load of last night was late"
NO = "not before the campaign ends"
WHO_MAY_NOT = ("ana", "vic", "erik")


@dataclass(frozen=True, slots=True)
class Town:
    """The shop, its Airflow, and the people in front of it."""

    shop: Shop
    desk: Desk

    def decisions(self) -> set[tuple[str, str, str]]:
        """Each decision that a person took: destination, decision, by whom and why."""
        told = self.shop.capi("report", "--json").json
        return {
            (part["name"], part["decision"], f"{part['decided_by']}: {why}")
            for run in told["runs"]
            for part in run["destinations"]
            if (why := part["decided_reason"])
        }


@pytest.fixture
def town(postgres_server: str, tmp_path: Path) -> Iterator[Town]:
    with ExitStack() as stack:
        ledger, airflows = (
            postgres.as_sqlalchemy(
                stack.enter_context(postgres.database(postgres_server))
            )
            for _ in range(2)
        )
        shop = stack.enter_context(night_shop(tmp_path / "shop", ledger))
        for ago, count in ORDERS.items():
            shop.fill(orders_of(ago, count))
        settings = AirflowSettings(
            tmp_path / "airflow",
            project_dags(),
            database=airflows,
            extra={
                "CAPI_JOBS_CONFIG": str(shop.config),
                # A scheduler that was killed is missed after 20 s, and its tasks soon
                # after; Airflow's own patience is 30 s and five minutes.
                "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "20",
                "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "3",
                f"AIRFLOW_CONN_{CONNECTION.upper()}": f"capi-jobs://:{TOKEN}@",
            },
        )
        yield Town(shop, Desk(stack.enter_context(running(settings))))


def test_nights_approvals_backfill_kill_and_reuploads(
    town: Town, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    night = the_night_begins_by_itself(town)
    others_are_not_held_up(town, night)
    with subtests.test("people see it"):
        if browser.CHROMIUM is None:
            pytest.skip("no chromium is installed; .ci/run does where it can")
        people_see_it(town, night, tmp_path / "pictures")
    who_is_not_assigned_is_refused(town, night)
    a_rejected_night_sends_nothing(town, night)
    a_backfill_goes_beside_an_approved_night(town)
    killed_and_cleared_tasks_send_nothing_twice(town, night)
    bad_forms_fail_clearly(town)
    a_form_is_dry_first_and_then_real(town)
    if browser.CHROMIUM:
        held_orders_are_released(town.shop, town.desk, night)
    it_was_verified(town)
    every_task_ran_in_its_pool(town)
    the_books_close(town)


def the_night_begins_by_itself(town: Town) -> Run:
    """The clock starts the run of the day that ended."""
    town.desk.until(lambda: town.desk.runs(NIGHTLY), "the nightly run")
    [run] = town.desk.runs(NIGHTLY)
    assert run["run_type"] == "scheduled"
    assert run["partition_key"] == day(LAST_NIGHT)
    return Run(NIGHTLY, run["dag_run_id"])


def others_are_not_held_up(town: Town, night: Run) -> None:
    """While one destination waits for a person, the others are delivered."""
    question = town.desk.asked(night, "meta-web.approve")
    assert f"send 19 orders of {day(LAST_NIGHT)}" in question["subject"]
    assert "no_sent_events" in question["body"]
    others = ("tiktok-web.report", "snapchat-web.report")
    town.desk.until(
        lambda: all(town.desk.states(night)[one] == "success" for one in others),
        "the other destinations",
    )
    owed = once(names(LAST_NIGHT, 12) + names(NIGHT_BEFORE, 7))
    assert counted(town.shop) == {"meta": {}, "tiktok": owed, "snapchat": owed}
    assert town.desk.state(night) == "running"


def people_see_it(town: Town, night: Run, pictures: Path) -> None:
    """Grid, question and form are there for people, not for programs alone."""
    with browser.logged_in(town.desk, "dora") as page:
        browser.grid(page, town.desk, pictures)
        browser.approval(page, town.desk, night, pictures)
        browser.form(page, town.desk, pictures)
    taken = sorted(picture.name for picture in pictures.iterdir())
    assert taken == ["approval.png", "grid.png", "report.png", "reupload.png"]


def who_is_not_assigned_is_refused(town: Town, night: Run) -> None:
    question = town.desk.asked(night, "meta-web.approve")
    answers = {who: town.desk.answer(who, question, "Approve") for who in WHO_MAY_NOT}
    assert answers == dict.fromkeys(WHO_MAY_NOT, 403)


def a_rejected_night_sends_nothing(town: Town, night: Run) -> None:
    """It is not green, and the ledger knows who said no, and why."""
    question = town.desk.asked(night, "meta-web.approve")
    assert town.desk.answer("dora", question, "Reject", NO) == 200
    assert town.desk.ended(night) == "failed"
    assert town.decisions() == {("meta-web", "held", f"dora: {NO}")}
    assert town.shop.counted("meta") == {}


def a_backfill_goes_beside_an_approved_night(town: Town) -> None:
    """Days that a platform no longer takes are expired, not failed."""
    desk = town.desk
    night = desk.start("ana", NIGHTLY, partition_key=day(NIGHT_BEFORE))
    asked = desk.asked(night, "meta-web.approve")
    words = ["--dag-id", NIGHTLY, "--from-date", day(TOO_OLD)]
    words += ["--to-date", day(BACKFILLED)]
    airflow = desk.airflow
    airflow.processes.start("backfill", airflow.command("backfill", "create", *words))
    airflow.processes.finish("backfill", 60)
    days = {day(ago) for ago in range(BACKFILLED, TOO_OLD + 1)}
    backfill = [run for run in desk.runs(NIGHTLY) if run["run_type"] == "backfill"]
    assert {run["partition_key"] for run in backfill} == days
    assert desk.state(night) == "running"
    assert desk.answer("dora", asked, "Approve", "looks right") == 200

    runs = [night, *(Run(NIGHTLY, run["dag_run_id"]) for run in backfill)]

    def all_ended() -> bool:
        desk.approve_all("dora")
        return all(desk.state(run) in {"success", "failed"} for run in runs)

    desk.until(all_ended, "the night and the backfill")
    assert {desk.state(run) for run in runs} == {"success"}
    assert ("meta-web", "approved", "dora: looks right") in town.decisions()
    old = once(names(BACKFILLED, 6))
    assert town.shop.counted("meta") == once(names(NIGHT_BEFORE, 7)) | old
    assert old.keys() <= town.shop.counted("tiktok").keys()
    assert town.shop.classes("meta")["expired"] == 4


def killed_and_cleared_tasks_send_nothing_twice(town: Town, night: Run) -> None:
    """The rejected night is cleared; its delivery and the scheduler are ended amid."""
    shop, desk = town.shop, town.desk
    shop.fill(orders_of(LAST_NIGHT, LATE_ORDERS, "late"))
    shop.faults({"do": "delay", "seconds": 1, "every": 1, "platform": "meta"})
    before = len(shop.counted("meta"))
    desk.clear("ana", night, *(f"{platform}-web.assess" for platform in PLATFORMS))
    desk.until(lambda: len(shop.counted("meta")) > before, "the first call")
    kill_task(desk, night, "meta-web.deliver[0]")
    desk.until(lambda: desk.tasks(night)["meta-web.deliver[0]"]["try_number"] == 2, "2")
    desk.airflow.stop("scheduler")
    desk.airflow.start("scheduler")
    shop.mend()
    assert desk.ended(night) == "success"
    owed = once(names(LAST_NIGHT, 12) + names(LAST_NIGHT, LATE_ORDERS, "late"))
    for orders in counted(shop).values():
        assert owed.items() <= orders.items()


def kill_task(desk: Desk, run: Run, task: str) -> None:
    """Kill the process in which a task runs: it is named after the task's instance."""
    name = f"airflow worker -- {desk.tasks(run)[task]['id']}"
    [process] = [
        one
        for one in psutil.process_iter(["cmdline"])
        if " ".join(one.info["cmdline"] or ()).strip() == name
    ]
    process.kill()


def bad_forms_fail_clearly(town: Town) -> None:
    """Airflow refuses what is no choice; what cannot be read fails with its remedy."""
    desk = town.desk
    with pytest.raises(ApiRefused, match="'nowhere' is not one of") as refused:
        desk.form("erik", reason=WHY, destinations=["nowhere"])
    assert refused.value.status == 400
    with pytest.raises(ApiRefused, match="reason: '' should be non-empty"):
        desk.form("erik", order_ids="o-1-1")
    with pytest.raises(ApiRefused) as refused:
        desk.form("vic", reason=WHY, order_ids="o-1-1")
    assert refused.value.status == 403
    run = desk.form("erik", reason=WHY, interval="yesterdayish")
    assert desk.ended(run) == "failed"
    assert "write 2026-11-20, 2026-11-20..2026-11-22" in desk.said(run, "check")


def a_form_is_dry_first_and_then_real(town: Town) -> None:
    """Orders that came since, one that was delivered, and one that nobody knows."""
    desk, shop = town.desk, town.shop
    shop.fill(orders_of(LAST_NIGHT, FORGOTTEN, "forgotten"))
    ids = names(LAST_NIGHT, FORGOTTEN, "forgotten")
    asked = {"reason": WHY, "order_ids": "\n".join([*ids, "o-1-1", "o-unknown"])}
    before = counted(shop)
    dry = desk.form("erik", **asked)
    assert desk.ended(dry) == "success"
    assert desk.states(dry)["send"] == "skipped"
    explained = desk.said(dry, "explain")
    assert "o-1-1: delivered, leave" in explained
    assert "o-unknown: unknown, not_found" in explained
    assert counted(shop) == before
    real = desk.form("erik", **asked, dry_run=False)
    assert desk.ended(real) == "success"
    assert counted(shop) == {
        platform: orders | once(ids) for platform, orders in before.items()
    }


def it_was_verified(town: Town) -> None:
    """The clock started that, too."""
    run = Run(VERIFY, town.desk.runs(VERIFY)[0]["dag_run_id"])
    assert town.desk.ended(run) == "success"


def every_task_ran_in_its_pool(town: Town) -> None:
    pools = {
        pool["name"]: pool["slots"] for pool in town.desk.root.get("pools")["pools"]
    }
    ours = {f"capi_jobs_{platform}-web": 2 for platform in PLATFORMS}
    assert ours.items() <= pools.items()
    used = {
        task["pool"]
        for run in town.desk.runs(NIGHTLY)
        for name, task in town.desk.tasks(Run(NIGHTLY, run["dag_run_id"])).items()
        if ".deliver" in name or ".assess" in name
    }
    assert used == set(ours)


def the_books_close(town: Town) -> None:
    """Each platform counted what was owed, once; no order stands in two columns."""
    owed = [one for ago in (1, 2, 6) for one in names(ago, ORDERS[ago])]
    owed += names(LAST_NIGHT, LATE_ORDERS, "late")
    owed += names(LAST_NIGHT, FORGOTTEN, "forgotten")
    held = names(LAST_NIGHT, HELD, "held") if browser.CHROMIUM else []
    released = {"meta": held[:RELEASED]}
    for platform, orders in counted(town.shop).items():
        sent = [*owed, *released.get(platform, [])]
        assert orders == once(sent)
        classes = town.shop.classes(platform)  # each order stands in one, or it fails
        expected = {"delivered": len(sent), "expired": ORDERS[TOO_OLD]}
        left = len(held) - len(sent) + len(owed)
        assert classes == expected | ({"held": left} if left else {})
