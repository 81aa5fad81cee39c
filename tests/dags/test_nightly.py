"""capi_nightly from end to end: what is owed is counted once, whoever is asked."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from tests.airflow import receiving
from tests.dags.stage import SILENCE, Stage, answer
from tests.shop import PERSONAL, Shop, an_order

pytestmark = pytest.mark.filterwarnings("default")  # Airflow's own warnings
ASKS = "ask_first_run = true"


def test_what_is_missing_is_delivered_once(shop: Shop, stage: Stage) -> None:
    """No gate trips, so nobody waits; a second run finds nothing to send."""
    shop.fill([an_order(f"o-{n}") for n in range(3)])

    first = stage.play("capi_nightly")
    again = stage.play("capi_nightly")

    assert first.tasks == {
        "meta-web.assess": "success",
        "meta-web.approve": "success",
        "meta-web.deliver[0]": "success",
        "meta-web.report": "success",
    }
    assert (first.state, again.state) == ("success", "success")
    assert shop.counted() == {"o-0": 1, "o-1": 1, "o-2": 1}
    assert first.asked == ()
    assert shop.classes() == {"delivered": 3}


def test_a_data_owner_approves_what_is_shown(shop: Shop, stage: Stage) -> None:
    shop.configure(gate=ASKS).fill([an_order("o-1")])

    played = stage.play("capi_nightly", says=answer("Approve", "looks right"))

    assert played.state == "success"
    assert shop.counted() == {"o-1": 1}
    [asked] = played.asked
    assert asked["of"] == ["ana"]
    assert "send 1 order" in asked["subject"]
    assert "[Report](" in asked["body"]


def test_a_rejected_day_sends_nothing_and_is_not_green(
    shop: Shop, stage: Stage
) -> None:
    shop.configure(gate=ASKS).fill([an_order("o-1")])

    played = stage.play("capi_nightly", says=answer("Reject", "wrong prices"))

    assert played.state == "failed"
    assert played.tasks["meta-web.approve"] == "failed"
    assert played.tasks["meta-web.report"] == "failed"
    assert shop.counted() == {}
    [run] = shop.capi("report", "--json").json["runs"]
    [held] = run["destinations"]
    assert (held["status"], held["decided_by"]) == ("held", "ana")


def test_what_was_rejected_stays_red_where_the_approval_alone_is_cleared(
    shop: Shop, stage: Stage
) -> None:
    shop.configure(gate=ASKS).fill([an_order("o-1")])
    due = datetime.now(UTC)
    stage.play("capi_nightly", says=answer("Reject", "wrong prices"), after=due)

    again = stage.play("capi_nightly", after=due, marked="meta-web.assess")

    assert again.tasks["meta-web.assess"] == "success"
    assert again.tasks["meta-web.approve"] == "failed"
    assert again.asked == ()
    assert shop.counted() == {}


def test_an_approval_covers_what_was_shown_and_nothing_else(
    shop: Shop, stage: Stage
) -> None:
    """Somebody assessed the day again while the data owner was reading."""
    shop.configure(gate=ASKS).fill([an_order("o-1")])

    def assessed_again() -> None:
        with closing(sqlite3.connect(shop.folder / "ledger.db")) as ledger, ledger:
            ledger.execute("UPDATE ledger_run_destinations SET missing_count = 99")

    played = stage.play(
        "capi_nightly", says=answer("Approve"), meanwhile=assessed_again
    )

    assert played.state == "failed"
    assert played.tasks["meta-web.approve"] == "failed"
    assert shop.counted() == {}


@pytest.mark.parametrize(
    ("unanswered", "state", "status", "sent"),
    [
        ("hold", "failed", "held", {}),
        ("fail", "failed", "waiting", {}),
        ("approve", "success", "done", {"o-1": 1}),
    ],
)
def test_silence_does_what_the_configuration_says(
    shop: Shop, stage: Stage, unanswered: str, state: str, status: str, sent: object
) -> None:
    more = f'approval_unanswered = "{unanswered}"\n'
    shop.configure(gate=ASKS, extra=shop.extra + more).fill([an_order("o-1")])

    played = stage.play("capi_nightly", says=SILENCE)

    assert played.state == state
    [run] = shop.capi("report", "--json").json["runs"]
    assert [one["status"] for one in run["destinations"]] == [status]
    assert shop.counted() == sent


def test_a_cleared_run_sends_nothing_twice(shop: Shop, stage: Stage) -> None:
    """The same run of the ledger is taken up again, with what came since."""
    shop.fill([an_order("o-1")])
    due = datetime.now(UTC)

    first = stage.play("capi_nightly", after=due)
    shop.fill([an_order("o-2")])
    again = stage.play("capi_nightly", after=due)

    assert (first.state, again.state) == ("success", "success")
    assert shop.counted() == {"o-1": 1, "o-2": 1}
    assert len(shop.capi("report", "--json").json["runs"]) == 1


def test_a_large_day_is_delivered_in_slices(shop: Shop, stage: Stage) -> None:
    """As many as go at once: five orders would make five of them."""
    shop.configure(extra=shop.extra + "slice_orders = 1\npool_slots = 3\n")
    shop.fill([an_order(f"o-{n}", hours_ago=30 + n / 10) for n in range(5)])

    played = stage.play("capi_nightly")

    slices = {name for name in played.tasks if ".deliver" in name}
    assert slices == {f"meta-web.deliver[{n}]" for n in range(3)}
    assert played.state == "success"
    assert shop.counted() == {f"o-{n}": 1 for n in range(5)}
    names = {t.rendered_map_index for t in played.run.get_task_instances()}
    assert "slice 3 of 3" in names


def test_a_day_that_is_too_old_is_green_and_told_as_expired(
    shop: Shop, stage: Stage
) -> None:
    """Meta takes seven days; a backfill may reach further."""
    shop.fill([an_order("o-1", hours_ago=10 * 24)])

    played = stage.play("capi_nightly", after=datetime.now(UTC) - timedelta(days=9))

    assert played.state == "success"
    assert shop.counted() == {}
    closed = played.xcom("meta-web.report", "closed")
    assert closed["classes"]["expired"] == {"orders": 1, "values": {"EUR": "19.90"}}


def test_a_refused_token_fails_at_once_and_is_told_once(
    shop: Shop, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tries would not help, and people need one notice, not four."""
    shop.fill([an_order("o-1")])
    with receiving.http() as heard:
        monkeypatch.setenv(
            "AIRFLOW_CONN_HOOK", f"http://127.0.0.1:{heard.port}/?endpoint=%2Ftold"
        )
        retries = shop.extra.replace("retries = 0", "retries = 2")
        shop.configure(extra=f"{retries}{TOLD}")
        (shop.folder / "token").write_text("sandbox-expired")

        played = stage.play("capi_nightly")

    assert played.state == "failed"
    assert [told["event"] for told in heard.bodies] == ["token_refused"]
    tries = {t.task_id: t.try_number for t in played.run.get_task_instances()}
    assert tries["meta-web.deliver"] == 1


def test_a_night_whose_time_was_up_is_not_begun_anew_by_a_try(
    shop: Shop, stage: Stage
) -> None:
    shop.fill([an_order("o-1")])
    retries = shop.extra.replace("retries = 0", "retries = 2")
    shop.configure(extra=f'{retries}\n[delivery]\nrun_deadline = "0s"\n')

    played = stage.play("capi_nightly")

    tries = {t.task_id: t.try_number for t in played.run.get_task_instances()}
    assert (played.state, tries["meta-web.deliver"]) == ("failed", 1)
    assert shop.counted() == {}


TOLD = """
[[airflow.notifications]]
kind = "webhook"
connection = "hook"
"""


def test_what_is_handed_from_task_to_task_names_no_order_and_nobody(
    shop: Shop, stage: Stage
) -> None:
    shop.fill([an_order("o-secret-1")])

    played = stage.play("capi_nightly")

    kept = [
        played.xcom(f"meta-web.{task}", key)
        for task in ("assess", "deliver", "report")
        for key in ("return_value", "found", "sent", "stopped", "closed")
    ]
    assert kept[0] == [{"slice": 1, "of": 1}]
    assert all(word not in str(kept) for word in (*PERSONAL, "o-secret-1"))
