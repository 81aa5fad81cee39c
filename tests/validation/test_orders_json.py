"""Every rule of expectations/orders.json has a row that it finds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pycountry
import pytest

from capi_jobs.model import Item, Order
from capi_jobs.validation import SuiteVerdict, Validator
from capi_jobs.validation.suites import shipped
from tests.validation.builders import NOW, an_order

Row = dict[str, object]

SUITE = orjson.loads((shipped() / "orders.json").read_bytes())["expectations"]
SEVERITY = {one["meta"]["rule"]: one["severity"] for one in SUITE}


def raw(**changes: object) -> Row:
    """Make a row that the row reader gave up on, so that only the suite judges it."""
    told: Row = {
        "order_id": "A-1",
        "completed_at": "2026-11-22T10:00:00Z",
        "value": "20.00",
        "currency": "EUR",
        "email": "ann@shop.example",
    }
    return told | changes


def item(price: str) -> tuple[Item, ...]:
    return (Item("cup", 1, Decimal(price)),)


RAW: list[tuple[str, Row]] = [
    ("order_id_missing", raw(order_id=None)),
    ("order_id_missing", raw(order_id="  ")),
    ("order_id_has_control_characters", raw(order_id="A\x001")),
    ("order_id_has_control_characters", raw(order_id="A\n1")),
    ("order_id_too_long", raw(order_id="A" * 10_000)),
    ("event_id_has_control_characters", raw(event_id="A\t1")),
    ("event_id_too_long", raw(event_id="é" * 256)),
    ("completed_at_missing", raw(completed_at="")),
    ("value_missing", raw(value=" ")),
    ("value_not_a_number", raw(value="twenty")),
    ("value_not_a_number", raw(value="NaN")),
    ("value_not_a_number", raw(value="1,234.50")),
    ("value_not_a_number", raw(value="Infinity")),
    ("value_negative", raw(value="-0.01")),
    ("value_not_a_number", raw(value="-inf")),
    ("value_too_large", raw(value="9" * 400)),
    ("value_too_large", raw(value=Decimal("1E+999999"))),
    ("value_too_large", raw(value="1000000000000000")),
    ("currency_missing", raw(currency=None)),
    ("currency_unknown", raw(currency="EURO")),
    ("currency_unknown", raw(currency="XXX")),
    ("items_not_json", raw(items="[{")),
    ("identifiers_missing", raw(email="", city="Rome")),
]
READ: list[tuple[str, Order]] = [
    (
        "completed_at_before_2000",
        an_order(completed_at=datetime(1999, 12, 31, 23, tzinfo=UTC)),
    ),
    ("completed_at_in_future", an_order(completed_at=NOW + timedelta(minutes=16))),
    (
        "completed_at_in_future",
        an_order(completed_at=datetime(9999, 12, 31, tzinfo=UTC)),
    ),
    ("value_zero", an_order(value=Decimal(0))),
    ("items_sum_implausible", an_order(items=item("2000"))),
    ("items_sum_implausible", an_order(items=item("0.2"))),
    ("items_sum_far_from_value", an_order(items=item("41"))),
    ("items_sum_far_from_value", an_order(items=item("9"))),
    ("identifiers_missing", an_order(email=None)),
    ("country_unknown", an_order(country="Atlantis")),
]
SOUND: list[Order] = [
    an_order(),
    an_order(completed_at=NOW + timedelta(minutes=14)),
    an_order(value=Decimal(0)),
    an_order(value=Decimal("99999999999999.99"), items=()),
    an_order(items=item("200")),
    an_order(items=item("2")),
    an_order(items=(Item("cup", 1, None),)),
    an_order(order_id="'; DROP TABLE 🛒 --"),
    an_order(email=None, ip="192.0.2.1"),
]


READ_AND_SOUND = [order for _, order in READ] + SOUND


def rules(verdict: SuiteVerdict) -> set[str]:
    return {r.rule for r in verdict.results if r.failed and r.severity != "info"}


def judge(validator: Validator, *orders: Order) -> SuiteVerdict:
    return validator.orders([{}] * len(orders), {}, orders)


@pytest.fixture(scope="module")
def page(validator: Validator) -> SuiteVerdict:
    """Judge all cases in one page, as rows come; sound ones follow."""
    orders = [None] * len(RAW) + [_own_id(i, o) for i, o in enumerate(READ_AND_SOUND)]
    rows = [_own_id_raw(i, row) for i, (_, row) in enumerate(RAW)]
    return validator.orders(rows + [{}] * len(READ_AND_SOUND), {}, orders)


def _own_id_raw(place: int, row: Row) -> Row:
    return row | {"order_id": f"R-{place}"} if row["order_id"] == "A-1" else row


def _own_id(place: int, order: Order) -> Order:
    return replace(order, order_id=f"O-{place}{order.order_id}")


@pytest.mark.parametrize("place", range(len(RAW)), ids=[rule for rule, _ in RAW])
def test_a_raw_row_is_held_by_its_rule(page: SuiteVerdict, place: int) -> None:
    assert (RAW[place][0],) == page.failures.get(place)


@pytest.mark.parametrize("place", range(len(READ)), ids=[rule for rule, _ in READ])
def test_an_order_is_found_by_its_rule(page: SuiteVerdict, place: int) -> None:
    rule = READ[place][0]
    critical = SEVERITY[rule] == "critical"
    found = page.failures.get(len(RAW) + place)
    assert ((rule,) if critical else None) == found
    assert critical or rule in rules(page)


@pytest.mark.parametrize("place", range(len(SOUND)))
def test_a_sound_order_is_not_held(page: SuiteVerdict, place: int) -> None:
    assert page.failures.get(len(RAW) + len(READ) + place) is None


@pytest.mark.parametrize("rule", [r for r in SEVERITY if SEVERITY[r] == "warning"])
def test_a_warning_counts_its_own_rows_only(page: SuiteVerdict, rule: str) -> None:
    expected = {
        "value_zero": 3,  # a negative one, and two free orders
        "items_sum_far_from_value": 6,  # with those that are implausible
        "country_unknown": 1,
    }
    assert expected[rule] == next(r.failed for r in page.results if r.rule == rule)


def test_a_sound_order_breaks_no_warning(validator: Validator) -> None:
    assert set() == rules(judge(validator, an_order()))


def test_every_row_of_a_repeated_order_id_is_held(validator: Validator) -> None:
    found = judge(validator, an_order(), an_order(order_id="B"), an_order())
    expected = ("order_id_duplicate",)
    assert {0: expected, 2: expected} == found.failures


def test_coverage_counts_each_identifier(validator: Validator) -> None:
    told: dict[str, Any] = dict.fromkeys(COVERED, "x")
    some, none = an_order(**told), an_order(order_id="B", **dict.fromkeys(COVERED))
    found = judge(validator, some, none)
    expected = dict.fromkeys([f"coverage_{name}" for name in COVERED], (2, 1, "info"))
    assert expected == {
        r.rule: (r.evaluated, r.failed, r.severity)
        for r in found.results
        if r.rule.startswith("coverage_")
    }


def test_every_rule_has_a_case_here() -> None:
    told = {rule for rule, _ in RAW} | {rule for rule, _ in READ}
    covered = {f"coverage_{name}" for name in COVERED}
    assert {*told, *covered, "order_id_duplicate"} == set(SEVERITY)


def test_currencies_are_those_of_iso_4217() -> None:
    told = next(o for o in SUITE if o["meta"]["rule"] == "currency_unknown")
    active = {c.alpha_3 for c in pycountry.currencies} - {"XXX", "XTS"}
    assert sorted(active) == told["kwargs"]["value_set"]


def test_every_rule_says_what_to_do_and_whom_to_ask() -> None:
    silent = [
        one["meta"]["rule"]
        for one in SUITE
        if one["severity"] != "info" and not (one["meta"]["do"] and one["meta"]["ask"])
    ]
    assert not silent


COVERED = (
    *("email", "phone", "customer_id", "first_name", "last_name", "city", "state"),
    *("zip", "country", "date_of_birth", "gender", "ip", "user_agent", "page_url"),
    *("fbc", "fbp", "fbclid", "ttclid", "ttp", "sc_click_id", "sc_cookie1", "madid"),
)
