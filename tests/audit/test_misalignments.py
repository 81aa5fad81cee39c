"""What differs from the order beyond the tolerances, and what many have in common."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.audit.building import Row, at, audit, entry, event, found, order, server

ID = "DE-1001"
MANY = [order(f"DE-10{n}", value=f"{n}.00") for n in range(10, 16)]


def told_of(orders: list[Row], value: Callable[[Decimal], Decimal]) -> list[Row]:
    return [
        event(one["order_id"], value=f"{value(Decimal(str(one['value']))):.2f}")
        for one in orders
    ]


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"event_name": "PlaceAnOrder"}, "event_name"),
        ({"currency": "USD"}, "currency"),
        ({"currency": "USD", "value": "12.10"}, "local_currency"),
        ({"value": "1050"}, "cents"),
        ({"value": "0.105"}, "cents"),
        ({"value": "9.10"}, "value"),
        ({"event_time": at(minutes=16)}, "time"),
        ({"items": '[{"id":"CUP","quantity":2}]'}, "items"),
    ],
    ids=str,
)
def test_each_cause_is_named(changes: dict[str, str], cause: str) -> None:
    mine = order(items='[{"sku":"TEA","quantity":2}]')

    assert found([mine], [event(**changes)]) == {f"misaligned/{cause}": {ID}}


@pytest.mark.parametrize(
    "changes",
    [
        {"value": None, "currency": None},
        {"value": "10.51"},
        {"value": "10.55"},  # half a percent
        {"currency": "eur "},
        {"event_time": at(minutes=14)},
        {"items": '[{"content_id":"TEA","quantity":1},{"id":"TEA"}]'},
        {"items": "tea and cups"},
        {"event_name": "purchase"},
        {"event_name": None},
    ],
    ids=str,
)
def test_what_is_within_the_tolerances_is_the_same(changes: dict[str, str]) -> None:
    mine = order(items='[{"sku":"TEA","quantity":1},{"sku":"TEA","quantity":"1.0"}]')

    assert found([mine], [event(**changes)]) == {}


@pytest.mark.parametrize(
    "written",
    [
        "de-1001",
        "DE_1001",
        "ORDER-DE-1001",
        "#DE-1001",
        "1001",
        hashlib.sha256(b"DE-1001").hexdigest(),
        hashlib.sha256(b"de-1001").hexdigest().upper(),
        hashlib.sha1(b"DE-1001", usedforsecurity=False).hexdigest(),
        hashlib.md5(b"DE-1001", usedforsecurity=False).hexdigest(),
    ],
)
@pytest.mark.parametrize("column", ["order_id", "both", "event_id"])
def test_an_id_in_another_writing_is_found_and_named(column: str, written: str) -> None:
    wanted = {"order_id": written, "event_id": written}
    changes = wanted if column == "both" else {column: written}

    assert found([order()], [event(**changes)]) == {"misaligned/id_format": {ID}}


@pytest.mark.parametrize(
    ("value", "cause", "detail"),
    [
        (lambda v: v * Decimal("1.19"), "tax_included", "×1.1900"),
        (lambda v: v / Decimal("1.19"), "tax_left_out", "×0.84"),
        (lambda v: v * Decimal("1.5"), "constant_factor", "×1.5000"),
        (lambda v: v + Decimal("4.90"), "shipping_included", "+4.90"),
        (lambda v: v - Decimal("4.90"), "shipping_left_out", "-4.90"),
    ],
    ids=["tax", "net", "factor", "shipping", "without shipping"],
)
def test_what_many_values_share_is_one_cause(
    value: Callable[[Decimal], Decimal], cause: str, detail: str
) -> None:
    with audit(MANY, told_of(MANY, value)) as made:
        [group] = made.groups

    assert (group.cause.name, group.orders) == (cause, len(MANY))
    assert group.detail.startswith(detail)


def test_what_few_values_share_is_no_pattern() -> None:
    few = MANY[:2]

    told = found(few, told_of(few, lambda v: v * Decimal("1.19")))

    assert set(told) == {"misaligned/value"}


def test_what_a_small_share_of_many_has_in_common_is_no_pattern() -> None:
    values = told_of(MANY, lambda v: v * v / 7)
    values[:3] = told_of(MANY[:3], lambda v: v * Decimal("1.19"))

    told = found(MANY, values, systematic_share=0.6)

    assert set(told) == {"misaligned/value"}


@pytest.mark.parametrize("hours", [-1, 1, 5.5, -12])
def test_one_offset_of_many_is_a_time_zone(hours: float) -> None:
    shift = timedelta(hours=hours, seconds=4)
    events = [
        event(one["order_id"], value=one["value"], event_time=at(seconds=s))
        for one in MANY
        for s in [shift.total_seconds()]
    ]
    with audit(MANY, events) as made:
        [group] = made.groups

    assert (group.cause.name, group.orders) == ("time_zone", len(MANY))
    assert group.detail == f"{round(hours * 60):+d} min"


def test_a_shifted_log_leaves_the_other_log_as_it_is() -> None:
    shifted = [
        event(one["order_id"], value=one["value"], event_time=at(hours=-1))
        for one in MANY
    ]
    early = server(MANY[0]["order_id"], value="10", event_time=at(minutes=-61))

    told = found(MANY, [*shifted, early])

    assert told["misfiring/before_order"] == {MANY[0]["order_id"]}
    assert len(told["misaligned/time_zone"]) == len(MANY)


def test_of_several_differences_the_first_is_told() -> None:
    wrong = event("de-1001", value="1050", currency="USD", event_time=at(hours=2))

    assert found([order()], [wrong]) == {"misaligned/id_format": {ID}}


def test_what_we_sent_is_a_correction_and_no_misalignment() -> None:
    assert found([order()], entries=[entry(value="99")]) == {}


def test_orders_that_are_no_sale_are_misfires_alone() -> None:
    told = found([order(status="cancelled")], [event(value="99")])

    assert told == {"misfiring/cancelled": {ID}}


def test_naive_times_are_not_compared() -> None:
    assert found([order()], [event(event_time="2026-11-20 03:00:00")]) == {}


def test_items_of_the_pixel_are_read_under_its_own_names() -> None:
    mine = order(items=json.dumps([{"sku": "A", "quantity": 2}, {"sku": "B"}]))
    told = json.dumps([{"content_id": "B", "quantity": 1}, {"id": "A", "quantity": 2}])

    assert found([mine], [event(items=told)]) == {}
