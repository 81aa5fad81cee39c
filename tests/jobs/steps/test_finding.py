"""Finding what is owed, again and again, and cutting it into slices."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from capi_jobs.errors import LedgerUnavailable, WarehouseUnavailable
from capi_jobs.jobs.steps import run_id_of
from capi_jobs.ledger import Ledger
from capi_jobs.warehouse import Warehouse
from tests.jobs.steps.building import ASKS, RUN, Night
from tests.shop import an_order, orders


def test_the_name_of_a_run_is_the_same_each_time_it_is_asked() -> None:
    names = [run_id_of("2026-11-22", "meta_main", origin) for origin in ("a", "a", "b")]

    assert names[0] == names[1] != names[2]
    assert names[0].startswith("2026-11-22-meta_main-")
    assert run_id_of("2026/11 22", "m", "a").startswith("2026_11_22-m-")


def test_a_run_that_another_began_just_now_is_gone_on_with(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow may begin one task in two processes."""
    night.shop.fill(orders(2))
    monkeypatch.setattr(Ledger, "is_run", _not_seen_at_first(Ledger.is_run))
    night.assess()
    monkeypatch.setattr(Ledger, "is_run", _not_seen_at_first(Ledger.is_run))

    assert night.assess().orders == 2


def _not_seen_at_first(look: Callable[[Ledger, str], bool]) -> Any:  # noqa: ANN401
    """Look a moment before the other process writes the run."""
    looks = iter([False])

    def seen(ledger: Ledger, run_id: str) -> bool:
        return next(looks, None) is None and look(ledger, run_id)

    return seen


def test_what_is_found_is_told_and_kept(night: Night) -> None:
    night.shop.fill([*orders(2), an_order("bad", value="-5.00")])

    found = night.assess()

    assert found.as_json() == {
        "run_id": RUN,
        "destination": "meta-web",
        "gate": "pass",
        "orders": 2,
        "values": {"EUR": "39.80"},
        "slices": 1,
    }
    assert (night.part().missing_count, night.part().status) == (2, "running")
    assert night.shop.held() == {"bad": "value_negative"}
    assert night.run().kind == "nightly"


@pytest.mark.parametrize(
    ("slice_orders", "most", "expected"),
    [
        pytest.param(10, 16, [10], id="all in one"),
        pytest.param(9, 16, [5, 5], id="as many in each"),
        pytest.param(3, 16, [3, 3, 2, 2], id="the first ones may be larger"),
        pytest.param(1, 4, [3, 3, 2, 2], id="no more than allowed"),
        pytest.param(1, 1, [10], id="not at all"),
    ],
)
def test_what_is_due_is_cut_into_slices(
    night: Night, slice_orders: int, most: int, expected: list[int]
) -> None:
    night.shop.fill(orders(10))

    found = night.assess(slice_orders=slice_orders, most=most)

    due = [one.due for one in night.slices()]
    assert [one.orders for one in due] == expected
    assert found.slices == len(expected)
    worth = [one.values["EUR"] for one in due]
    assert worth == [Decimal("19.90") * orders for orders in expected]


def test_slices_together_are_the_time_that_was_looked_at(night: Night) -> None:
    night.shop.fill(orders(6))
    night.assess(slice_orders=2)

    spans = [one.due.interval for one in night.slices()]

    assert (spans[0].start, spans[-1].end) == (
        night.part().interval.start,
        night.part().interval.end,
    )
    assert [one.end for one in spans[:-1]] == [one.start for one in spans[1:]]


def test_orders_of_one_moment_are_not_parted(night: Night) -> None:
    moment = orders(1)[0]["completed_at"]
    night.shop.fill(orders(6, completed_at=moment))

    assert night.assess(slice_orders=1).slices == 1


def test_what_is_held_counts_in_no_slice(night: Night) -> None:
    night.shop.fill([*orders(4), an_order("bad", value="-5.00", hours_ago=29.95)])

    night.assess(slice_orders=3)

    assert sum(one.due.orders for one in night.slices()) == 4


def test_nothing_due_is_one_slice_of_nothing(night: Night) -> None:
    night.shop.configure(gate="ask_empty_source = false")

    assert night.assess().slices == 1
    [one] = night.slices()
    assert (one.due.orders, one.due.values) == (0, {})
    assert night.deliver().requests == 0


def test_another_assessment_opens_the_question_anew(night: Night) -> None:
    night.shop.configure(gate=ASKS).fill(orders(2))
    night.assess()
    night.hold()

    found = night.assess()

    assert found.gate == "ask"
    assert (night.part().decision, night.part().status) == (None, "waiting")
    assert night.run().status == "waiting"


def test_another_assessment_cuts_anew(night: Night) -> None:
    night.shop.fill(orders(4))
    night.assess(slice_orders=2)
    night.deliver(0)

    night.assess(slice_orders=1)

    assert [one.due.orders for one in night.slices()] == [1, 1]
    assert {one.status for one in night.slices()} == {"waiting"}
    night.deliver(0)
    night.deliver(1)
    assert night.part().status == "done"
    assert night.shop.counted() == {f"o-{n}": 1 for n in range(1, 5)}


def test_what_was_done_stays_done_where_nothing_new_is_due(night: Night) -> None:
    night.shop.configure(gate=ASKS).fill(orders(2))
    night.assess()
    night.approve()
    night.deliver()

    found = night.assess()

    assert (found.gate, found.orders, found.slices) == ("pass", 0, 1)
    assert (night.part().decision, night.part().status) == ("approved", "done")
    assert not night.question().asked
    assert night.deliver().requests == 0


def test_a_run_is_no_past_of_its_own(night: Night) -> None:
    """Else its first assessment would tell the second what is usual."""
    night.shop.configure(
        gate="ask_without_sent_events = false\nask_empty_source = false"
    )
    assert night.assess().gate == "pass"
    night.shop.fill(orders(2))

    assert night.assess().gate == "ask"
    assert "first_run" in str(night.part().gate_reasons)


def test_an_assessment_that_breaks_off_is_said_to_have_failed(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.shop.fill(orders(2))

    def away(*_: object, **__: object) -> None:
        raise WarehouseUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(Warehouse, "orders", away)
        with pytest.raises(WarehouseUnavailable):
            night.assess()

    assert (night.part().status, night.part().note) == (
        "failed",
        "WarehouseUnavailable",
    )
    assert night.run().status == "failed"
    assert night.assess().orders == 2
    assert (night.part().status, night.part().note) == ("running", "")


@pytest.mark.parametrize("method", ["start_run", "recount", "record_assessment"])
def test_an_assessment_may_break_off_anywhere(
    night: Night, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    night.shop.fill(orders(2))

    def away(*_: object, **__: object) -> None:
        raise LedgerUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, method, away)
        with pytest.raises(LedgerUnavailable):
            night.assess()

    night.assess()
    night.deliver()
    assert night.shop.counted() == {"o-1": 1, "o-2": 1}


def test_orders_that_arrived_late_are_looked_back_on(night: Night) -> None:
    night.shop.fill([an_order("late", hours_ago=24 * 5)])

    assert night.assess().orders == 1
    assert night.part().interval.start == night.interval.start - timedelta(days=3)
