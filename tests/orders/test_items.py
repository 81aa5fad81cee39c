"""The lines of an order."""

import json
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from capi_jobs.model import Item
from capi_jobs.orders.items import (
    ITEMS_MAX,
    NAME_CHARACTERS_MAX,
    QUANTITY_MAX,
    read_items,
)
from capi_jobs.orders.scalars import Unreadable
from tests.orders.building import order, rules

LINE = {"sku": "TEA", "quantity": 2, "unit_price": "6.25", "name": "Tea"}


def line(**fields: object) -> str:
    return json.dumps([LINE | fields])


@pytest.mark.parametrize("nothing", [None, "", " ", "[]", "null", []])
def test_no_lines_are_no_fault(nothing: object) -> None:
    assert order(items=nothing).items == ()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, Item("TEA", 2, Decimal("6.25"), "Tea")),
        ({"sku": 4711}, Item("4711", 2, Decimal("6.25"), "Tea")),
        ({"quantity": "3"}, Item("TEA", 3, Decimal("6.25"), "Tea")),
        ({"quantity": 2.0}, Item("TEA", 2, Decimal("6.25"), "Tea")),
        ({"unit_price": 0.1}, Item("TEA", 2, Decimal("0.1"), "Tea")),
        ({"unit_price": None}, Item("TEA", 2, None, "Tea")),
        ({"unit_price": ""}, Item("TEA", 2, None, "Tea")),
        ({"name": None}, Item("TEA", 2, Decimal("6.25"), None)),
        ({"colour": {"a": 1}}, Item("TEA", 2, Decimal("6.25"), "Tea")),
    ],
)
def test_line(fields: dict[str, object], expected: Item) -> None:
    assert (expected,) == order(items=line(**fields)).items


@pytest.mark.parametrize(
    "text",
    [
        "TEA x 2",
        "[",
        "{'sku': 'TEA'}",
        '[{"sku": "TEA", "quantity": NaN}]',
        "[" * 100_000,
        '{"a": 1}x',
        '[{"sku": "A", "quantity": 1e' + "9" * 30 + "}]",
    ],
)
def test_text_that_is_no_json_is_a_fault(text: str) -> None:
    assert rules(items=text) == ["items_not_json"]


@pytest.mark.parametrize(
    "text",
    [
        '{"sku": "TEA", "quantity": 1}',
        '"TEA"',
        "7",
        "[7]",
        "[null]",
        line(sku=None),
        line(sku=" "),
        line(sku="A\nB"),
        line(quantity=None),
        line(quantity=0),
        line(quantity=-1),
        line(quantity=1.5),
        line(quantity=True),
        line(quantity=QUANTITY_MAX + 1),
        line(quantity="two"),
        line(unit_price="cheap"),
        line(unit_price=-1),
        line(unit_price=[1]),
    ],
)
def test_json_of_another_shape_is_a_fault(text: str) -> None:
    assert rules(items=text) == ["items_malformed"]


def test_value_of_another_kind_is_a_fault() -> None:
    assert rules(items=7) == ["items_malformed"]
    assert rules(items={"sku": "TEA"}) == ["items_malformed"]


def test_too_many_lines_are_a_fault() -> None:
    assert rules(items=[LINE] * ITEMS_MAX) == []
    assert rules(items=[LINE] * (ITEMS_MAX + 1)) == ["items_too_many"]


def test_long_name_is_cut() -> None:
    (item,) = order(items=line(name="x" * 1_000)).items

    assert item.name == "x" * NAME_CHARACTERS_MAX


# ── Lines that nobody would think of ────────────────────────────────────────────

numbers = st.integers() | st.floats() | st.sampled_from([10**400, 1e308, -0.0, 10**6])
scalars = st.none() | st.booleans() | numbers | st.text(max_size=6)
lines = st.dictionaries(
    st.sampled_from(["sku", "name", "quantity", "unit_price", "other"]),
    scalars | st.sampled_from(["2", "1e3", "1e999999999", "NaN", "19,90", [], {}]),
    max_size=4,
)
listed = st.lists(lines | scalars, max_size=3) | lines | scalars


@given(listed | listed.map(json.dumps) | st.text(max_size=30))
@example("[" * 100_000)
@example('[{"sku":"a","quantity":' + "9" * 5_000 + "}]")
@example('[{"sku":"a","quantity":1e999999999999999999999}]')
@example('[{"sku":"a","quantity":1,"quantity":2}]')
@example('[{"sku":"\\ud83d","quantity":1}]')
def test_any_lines_are_read_or_unreadable(value: object) -> None:
    try:
        read = read_items("items", value)
    except Unreadable:
        return
    for item in read or ():
        assert item.sku
        assert 0 < item.quantity <= QUANTITY_MAX
        assert item.unit_price is None or item.unit_price >= 0
        assert len(item.name or "") <= NAME_CHARACTERS_MAX
