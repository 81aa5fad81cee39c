"""The deed cut off, or overtaken by answers: nothing is lost, nothing done twice."""

from typing import Any

import pytest

from capi_jobs.errors import DecisionRefused, LedgerUnavailable
from capi_jobs.ledger import Ledger
from tests.jobs.reuploading.building import AGAIN, META, OVER, RUN, WHY, Desk, away


def test_broken_off_between_requeue_and_send_it_goes_on(
    sent: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent.later(OVER)
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "start_delivery", away)
        with pytest.raises(LedgerUnavailable):
            sent.send("o-1", "o-2", **AGAIN)
    assert sent.shop.classes() == {"delivered": 1, "missing": 2}

    sent.send("o-1", "o-2", **AGAIN)

    assert sent.shop.counted() == {"o-1": 2, "o-2": 2, "o-3": 1}
    assert (sent.moves("o-1"), sent.moves("o-2")) == (1, 1)
    assert sent.shop.classes() == {"delivered": 3}


def test_broken_off_between_send_and_end_nothing_is_sent_again(
    sent: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent.later(OVER)
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "finish_destination", away)
        with pytest.raises(LedgerUnavailable):
            sent.send("o-1", **AGAIN)
    before = sent.requests()
    sent.later(2 * OVER)

    done = sent.send("o-1", **AGAIN)

    assert sent.said() == {"o-1": ("leave", "done_by_this_run")}
    assert (sent.requests(), sent.moves("o-1")) == (before, 1)
    assert sent.shop.counted()["o-1"] == 2
    assert done.report.destinations[0].tally is not None


def test_what_a_nightly_run_has_sent_meanwhile_is_not_sent_again(
    sent: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The re-upload died after its requeue, and the night took up what was missing."""
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "start_delivery", away)
        with pytest.raises(LedgerUnavailable):
            sent.send("o-1", **AGAIN)
    sent.shop.run()
    before = sent.requests()

    sent.send("o-1", **AGAIN)

    assert sent.said() == {"o-1": ("leave", "done_by_this_run")}
    assert (sent.requests(), sent.moves("o-1")) == (before, 1)


def test_broken_off_among_its_decisions_each_is_made_once(
    sent: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent.shop.configure(ledger=sent.shop.ledger, extra="[delivery]\npage_rows = 1")
    sent.later(OVER)
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

    sent.send("o-1", "o-2", "o-3", **AGAIN)

    assert [sent.moves(f"o-{n}") for n in (1, 2, 3)] == [1, 1, 1]
    assert sent.shop.counted() == {"o-1": 2, "o-2": 2, "o-3": 2}
    assert sent.shop.classes() == {"delivered": 3}


def test_a_broken_off_re_upload_keeps_its_reason(
    sent: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "start_delivery", away)
        with pytest.raises(LedgerUnavailable):
            sent.send("o-1", **AGAIN)

    with sent.house() as house:
        run = house.ledger.run(RUN)
    assert (run.status, run.note) == ("failed", WHY)
    assert run.destinations[META].note == "LedgerUnavailable"


def test_an_answer_that_comes_meanwhile_refuses_that_order_alone(
    sent: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between being decided and being moved, one order went elsewhere."""
    requeue = Ledger.requeue

    def overtaken(ledger: Ledger, chosen: Any, **more: Any) -> object:  # noqa: ANN401
        if "o-1" in chosen.order_ids:
            raise DecisionRefused("an answer came for these meanwhile")
        return requeue(ledger, chosen, **more)

    monkeypatch.setattr(Ledger, "requeue", overtaken)

    sent.send("o-1", "o-2", **AGAIN)

    assert sent.said() == {
        "o-1": ("refuse", "moved_meanwhile"),
        "o-2": ("send_again", "delivered"),
    }
    assert (sent.moves("o-1"), sent.moves("o-2")) == (0, 1)
