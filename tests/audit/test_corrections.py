"""What was delivered and is no longer true, and by how much."""

from decimal import Decimal

import pytest

from tests.audit.building import Row, audit, entry, event, order

ID = "DE-1001"


def corrections(
    orders: list[Row], entries: list[Row]
) -> list[tuple[str, str, Decimal, str]]:
    with audit(orders, [event("DE-1")], entries=entries) as made:
        return [
            (one.order_id, one.cause, one.overstated, one.currency)
            for one in made.corrections()
        ]


@pytest.mark.parametrize(
    ("changes", "cause", "overstated"),
    [
        ({"status": "cancelled"}, "cancelled", "10.50"),
        ({"status": "refunded"}, "refunded", "10.50"),
        ({"status": "pending"}, "unpaid", "10.50"),
        ({"is_test": "true"}, "test_order", "10.50"),
        ({"value": "8"}, "value", "2.50"),
        ({"value": "12"}, "value", "-1.50"),
        ({"currency": "USD"}, "currency", "10.50"),
    ],
    ids=str,
)
def test_an_order_that_changed_since_is_named_with_what_was_too_much(
    changes: dict[str, str], cause: str, overstated: str
) -> None:
    told = corrections([order(**changes)], [entry()])

    assert told == [(ID, cause, Decimal(overstated), "EUR")]


def test_an_order_that_is_gone_is_named() -> None:
    told = corrections([order()], [entry(), entry("DE-1002")])

    assert told == [("DE-1002", "gone", Decimal("10.50"), "EUR")]


@pytest.mark.parametrize(
    "mine",
    [
        entry(),
        entry(value="10.5"),
        entry(status="rejected", value="99"),
        entry(currency="", value="0"),  # imported, worth unknown
        entry("forgotten:6f1c", event_id="forgotten:6f1c"),
        entry("DE-1002", day="2026-11-19"),  # the day before is another audit's
    ],
    ids=["same", "same number", "rejected", "worthless", "forgotten", "day before"],
)
def test_what_is_still_true_is_left_alone(mine: Row) -> None:
    assert corrections([order()], [mine]) == []


def test_where_no_orders_came_none_is_called_gone() -> None:
    assert corrections([], [entry()]) == []


def test_sums_are_by_cause_and_currency() -> None:
    orders = [order(status="refunded"), order("DE-1002", status="refunded")]
    entries = [entry(), entry("DE-1002", value="4.50"), entry("DE-3", currency="USD")]

    with audit(orders, entries=entries) as made:
        told = [(c.cause, c.currency, c.orders, c.overstated) for c in made.corrected]

    assert told == [
        ("gone", "USD", 1, Decimal("10.50")),
        ("refunded", "EUR", 2, Decimal("15.00")),
    ]


def test_both_values_are_told() -> None:
    with audit([order(value="8")], entries=[entry()]) as made:
        [one] = made.corrections()

    assert (one.sent_value, one.true_value) == (Decimal("10.5"), Decimal(8))
    assert (one.event_id, one.event_name, one.day) == (ID, "purchase", one.day)
