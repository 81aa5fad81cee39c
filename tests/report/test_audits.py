"""Rates and the balance of an audit; how they are written stands beside."""

from datetime import date
from decimal import Decimal

import pytest

from capi_jobs.audit import Kind
from capi_jobs.report.audits import AuditReport, audit_report
from tests.audit.building import DAY, Row, audit, event, one_class, order

HELD = {"class": "held", "reason": "value_negative"}


def report(
    orders: list[Row],
    events: list[Row] | None = None,
    classes: list[Row] | None = None,
    earlier: dict[str, list[float]] | None = None,
) -> AuditReport:
    sent = [event("DE-1001")] if events is None else events
    with audit(orders, sent, classes=classes, logs=["pixel"]) as made:
        return audit_report(
            made,
            destination="meta-web",
            platform="meta",
            interval=DAY,
            earlier=earlier,
        )


def test_rates_are_shares_of_the_intervals_orders() -> None:
    orders = [order(f"DE-100{n}") for n in range(1, 5)]
    classes = [one_class(**HELD), *(one_class(f"DE-100{n}") for n in range(2, 5))]

    made = report(orders, [], classes, {"missing": [0.5]})
    rates = {rate.kind: rate for rate in made.rates}

    assert set(rates) == set(Kind)
    assert (rates[Kind.MISSING].orders, rates[Kind.MISSING].share) == (1, 0.25)
    assert rates[Kind.MISSING].values == {"EUR": Decimal("10.5")}
    assert (rates[Kind.MISSING].earlier, rates[Kind.MISFIRING].earlier) == ((0.5,), ())


def test_without_orders_there_are_no_shares() -> None:
    assert {rate.share for rate in report([], []).rates} == {0.0}


def test_the_balance_closes_by_day() -> None:
    made = report([order()])

    assert [day.day for day in made.days] == [date(2026, 11, 20)]
    assert (made.closes, made.total.orders.orders, made.needs_person) == (
        True,
        1,
        False,
    )


@pytest.mark.parametrize(
    ("classes", "left"),
    [
        ([], 1),
        ([one_class(), one_class()], -1),
        ([one_class(), one_class("DE-1002")], -1),
    ],
    ids=["no column", "two columns", "no order"],
)
def test_an_order_beyond_the_columns_leaves_a_remainder(
    classes: list[Row], left: int
) -> None:
    made = report([order()], [], classes)

    assert (made.closes, made.needs_person) == (False, True)
    assert [day.remainder.orders for day in made.days] == [left]
    assert len(made.remainder) == 1


@pytest.mark.parametrize(
    ("cause", "needed"),
    [
        ({"class": "missing"}, False),
        ({"class": "expired"}, False),
        ({"class": "excluded", "reason": "consent_denied"}, False),
        (HELD, True),
        ({"class": "rejected"}, True),
    ],
    ids=str,
)
def test_a_person_is_needed_where_one_can_do_something(
    cause: dict[str, str], needed: bool
) -> None:
    orders = [order(), order("DE-1002")]
    made = report(orders, None, [one_class(), one_class("DE-1002", **cause)])

    assert made.needs_person == needed


def test_a_message_about_a_log_needs_a_person() -> None:
    naive = event(event_time="2026-11-20 12:00")

    assert report([order()], [naive]).needs_person
