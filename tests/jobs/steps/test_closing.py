"""How a destination's day ended, however far its steps came."""

from datetime import timedelta
from decimal import Decimal

import pytest

from capi_jobs.ledger import Ledger
from capi_jobs.ledger.values import Decision, RunStatus
from tests.jobs.steps.building import ASKS, OWNER, WHY, Night
from tests.shop import an_order, orders


def test_a_day_that_was_sent_is_done_and_its_books_close(night: Night) -> None:
    night.shop.fill([*orders(2), an_order("bad", value="-5.00")])
    night.assess()
    night.deliver()

    closed = night.close()

    assert (closed.status, closed.note, closed.decision) == (RunStatus.DONE, "", None)
    told = closed.as_json()
    classes = told["classes"]
    assert isinstance(classes, dict)
    assert classes["delivered"] == {"orders": 2, "values": {"EUR": "39.80"}}
    assert classes["held"] == {"orders": 1, "values": {"EUR": "-5.00"}}
    assert (closed.closes, closed.remainder.orders) == (True, 0)
    assert len(closed.days) == 4


def test_a_day_that_was_held_says_by_whom_and_why(night: Night) -> None:
    night.shop.configure(gate=ASKS).fill(orders(2))
    night.assess()
    night.hold()

    closed = night.close()

    assert (closed.status, closed.decision) == (RunStatus.HELD, Decision.HELD)
    assert (closed.decided_by, closed.reason) == (OWNER, WHY)
    assert WHY not in str(closed.as_json())


def test_a_day_that_nobody_approved_waits(night: Night) -> None:
    night.shop.configure(gate=ASKS).fill(orders(2))
    night.assess()

    assert night.close().status == RunStatus.WAITING
    assert night.question().asked


def test_a_day_that_was_never_assessed_failed(night: Night) -> None:
    closed = night.close()

    assert (closed.status, closed.note) == (RunStatus.FAILED, "nothing was assessed")
    assert closed.as_json()["closes"] is True


def test_slices_that_nobody_finished_are_interrupted(night: Night) -> None:
    night.shop.fill(orders(4))
    night.assess(slice_orders=2)
    night.deliver(1)

    assert night.close().status == RunStatus.INTERRUPTED

    assert [one.status for one in night.slices()] == ["interrupted", "done"]
    assert night.run().status == RunStatus.INTERRUPTED
    night.deliver(0)
    assert night.close().status == RunStatus.DONE


def test_an_assessment_that_was_killed_is_interrupted(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "recount", killed)
        patch.setattr(Ledger, "finish_destination", killed)
        with pytest.raises(SystemExit):
            night.assess()

    assert night.close().status == RunStatus.INTERRUPTED


def test_days_that_are_too_old_are_expired_with_their_value(night: Night) -> None:
    night.shop.fill(orders(2))
    night.ahead = timedelta(days=8)
    night.assess()
    night.deliver()

    closed = night.close()

    assert closed.status == RunStatus.DONE
    assert (closed.expired.orders, closed.expired.values["EUR"]) == (
        2,
        Decimal("39.80"),
    )


def test_what_is_in_doubt_or_rejected_is_told_with_its_value(night: Night) -> None:
    night.shop.fill(orders(1))
    night.shop.faults({"do": "error_500", "platform": "meta"})
    night.assess()
    night.deliver()

    closed = night.close()

    assert (closed.in_doubt.orders, closed.in_doubt.values["EUR"]) == (
        1,
        Decimal("19.90"),
    )
    assert closed.rejected.orders == 0


def test_closing_again_says_the_same(night: Night) -> None:
    night.shop.fill(orders(1))
    night.assess()
    night.deliver()

    assert night.close().as_json() == night.close().as_json()
