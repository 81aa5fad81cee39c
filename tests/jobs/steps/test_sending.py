"""Slices of a day: sent once, up to what was shown, however often they are begun."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from multiprocessing import get_context

import pytest

from capi_jobs.errors import DecisionRefused, GateClosed, LedgerUnavailable
from capi_jobs.jobs.house import Unwatched
from capi_jobs.jobs.steps import Sent
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.values import Decision, Gate, RunStatus
from tests.jobs.steps.building import ASKS, META, WHY, Night
from tests.shop import Shop, an_order, orders

ONCE = {f"o-{n}": 1 for n in range(1, 10)}


@contextmanager
def broken(monkeypatch: pytest.MonkeyPatch, method: str) -> Iterator[None]:
    """Let one method of the ledger say that it is away."""

    def away(*_: object, **__: object) -> None:
        raise LedgerUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, method, away)
        yield


@pytest.fixture
def sliced(night: Night) -> Night:
    """Nine orders in three slices, which may be sent."""
    night.shop.fill(orders(9))
    assert night.assess(slice_orders=3).slices == 3
    return night


def test_each_slice_sends_its_own_orders(sliced: Night) -> None:
    first = sliced.deliver(0)

    assert sliced.shop.counted() == {"o-1": 1, "o-2": 1, "o-3": 1}
    assert (first.delivered, first.status) == (3, RunStatus.DONE)
    assert (sliced.part().status, sliced.run().status) == ("running", "running")


def test_all_slices_together_send_the_day_and_end_the_run(sliced: Night) -> None:
    sent = [sliced.deliver(number) for number in (2, 0, 1)]

    assert sliced.shop.counted() == ONCE
    assert sum(one.requests for one in sent) == sliced.part().requests["requests"] == 3
    assert (sliced.part().status, sliced.run().status) == ("done", "done")
    assert sliced.shop.classes() == {"delivered": 9}


def test_a_slice_sent_again_sends_nothing_twice_and_ends_done(sliced: Night) -> None:
    sliced.deliver(0)

    again = sliced.deliver(0)

    assert (again.delivered, again.requests, again.status) == (0, 0, RunStatus.DONE)
    assert sliced.shop.counted() == {"o-1": 1, "o-2": 1, "o-3": 1}


def _in_a_process(night: Night, number: int) -> Sent:
    return night.deliver(number)


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_slices_side_by_side_send_each_order_once(sliced: Night, kind: str) -> None:
    pool = (
        ThreadPoolExecutor(6)
        if kind == "threads"
        else ProcessPoolExecutor(2, get_context("spawn"))
    )
    with pool:
        sent = list(pool.map(_in_a_process, [sliced] * 4, [0, 1, 2, 1]))

    assert sliced.shop.counted() == ONCE
    assert sum(one.delivered for one in sent) == 9
    assert {one.status for one in sliced.slices()} == {RunStatus.DONE}
    assert (sliced.part().status, sliced.run().status) == ("done", "done")


def test_what_breaks_one_slice_is_not_said_of_the_others(
    sliced: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    sliced.deliver(0)

    with broken(monkeypatch, "claim"), pytest.raises(LedgerUnavailable):
        sliced.deliver(1)

    assert [one.status for one in sliced.slices()] == ["done", "failed", "waiting"]
    assert sliced.part().status == RunStatus.RUNNING
    sliced.deliver(2)
    assert (sliced.part().status, sliced.part().note) == ("failed", "LedgerUnavailable")
    assert sliced.deliver(1).delivered == 3
    assert (sliced.part().status, sliced.part().note) == ("done", "")
    assert sliced.shop.counted() == ONCE


def test_a_call_that_was_left_unanswered_is_not_made_with_another_id(
    sliced: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker died between the call and its receipt: the lease is waited for."""
    sliced.shop.configure(extra='[delivery]\nlease = "3s"\ncall_deadline = "1s"\n')
    with (
        broken(monkeypatch, "settle"),
        broken(monkeypatch, "settle_each"),
        pytest.raises(LedgerUnavailable),
    ):
        sliced.deliver(0)

    again = sliced.deliver(0)

    assert again.status == RunStatus.DONE
    assert set(sliced.shop.counted().values()) == {1}
    assert sliced.shop.classes() == {"delivered": 3, "missing": 6}


def test_nothing_is_sent_before_a_person_approved(night: Night) -> None:
    night.shop.configure(gate=ASKS).fill(orders(2))
    night.assess()

    with pytest.raises(DecisionRefused, match="nobody has approved"):
        night.deliver()

    assert night.shop.counted() == {}
    night.approve()
    assert night.deliver().delivered == 2


def test_nothing_is_sent_that_was_held(night: Night) -> None:
    night.shop.configure(gate=ASKS).fill(orders(2))
    night.assess()
    night.hold()

    with pytest.raises(DecisionRefused, match="held by olga"):
        night.deliver()

    assert night.shop.counted() == {}
    assert (night.part().status, night.run().status) == ("held", "held")


def test_nothing_is_sent_that_was_not_assessed(night: Night) -> None:
    with pytest.raises(DecisionRefused, match="no such run"):
        night.deliver()
    night.shop.fill(orders(1))
    night.assess()
    with pytest.raises(DecisionRefused, match="no slice 7"):
        night.deliver(7)


def test_more_than_was_approved_closes_the_gate_for_the_whole_run(
    night: Night,
) -> None:
    night.shop.configure(gate=ASKS).fill(orders(4))
    assert night.assess(slice_orders=2).slices == 2
    night.approve()
    night.deliver(0)
    night.shop.fill([an_order("late", hours_ago=29.95)])

    with pytest.raises(GateClosed, match="more is missing now than was approved"):
        night.deliver(1)

    part = night.part()
    assert (part.gate, part.decision, part.status) == (Gate.ASK, None, "waiting")
    assert [one.status for one in night.slices()] == ["done", "waiting"]
    assert night.run().status == RunStatus.WAITING
    with pytest.raises(DecisionRefused):
        night.deliver(0)
    assert night.shop.counted() == {"o-1": 1, "o-2": 1}


def test_a_gate_that_closed_again_opens_after_another_assessment(night: Night) -> None:
    night.shop.configure(gate=ASKS).fill(orders(2))
    night.assess()
    night.approve()
    night.shop.fill([an_order("late")])
    with pytest.raises(GateClosed):
        night.deliver()
    # What was shown has not changed: to approve it once more lets nothing new go.
    night.approve()
    with pytest.raises(GateClosed):
        night.deliver()

    assert night.assess().orders == 3
    night.approve()
    night.deliver()

    assert night.shop.counted() == {"o-1": 1, "o-2": 1, "late": 1}
    assert night.part().status == RunStatus.DONE


def test_a_log_that_stopped_after_the_gate_had_passed_closes_it(night: Night) -> None:
    night.shop.configure(
        gate="ask_first_run = false\nask_without_sent_events = false\nmissing_floor = 3"
    ).fill(orders(1))
    assert night.assess().gate == "pass"
    night.shop.fill([an_order(f"n-{n}") for n in range(3)])

    with pytest.raises(GateClosed, match="when the gate passed"):
        night.deliver()

    assert night.shop.counted() == {}
    assert night.question().asked


def test_some_more_than_was_assessed_goes_out_where_nobody_was_asked(
    night: Night,
) -> None:
    night.shop.fill(orders(1))
    night.assess()
    night.shop.fill([an_order("late")])

    assert night.deliver().delivered == 2


def test_a_slice_under_way_does_not_open_a_gate_that_closed(night: Night) -> None:
    night.shop.configure(gate=ASKS).fill(orders(4))
    night.assess(slice_orders=2)
    night.approve()

    class Meanwhile(Unwatched):
        def stage(self, destination: str, stage: str, total: int | None) -> None:
            if stage == "deliver":
                assert night.part().status == RunStatus.RUNNING
                with night.house() as house:
                    ledger = house.ledger
                    other = ledger.start_slice(
                        night.run_id, destination, 1, now=house.clock.now()
                    )
                    ledger.ask_again(other, ["grown: more"], now=house.clock.now())

    sent = night.deliver(0, Meanwhile())

    # What it had begun was approved.
    assert (sent.delivered, sent.status) == (2, RunStatus.DONE)
    part = night.part()
    assert (part.gate, part.decision, part.status) == (Gate.ASK, None, "waiting")
    assert night.run().status == RunStatus.WAITING


def test_a_slice_does_not_replace_what_was_counted_of_the_day(sliced: Night) -> None:
    before = sliced.part().assessed_at

    sliced.deliver(1)

    assert sliced.part().assessed_at == before
    assert sliced.shop.classes() == {"delivered": 3, "missing": 6}


def test_rows_that_differ_across_slices_stay_held(night: Night) -> None:
    """Alone in its slice, each would look like a good order."""
    twice = [an_order("x", hours_ago=40, value="1.00"), an_order("x", hours_ago=20)]
    night.shop.fill([*twice, *orders(4)])
    assert night.assess(slice_orders=2).slices == 2

    night.deliver(0)
    night.deliver(1)

    assert night.shop.counted() == {f"o-{n}": 1 for n in range(1, 5)}
    assert night.shop.held() == {"x": "order_id_ambiguous"}


def test_what_was_approved_on_the_command_line_is_not_sent_again(night: Night) -> None:
    night.shop.configure(gate=ASKS).fill(orders(2))
    night.assess()
    night.shop.capi("approve", night.run_id, "--because", WHY)

    night.decide(Decision.APPROVED, actor="airflow")
    sent = night.deliver()

    assert (sent.delivered, sent.status) == (0, RunStatus.DONE)
    assert night.part().decided_reason == WHY
    assert night.part().status == RunStatus.DONE


def test_an_approval_after_the_age_window_closed_sends_nothing(night: Night) -> None:
    night.shop.configure(gate=ASKS).fill(orders(2))
    night.assess()
    night.ahead = timedelta(days=8)
    night.approve()

    sent = night.deliver()

    assert (sent.delivered, sent.requests, sent.status) == (0, 0, RunStatus.DONE)
    closed = night.close()
    assert (closed.expired.orders, closed.expired.values["EUR"]) == (
        2,
        Decimal("39.80"),
    )
    assert closed.closes


def test_a_dead_token_stops_the_slice_and_says_so(night: Night, shop: Shop) -> None:
    shop.fill(orders(2))
    shop.faults({"do": "expire_token", "platform": "meta"})
    night.assess()

    sent = night.deliver()

    assert (sent.status, sent.as_json()["stopped"]) == (
        RunStatus.FAILED,
        "CredentialRefused",
    )
    assert night.part().status == RunStatus.FAILED
    shop.mend()
    assert night.deliver().delivered == 2
    assert (night.part().status, night.part().note) == ("done", "")


def test_a_secret_that_is_not_there_is_a_slice_that_failed(night: Night) -> None:
    night.shop.fill(orders(1))
    night.assess()
    (night.shop.folder / "token").unlink()

    with pytest.raises(Exception, match=META):
        night.deliver()

    assert [one.status for one in night.slices()] == ["failed"]
