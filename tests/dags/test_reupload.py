"""capi_reupload from end to end: first dry, then real; faults; who confirms."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from capi_jobs.errors import ConfigFault
from capi_jobs.ledger import Ledger
from tests.dags.stage import Stage, answer
from tests.shop import Shop, an_order

pytestmark = pytest.mark.filterwarnings("default")  # Airflow's own warnings
REASON = {"reason": "tracking broke"}


def test_a_dry_run_sends_nothing_and_the_real_one_what_it_said(
    shop: Shop, stage: Stage
) -> None:
    shop.fill([an_order("o-1"), an_order("o-2")])
    stage.play("capi_nightly")
    shop.fill([an_order("o-3")])
    form = {**REASON, "order_ids": "o-2\n o-3\n\nnone-such"}

    dry = stage.play("capi_reupload", form)
    assert shop.counted() == {"o-1": 1, "o-2": 1}
    real = stage.play("capi_reupload", {**form, "dry_run": False})

    assert (dry.state, dry.tasks["send"]) == ("success", "skipped")
    assert (real.state, real.tasks["send"]) == ("success", "success")
    assert shop.counted() == {"o-1": 1, "o-2": 1, "o-3": 1}
    assert (dry.asked, real.asked) == ((), ())
    explained = dry.xcom("explain")
    assert explained["not_found"] == 1
    assert explained["destinations"][0]["going"]["orders"] == 1


def test_no_order_id_is_handed_from_task_to_task(shop: Shop, stage: Stage) -> None:
    shop.fill([an_order("o-1"), an_order("secret-order-7")])
    stage.play("capi_nightly")

    played = stage.play(
        "capi_reupload",
        {**REASON, "order_ids": "secret-order-7\nmissing-order-8", "dry_run": False},
    )

    kept = [played.xcom(task, key) for task, key in KEPT]
    assert played.state == "success"
    assert "order-7" not in str(kept)
    assert "order-8" not in str(kept)
    assert kept[0]["order_ids"] == 2


KEPT = [
    ("check", "return_value"),
    ("explain", "return_value"),
    ("send", "return_value"),
    ("send", "sent"),
    ("report", "return_value"),
]


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(REASON, id="neither ids nor interval"),
        pytest.param({**REASON, "interval": "soon"}, id="malformed interval"),
        pytest.param(
            {**REASON, "order_ids": "\n".join(map(str, range(100_001)))}, id="too many"
        ),
        pytest.param({**REASON, "ids_file": "ids.txt"}, id="no folder for files"),
    ],
)
def test_a_form_that_cannot_be_meant_fails_before_anything_is_looked_up(
    shop: Shop, stage: Stage, form: dict[str, object]
) -> None:
    played = stage.play("capi_reupload", {**form, "dry_run": False})

    assert played.state == "failed"
    assert played.tasks["check"] == "failed"
    assert played.tasks["send"] == "upstream_failed"


def test_ids_may_lie_in_a_file_of_the_one_folder(
    shop: Shop, stage: Stage, tmp_path: Path
) -> None:
    """A form must not show other files that a worker can read."""
    (tmp_path / "ids").mkdir()
    (tmp_path / "ids" / "night.txt").write_text("o-3\n")
    (tmp_path / "elsewhere.txt").write_text("o-3\n")
    folder = f'reupload_folder = "{tmp_path / "ids"}"\n'
    shop.configure(extra=shop.extra + folder).fill([an_order("o-1")])
    stage.play("capi_nightly")
    shop.fill([an_order("o-3")])

    played = [
        stage.play("capi_reupload", {**REASON, "ids_file": name, "dry_run": False})
        for name in ("../elsewhere.txt", "night.txt")
    ]

    assert [one.state for one in played] == ["failed", "success"]
    assert shop.counted() == {"o-1": 1, "o-3": 1}


@pytest.mark.parametrize(
    ("choice", "state", "times"), [("Approve", "success", 2), ("Reject", "failed", 1)]
)
def test_what_may_count_twice_is_confirmed_by_a_data_owner(
    shop: Shop, stage: Stage, choice: str, state: str, times: int
) -> None:
    _delivered_long_ago(shop, stage)

    played = stage.play("capi_reupload", TWICE, says=answer(choice, "agreed", "ana"))

    assert played.state == state
    [asked] = played.asked
    assert asked["of"] == ["ana"]
    assert "1 orders could count twice" in asked["subject"]
    [run] = [r for r in shop.capi("report", "--json").json["runs"] if _ours(r)]
    assert "by ana: agreed" in run["note"]
    assert _received(shop) == times


def test_a_confirmation_that_is_marked_as_done_is_none(
    shop: Shop, stage: Stage
) -> None:
    """Whoever may mark tasks is not thereby a data owner."""
    _delivered_long_ago(shop, stage)

    played = stage.play("capi_reupload", TWICE, marked="confirm")

    assert (played.tasks["confirm"], played.tasks["send"]) == ("success", "failed")
    assert _received(shop) == 1


def test_a_file_that_changes_while_it_is_asked_about_is_not_confirmed(
    shop: Shop, stage: Stage, tmp_path: Path
) -> None:
    form = _form_with_file(shop, stage, tmp_path, "o-1\n")

    played = stage.play(
        "capi_reupload",
        form,
        says=answer("Approve"),
        meanwhile=lambda: (tmp_path / "ids.txt").write_text("o-2\n"),
    )

    assert len(played.asked) == 1
    assert played.tasks["confirm"] == "failed"
    assert _received(shop) == 2


def test_a_file_that_changes_after_it_was_confirmed_is_not_sent(
    shop: Shop, stage: Stage, tmp_path: Path
) -> None:
    form, after = _form_with_file(shop, stage, tmp_path, "o-1\n"), datetime.now(UTC)
    yes = stage.play(
        "capi_reupload", form, says=answer("Approve"), after=after, marked="send"
    )

    (tmp_path / "ids.txt").write_text("o-2\n")
    other = stage.play("capi_reupload", form, after=after)
    between = _received(shop)
    (tmp_path / "ids.txt").write_text("o-1\n")
    same = stage.play("capi_reupload", form, after=after)

    assert (len(yes.asked), other.asked, same.asked) == (1, (), ())
    assert (other.tasks["confirm"], other.tasks["send"]) == ("success", "failed")
    assert (between, same.tasks["send"], _received(shop)) == (2, "success", 3)


def test_what_could_count_twice_only_after_it_began_is_not_sent(
    shop: Shop, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody was asked, as the platform would have dropped the copy; it broke off."""
    shop.fill([an_order("o-1")])
    stage.play("capi_nightly")
    after = datetime.now(UTC)
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "requeue", _broken)
        begun = stage.play("capi_reupload", TWICE, after=after)

    shop.configure(per_destination='dedup_window = "0s"')
    late = stage.play("capi_reupload", TWICE, after=after)

    assert (begun.asked, late.asked) == ((), ())
    assert (begun.tasks["send"], late.tasks["send"]) == ("failed", "failed")
    assert _received(shop) == 1


def _broken(*_: object, **__: object) -> None:
    raise ConfigFault("broken off", do="go on")


def _form_with_file(
    shop: Shop, stage: Stage, folder: Path, text: str
) -> dict[str, object]:
    """Deliver two orders long ago; a file names some of them."""
    (folder / "ids.txt").write_text(text)
    extra = f'{shop.extra}reupload_folder = "{folder}"\n'
    shop.configure(extra=extra, per_destination='dedup_window = "0s"')
    shop.fill([an_order("o-1"), an_order("o-2")])
    stage.play("capi_nightly")
    return {**TWICE, "order_ids": None, "ids_file": "ids.txt"}


def test_yesterday_is_the_day_before_the_form_was_sent(
    shop: Shop, stage: Stage
) -> None:
    """Cleared two days later, a form must not mean other orders."""
    shop.fill([an_order("o-1")])
    stage.play("capi_nightly")
    shop.fill([an_order("o-2", hours_ago=24), an_order("o-3", hours_ago=72)])
    form = {**REASON, "interval": "yesterday", "dry_run": False}

    played = stage.play(
        "capi_reupload", form, after=datetime.now(UTC) - timedelta(days=2)
    )

    assert played.state == "success"
    assert shop.counted() == {"o-1": 1, "o-3": 1}


TWICE = {
    **REASON,
    "order_ids": "o-1",
    "delivered": "again",
    "may_count_twice": True,
    "dry_run": False,
}


def _delivered_long_ago(shop: Shop, stage: Stage) -> None:
    """Deliver an order whose event id is recognised no more."""
    # Within the look-back of three days, whatever the hour is now.
    old = an_order("o-1", hours_ago=60)
    shop.configure(per_destination='dedup_window = "0s"').fill([old])
    stage.play("capi_nightly")


def _received(shop: Shop) -> int:
    """Count every copy; the platform may know them for one."""
    told = httpx.get(f"{shop.url}/sandbox/counted").json()
    return int(told["meta"]["received"])


def _ours(run: dict[str, object]) -> bool:
    return run["kind"] == "reupload"
