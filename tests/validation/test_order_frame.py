from datetime import UTC, datetime
from decimal import Decimal

import pytest

from capi_jobs.model import Item, Texts
from capi_jobs.validation.columns import frame
from capi_jobs.validation.order_frame import (
    COLUMNS,
    OrderPage,
    country_known,
    items_ratio,
    number,
)
from tests.validation.builders import NOW, an_order

PERSONAL = {"email", "phone", "first_name", "last_name", "city", "zip", "ip"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("12.5", 12.5),
        ("twelve", None),
        ("1,5", None),
        ("NaN", None),
        ("Infinity", None),
        ("9" * 400, float("inf")),
    ],
)
def test_numbers_of_text(text: str | None, expected: float | None) -> None:
    assert number(text) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (None, None),
        ("", None),
        ("DE", True),
        ("de", True),
        ("DEU", True),
        (" Germany ", True),
        ("Atlantis", False),
        ("5e" * 32, None),
        (("Atlantis", "FR"), True),
    ],
)
def test_countries(told: Texts | None, expected: bool | None) -> None:
    assert country_known(told) is expected


@pytest.mark.parametrize(
    ("items", "value", "expected"),
    [
        ((), Decimal(10), None),
        ((Item("a", 2, Decimal(5)),), Decimal(10), 1.0),
        ((Item("a", 2, Decimal(5)), Item("b", 1, None)), Decimal(10), None),
        ((Item("a", 2, Decimal(5)),), Decimal(0), None),
        ((Item("a", 2, Decimal(5)),), Decimal(-1), None),
        ((Item("a", 1, Decimal("1E+999999")),), Decimal("1E-999999"), float("inf")),
    ],
    ids=["none", "equal", "no_price", "free", "negative", "beyond_decimal"],
)
def test_items_against_value(
    items: tuple[Item, ...], value: Decimal, expected: float | None
) -> None:
    assert items_ratio(items, value) == expected


def test_no_column_shows_an_identifier() -> None:
    order = an_order(**dict.fromkeys(PERSONAL, "Sentinel"), user_agent="Sentinel")
    row: dict[str, object] = dict.fromkeys(PERSONAL, "Sentinel")
    page = OrderPage([{}, row], {}, [order, None], NOW)
    assert "Sentinel" not in repr([column.read(page) for column in COLUMNS])


def test_raw_rows_are_read_as_orders_are() -> None:
    row: dict[str, object] = {
        "order_id": "A",
        "currency": " eur",
        "items": " ",
        "phone": " ",
    }
    page = OrderPage([row], {}, [None], NOW)
    told = {column.name: column.read(page)[0] for column in COLUMNS}
    expected = {"currency": "EUR", "items_are_json": None, "has_phone": False}
    assert {name: told[name] for name in expected} == expected


def test_a_number_is_never_written_out_in_a_million_digits() -> None:
    row: dict[str, object] = {"value": Decimal("1E+999999")}
    assert OrderPage([row], {}, [None], NOW).told("value") == ["1E+999999"]


STRANGE: tuple[dict[str, object], ...] = (
    {},
    {"value": Decimal("1E+2"), "country": ("Atlantis", "FR"), "status": "paid"},
    {"value": Decimal("1E-9"), "items": (), "currency": " eur "},
    {"value": Decimal("-0"), "email": "", "event_id": "\ud800"},
    {"completed_at": datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)},
    {"completed_at": datetime(1, 1, 1, tzinfo=UTC), "phone": ("1", "2")},
)


@pytest.mark.parametrize("value", ["1", "Infinity", "NaN", "1E+999999"])
def test_an_order_is_told_alike_beside_rows_that_cannot_be_read(value: str) -> None:
    """A page whose rows were all read is read another way: it is most pages."""
    changes = [*STRANGE, {"value": Decimal(value), "items": ()}]
    orders = [an_order(**one) for one in changes]
    rows: list[dict[str, object]] = [{}] * len(orders)
    alone = frame(COLUMNS, OrderPage(rows, {}, orders, NOW))
    beside = frame(COLUMNS, OrderPage([*rows, {}], {}, [*orders, None], NOW))
    assert len(orders) == len(alone)
    assert beside[:-1].equals(alone)
