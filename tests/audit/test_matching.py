"""Which order an event is of, and when that cannot be told."""

import pytest

from tests.audit.building import event, found, order


def test_a_prefix_that_two_orders_share_is_no_match() -> None:
    orders = [order("DE-1001"), order("FR-1001")]

    assert found(orders, [event("1001")]) == {"misfiring/no_order": {"1001"}}


@pytest.mark.parametrize("written", ["o-12", "DE-7", "99DE-1001X"])
def test_short_or_different_ends_are_no_match(written: str) -> None:
    orders = [order("x-12"), order("US-7"), order("DE-1001")]

    assert found(orders, [event(written)]) == {"misfiring/no_order": {written}}


def test_the_same_number_of_two_shops_is_no_match() -> None:
    assert found([order("DE-1001")], [event("FR-1001")]) == {
        "misfiring/no_order": {"FR-1001"}
    }


@pytest.mark.parametrize("event_id", ["ev-5", "DE-1001"])
def test_an_event_without_order_id_is_found_by_its_event_id(event_id: str) -> None:
    """The order's own, or its number in the place of an event id."""
    mine = order(event_id="ev-5")
    told = event(None, event_id=event_id, event_name="PlaceAnOrder")

    assert found([mine], [told]) == {"misaligned/event_name": {"DE-1001"}}


def test_blanks_around_ids_are_no_difference() -> None:
    assert found([order(" DE-1001 ")], [event(" DE-1001 ")]) == {}


def test_events_of_other_destinations_and_platforms_are_not_read() -> None:
    events = [
        event("X-1", platform="tiktok"),
        event("X-2", platform=None, destination="tiktok-web"),
    ]

    assert found([order()], events) == {}


def test_events_of_nobody_named_are_read() -> None:
    told = found([order()], [event("XX-999999", platform=None)])

    assert told == {"misfiring/no_order": {"XX-999999"}}


def test_the_id_of_the_template_matches() -> None:
    told = event(None, event_id="Purchase/DE-1001", event_name="PlaceAnOrder")

    found_ = found([order()], [told], event_id_template="{event_name}/{order_id}")

    assert found_ == {"misaligned/event_name": {"DE-1001"}}
