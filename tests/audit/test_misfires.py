"""Events that should not have been sent, and those that were right."""

import pytest

from tests.audit.building import Row, at, event, found, order, server

ID = "DE-1001"


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"is_test": "true"}, "test_order"),
        ({"status": "pending"}, "unpaid"),
        ({"status": "Cancelled "}, "cancelled"),
        ({"status": "refunded"}, "refunded"),
        ({"status": "refunded", "is_test": "1"}, "test_order"),
    ],
    ids=str,
)
@pytest.mark.parametrize("sent", [event(), server()], ids=["browser", "server"])
def test_an_event_of_no_sale_is_named_by_the_orders_state(
    sent: Row, changes: dict[str, str], cause: str
) -> None:
    told = found([order(**changes)], [sent])

    assert told == {f"misfiring/{cause}": {ID}}


def test_an_order_that_is_no_sale_and_was_never_told_is_none() -> None:
    assert found([order(status="cancelled")]) == {}


def test_an_event_of_an_unknown_order_has_no_order() -> None:
    assert found([order()], [event("XX-999999")]) == {
        "misfiring/no_order": {"XX-999999"}
    }


def test_an_unknown_order_is_told_once_however_often_it_was_sent() -> None:
    events = [event("XX-999999", event_id=f"e-{n}") for n in range(3)]

    assert found([order()], events) == {"misfiring/no_order": {"XX-999999"}}


def test_an_event_without_order_id_may_be_of_any_order() -> None:
    assert found([order()], [event(None, event_id="px-1")]) == {}


def test_without_any_order_no_event_is_judged() -> None:
    """A view that gave nothing would make every event one without order."""
    assert found([], [event()]) == {}


def test_where_one_order_is_asked_for_its_absence_is_known() -> None:
    told = found([], [event()], one_order=True)

    assert told == {"misfiring/no_order": {ID}}


def test_an_unknown_order_outside_the_interval_is_another_audits() -> None:
    assert found([order()], [event("XX-999999", event_time=at(days=-2))]) == {}


@pytest.mark.parametrize(
    ("minutes", "kinds"),
    [(-14, set()), (-16, {"misfiring/before_order"}), (14, set())],
)
def test_an_event_before_its_order_is_one_beyond_the_tolerance(
    minutes: int, kinds: set[str]
) -> None:
    assert set(found([order()], [event(event_time=at(minutes=minutes))])) == kinds


@pytest.mark.parametrize("event_id", [ID, "px-1", None])
def test_a_page_opened_again_days_later_is_no_second_copy(event_id: str | None) -> None:
    again = event(event_id=event_id, event_time=at(days=5))

    assert found([order()], [event(), again]) == {"misfiring/reopened": {ID}}


def test_a_page_of_an_older_order_is_told_on_the_day_it_was_opened() -> None:
    older = order(completed_at=at(days=-9))
    events = [event(event_time=at(days=-9)), event(event_time=at())]

    assert found([older], events) == {"misfiring/reopened": {ID}}


def test_the_only_event_is_late_and_not_opened_again() -> None:
    assert found([order()], [event(event_time=at(days=5))]) == {"misaligned/time": {ID}}
