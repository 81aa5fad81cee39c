"""Each way of being counted twice, what hides it, and what is none."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.audit.building import Row, at, audit, entry, event, found, order, server

ID = "DE-1001"


def duplicated(
    orders: list[Row],
    events: list[Row],
    **more: Any,  # noqa: ANN401 - as `found` takes it
) -> Mapping[str, set[str]]:
    """Leave other kinds out: a late copy differs in its time as well."""
    told = found(orders, events, **more)
    return {kind: ids for kind, ids in told.items() if kind.startswith("duplicated/")}


@pytest.mark.parametrize(
    ("events", "cause"),
    [
        ([event(), server(event_name="PlaceAnOrder")], "two_names"),
        ([server(), server(log="plugin", event_id="p-1")], "two_senders"),
        ([event(event_id="px-1"), server()], "two_ids"),
        ([event(), event(event_id="px-1")], "new_id_each_time"),
        ([server(), server(event_id="s-2")], "new_id_each_time"),
        ([server(), server(event_time=at(hours=49))], "refired"),
        ([event(), server(event_time=at(hours=49))], "refired"),
        ([event(), server(event_id=None), server("X", event_id="X")], "no_event_id"),
    ],
    ids=str,
)
def test_each_cause_is_named(events: list[Row], cause: str) -> None:
    assert duplicated([order(), order("X")], events) == {f"duplicated/{cause}": {ID}}


@pytest.mark.parametrize(
    "events",
    [
        [event()],
        [event(), server()],
        [event(), event(event_time=at(minutes=9))],
        [event(), server(event_time=at(hours=47))],
        [server(), server(log="plugin")],
        [event(event_name="CompletePayment"), server(event_name="Purchase")],
        [event(), event(event_id="co-1", event_name="InitiateCheckout")],
    ],
    ids=[
        "one",
        "both with one id",
        "reloaded",
        "within the window",
        "two servers, one id",
        "alias",
        "checkout",
    ],
)
def test_copies_that_the_platform_recognises_are_none(events: list[Row]) -> None:
    names = {"completepayment": "purchase"}

    assert duplicated([order()], events, names=names) == {}


def test_two_orders_with_one_id_are_both_named() -> None:
    orders = [order(event_id="e-1"), order("DE-1002", event_id="e-1")]

    assert found(orders) == {"duplicated/orders_share_id": {ID, "DE-1002"}}


def test_two_orders_whose_events_have_one_id_are_both_named() -> None:
    events = [event(event_id="once"), event("DE-1002", event_id="once")]

    told = found([order(), order("DE-1002")], events)

    assert told == {"duplicated/orders_share_id": {ID, "DE-1002"}}


def test_of_several_causes_the_first_is_told() -> None:
    events = [
        event(event_id="px-1"),
        server(event_name="PlaceAnOrder"),
        server(log="plugin", event_id="p-1"),
    ]

    assert found([order()], events) == {"duplicated/two_names": {ID}}


def test_our_own_copy_is_one_more_sender() -> None:
    """A log that came late tells that the pixel had it, under another id."""
    told = found([order()], [event(event_id="px-1")], entries=[entry()])

    assert told == {"duplicated/two_ids": {ID}}


@pytest.mark.parametrize("status", ["rejected", "in_doubt", "in_flight"])
def test_what_did_not_arrive_for_sure_is_no_copy(status: str) -> None:
    mine = entry(status=status)

    assert found([order()], [event(event_id="px-1")], entries=[mine]) == {}


def test_a_log_without_any_event_id_says_nothing_of_copies() -> None:
    assert found([order()], [event(), server(event_id=None)]) == {}


def test_an_order_that_is_no_sale_is_no_duplicate() -> None:
    told = found([order(status="cancelled")], [event(event_id="px-1"), server()])

    assert told == {"misfiring/cancelled": {ID}}


def test_an_order_outside_the_interval_is_another_audits() -> None:
    earlier = order(completed_at=at(days=-2))
    events = [
        event(event_id="px-1", event_time=at(days=-2)),
        server(event_time=at(days=-2)),
    ]

    assert found([earlier], events) == {}


def test_the_ids_that_differ_are_told() -> None:
    with audit([order()], [event(event_id="px-1"), server()]) as made:
        [finding] = made.findings()

    assert (finding.detail, finding.event_ids) == ("px-1 ≠ DE-1001", (ID, "px-1"))
