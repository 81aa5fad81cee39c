"""Logs of every bad kind: each a message, and the audit goes on."""

import pytest

from capi_jobs.audit.inputs import COPIES_MANY, Inputs
from tests.audit.building import Row, at, audit, event, order, server


def inputs(events: list[Row], orders: list[Row] | None = None) -> Inputs:
    with audit([order()] if orders is None else orders, events, logs=["pixel"]) as made:
        return made.inputs


@pytest.mark.parametrize(
    ("events", "code", "count"),
    [
        ([event(None, event_id="DE-1001")], "log_without_order_ids", 1),
        ([event(event_id=None)], "log_without_event_ids", 1),
        ([event(value=None)], "log_without_values", 1),
        ([event(event_time="2026-11-20 12:00")], "naive_times", 1),
        ([event(event_time=None), event(event_time="x")], "unreadable_times", 2),
        ([event("de-1001")], "ids_in_another_writing", 1),
        ([event(None, event_id="x"), event()], "events_of_no_order", 1),
        ([event()] * COPIES_MANY, "one_id_again_and_again", COPIES_MANY),
        ([event(event_name="PageView")], "log_empty", 1),
        ([], "log_empty", 1),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_each_fault_of_a_log_is_told_once_with_its_count(
    events: list[Row], code: str, count: int
) -> None:
    notices = {one.code: one.count for one in inputs(events).notices}

    assert notices == {code: count}


def test_a_good_log_has_no_message() -> None:
    assert inputs([event()]).notices == ()


def test_an_interval_without_orders_is_told() -> None:
    assert [one.code for one in inputs([event()], []).notices] == ["no_orders"]


def test_without_logs_only_our_own_entries_are_compared() -> None:
    with audit([order()], logs=[]) as made:
        assert [one.code for one in made.inputs.notices] == ["no_logs"]


def test_names_of_all_dialects_are_counted() -> None:
    events = [
        event(),
        event("DE-1", event_name="order_completed"),
        event("DE-2", event_name="Place an Order"),
        event("DE-3", event_name="AddToCart"),
        event("DE-4", event_name="AddToCart"),
    ]

    [log] = inputs(events).logs

    assert (log.purchases, log.under_other_names, log.other_events) == (3, 2, 2)
    assert dict(log.names) == {
        "addtocart": 2,
        "order_completed": 1,
        "place an order": 1,
        "purchase": 1,
    }


def test_events_of_other_days_are_read_and_not_counted() -> None:
    yesterday = event("DE-1", event_id=None, event_time=at(days=-2))

    [log] = inputs([event(), yesterday]).logs

    assert (log.purchases, log.with_event_id, dict(log.names)) == (
        1,
        1,
        {"purchase": 1},
    )


def test_orders_around_the_interval_are_counted_apart() -> None:
    orders = [order(), order("DE-1002", completed_at="2026-11-01T12:00:00+00:00")]

    told = inputs([event()], orders)

    assert (told.orders, told.orders_around) == (1, 1)


def test_each_log_is_told_apart() -> None:
    with audit([order()], [event(), server(event_id=None)]) as made:
        told = {one.log: one.with_event_id for one in made.inputs.logs}

    assert told == {"pixel": 1, "server": 0}
