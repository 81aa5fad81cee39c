"""Orders beside their columns: what stands in none, in two, or in one without being."""

from datetime import date
from decimal import Decimal

import pytest

from capi_jobs.audit.statement import Remainder
from capi_jobs.model import ClassCount, OrderClass
from tests.audit.building import Row, at, audit, one_class, order

DAY = date(2026, 11, 20)


def remainder(orders: list[Row], classes: list[Row]) -> list[tuple[str, str]]:
    with audit(orders, classes=classes) as made:
        return [(one.order_id, one.why) for one in made.statement.remainder]


@pytest.mark.parametrize(
    ("orders", "classes", "left"),
    [
        ([order("A"), order("B")], [one_class("A")], [("B", "no_column")]),
        ([order("A")], [one_class("A"), one_class("A")], [("A", "two_columns")]),
        ([order("A")], [one_class("A"), one_class("B")], [("B", "no_order")]),
        ([order("A")], [one_class("A")], []),
        ([order("A"), order("A")], [one_class("A")], []),
        ([order(None), order(None)], [one_class(None)], []),
        ([order(None)], [], [("", "no_column")]),
        ([order("A", completed_at=None)], [one_class("A", day=None)], []),
        ([order("A", completed_at=at(days=-2))], [], []),
        ([], [], []),
    ],
    ids=[
        "none",
        "two",
        "no order",
        "one",
        "rows repeated",
        "rows without id",
        "rows without id, lost",
        "no time",
        "other day",
        "nothing",
    ],
)
def test_what_is_not_in_exactly_one_column_is_listed(
    orders: list[Row], classes: list[Row], left: list[tuple[str, str]]
) -> None:
    assert remainder(orders, classes) == left


def test_columns_are_counted_by_day_currency_and_reason() -> None:
    classes = [
        one_class("A", **{"class": "held", "reason": "value_negative"}),
        one_class("B", **{"class": "held", "reason": "value_negative"}),
    ]
    with audit([order("A"), order("B")], classes=classes) as made:
        counts = made.statement.counts

    value = Decimal("21.00")
    held = ClassCount(DAY, "EUR", OrderClass.HELD, "value_negative", 2, value)
    assert counts == (held,)


def test_a_remainder_says_its_day_and_worth() -> None:
    with audit([order("A")], classes=[]) as made:
        told = made.statement.remainder

    assert told == (Remainder("A", DAY, "EUR", Decimal("10.5"), "no_column"),)
