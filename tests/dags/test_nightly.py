"""capi_nightly from end to end: what is owed is counted once, whoever is asked."""

import pytest

from tests.dags.stage import SILENCE, Stage, answer
from tests.shop import Shop, an_order

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
