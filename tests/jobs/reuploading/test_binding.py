"""A yes covers what was shown: other orders, or more of them, need another one."""

from typing import Any

import pytest

from capi_jobs.errors import DecisionRefused, LedgerUnavailable
from capi_jobs.ledger import Ledger
from tests.jobs.reuploading.building import AGAIN, META, OVER, RUN, WHY, Desk, away


def test_what_was_confirmed_is_sent_in_any_order(sent: Desk) -> None:
    sent.later(OVER)
    sent.confirm("o-1", "o-2", **AGAIN)

    sent.send("o-2", "o-1", **AGAIN)

    assert sent.shop.counted() == {"o-1": 2, "o-2": 2, "o-3": 1}
    with sent.house() as house:
        run = house.ledger.run(RUN)
    assert (run.status, run.note) == ("done", f"{WHY} · olga: seen")
    assert run.destinations[META].approved_count == 2


def test_what_was_turned_down_is_not_sent(sent: Desk) -> None:
    sent.confirm("o-1", yes=False, **AGAIN)

    with pytest.raises(DecisionRefused, match="turned down"):
        sent.send("o-1", **AGAIN)

    assert sent.moves("o-1") == 0


@pytest.mark.parametrize(
    ("order_ids", "more"),
    [
        pytest.param(("o-1", "o-3"), AGAIN, id="as many others"),
        pytest.param(("o-1",), AGAIN, id="fewer"),
        pytest.param(("o-1", "o-2"), {**AGAIN, "in_doubt": "again"}, id="choices"),
        pytest.param(("o-1", "o-2"), {**AGAIN, "because": f"{WHY}!"}, id="reason"),
        pytest.param((), {**AGAIN, "interval": "yesterday"}, id="days"),
    ],
)
def test_a_confirmed_run_sends_nothing_but_what_was_confirmed(
    sent: Desk, order_ids: tuple[str, ...], more: dict[str, Any]
) -> None:
    sent.later(OVER)
    sent.confirm("o-1", "o-2", **AGAIN)
    before = sent.requests()

    with pytest.raises(DecisionRefused, match="asked for something else"):
        sent.send(*order_ids, **more)

    assert sent.requests() == before
    assert sent.shop.classes() == {"delivered": 3}


def test_a_window_that_closes_after_the_yes_takes_another_yes(sent: Desk) -> None:
    """Shown as a copy that the platform drops, it would count by now."""
    sent.confirm("o-1", **AGAIN)
    sent.later(OVER)
    before = sent.requests()

    with pytest.raises(DecisionRefused, match=r"1 orders could count twice .* and 0 "):
        sent.send("o-1", **AGAIN)

    assert (sent.requests(), sent.moves("o-1")) == (before, 0)
    with sent.house() as house:
        assert house.ledger.run(RUN).status == "failed"


def test_where_a_second_person_is_needed_none_is_no_yes(
    sent: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing could count twice as it began; cut off, it goes on days later."""
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "requeue", away)
        with pytest.raises(LedgerUnavailable):
            sent.send("o-1", by_second_person=True, **AGAIN)
    sent.later(OVER)

    with pytest.raises(DecisionRefused, match="and 0 were confirmed"):
        sent.send("o-1", by_second_person=True, **AGAIN)

    assert sent.shop.counted()["o-1"] == 1


def test_a_confirmed_run_that_broke_off_goes_on(
    sent: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has made missing already is told no more: it only gets less."""
    sent.shop.configure(ledger=sent.shop.ledger, extra="[delivery]\npage_rows = 1")
    sent.later(OVER)
    sent.confirm("o-1", "o-2", "o-3", **AGAIN)
    requeue, made = Ledger.requeue, list[object]()

    def once(ledger: Ledger, chosen: Any, **more: Any) -> object:  # noqa: ANN401
        if made:
            raise LedgerUnavailable("away")
        made.append(chosen)
        return requeue(ledger, chosen, **more)

    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "requeue", once)
        with pytest.raises(LedgerUnavailable):
            sent.send("o-1", "o-2", "o-3", **AGAIN)

    for _ in range(2):
        sent.send("o-1", "o-2", "o-3", **AGAIN)

    assert [sent.moves(f"o-{n}") for n in (1, 2, 3)] == [1, 1, 1]
    assert sent.shop.counted() == {"o-1": 2, "o-2": 2, "o-3": 2}


def test_the_word_of_who_types_it_needs_no_second_person(
    sent: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "requeue", away)
        with pytest.raises(LedgerUnavailable):
            sent.send("o-1", **AGAIN)
    sent.later(OVER)

    sent.send("o-1", **AGAIN)

    assert sent.shop.counted()["o-1"] == 2


def test_a_run_of_another_kind_cannot_be_gone_on_with(sent: Desk) -> None:
    with sent.house() as house:
        sent.run_id = house.ledger.recent_runs(5)[-1].run_id

    with pytest.raises(DecisionRefused, match="asked for something else"):
        sent.send("o-1")
