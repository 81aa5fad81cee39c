"""Ids, times, money, currencies and booleans, one by one."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_jobs.orders.scalars import DECIMALS_MAX, ID_CHARACTERS_MAX, VALUE_MAX
from tests.orders.building import order, rules

LONGEST = "x" * ID_CHARACTERS_MAX


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (" A-1 ", "A-1"),
        ('\'; DROP TABLE "orders"', '\'; DROP TABLE "orders"'),
        ("🎁-1", "🎁-1"),
        ("👩‍👧-1", "👩‍👧-1"),
        ("注文1", "注文1"),
        (LONGEST, LONGEST),
    ],
)
def test_odd_but_sound_order_id_is_kept(text: str, kept: str) -> None:
    assert kept == order(order_id=text).order_id


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (LONGEST + "x", "too_long"),
        ("x" * 10_000, "too_long"),
        ("A\x00", "has_control_characters"),
        ("A\n1", "has_control_characters"),
        ("A-1\n", "has_control_characters"),
        ("A\x85", "has_control_characters"),
        ("A\u2028", "has_control_characters"),
        ("A\ud800", "not_unicode"),
    ],
)
@pytest.mark.parametrize("column", ["order_id", "event_id", "event_name"])
def test_unsound_id_is_a_fault(column: str, text: str, rule: str) -> None:
    assert [f"{column}_{rule}"] == rules(**{column: text})


TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T10:00:00Z", TEN),
        ("2026-11-20T10:00:00z", TEN),
        ("2026-11-20 10:00:00+00", TEN),
        ("2026-11-20 10:00:00 UTC", TEN),
        ("2026-11-20 11:00:00 +0100", TEN),
        ("2026-11-20T15:45:00+05:45", TEN),
        ("2026-11-20T10:00Z", TEN),
        ("2026-11-20 10:00:00.1+00", TEN.replace(microsecond=100_000)),
        ("2026-11-20T10:00:00,123456789Z", TEN.replace(microsecond=123_456)),
        (datetime(2026, 11, 20, 10, tzinfo=UTC), TEN),
    ],
)
def test_time_in_any_writing_of_iso_8601(
    text: str | datetime, expected: datetime
) -> None:
    assert expected == order(completed_at=text).completed_at


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "1795168800",
        Decimal(1795168800),
        "20.11.2026 10:00",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-11-20T25:00:00Z",
        "2026-11-20T10:00:61Z",
        "0000-00-00 00:00:00",
        "2026-W47-5",
        "infinity",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "２０２６-11-20T10:00:00Z",
    ],
)
def test_unreadable_time_is_a_fault(text: object) -> None:
    assert rules(completed_at=text) == ["completed_at_unreadable"]


def test_time_without_zone_is_read_in_the_shop_s_zone() -> None:
    local = "2026-11-20 11:00:00"

    assert order("Europe/Berlin", completed_at=local).completed_at == TEN
    assert rules(completed_at=local) == ["completed_at_naive"]
    assert order("UTC", completed_at=TEN.replace(tzinfo=None)).completed_at == TEN


def test_day_without_time_is_its_first_moment_in_the_shop() -> None:
    expected = datetime(2026, 11, 19, 23, tzinfo=UTC)

    assert expected == order("Europe/Berlin", completed_at="2026-11-20").completed_at


def test_time_that_the_clocks_skipped_is_a_fault() -> None:
    assert rules("Europe/Berlin", completed_at="2026-03-29 02:30:00") == [
        "completed_at_in_dst_gap"
    ]
    assert rules("Europe/Berlin", completed_at="2026-03-29 03:00:00") == []
    assert rules("Europe/Berlin", completed_at="2026-03-29 02:30:00+01") == []


def test_of_a_time_that_came_twice_the_first_is_taken() -> None:
    expected = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    read = order("Europe/Berlin", completed_at="2026-10-25 02:30:00")

    assert expected == read.completed_at


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [
        ("0", "0"),
        ("0.00", "0.00"),
        ("-0", "0"),
        ("12.50", "12.50"),
        (" +12.5 ", "+12.5"),
        ("1e3", "1000"),
        ("1.25E-2", "0.0125"),
        (".5", "0.5"),
        ("5.", "5"),
        ("999999999999.99", "999999999999.99"),
        ("0.123456789", "0.123456789"),
        ("0.1234567890000", "0.123456789"),
        (Decimal("1E+2"), "100"),
        (7, "7"),
        (0.1, "0.1"),
        ("0e-400", "0"),
    ],
)
def test_money_is_exact(given_value: object, expected: str) -> None:
    read = order(value=given_value).value

    assert Decimal(expected) == read
    assert "E" not in str(read)
    assert not str(read).startswith("-")


@pytest.mark.parametrize(
    ("given_value", "rule"),
    [
        ("free", "not_a_number"),
        ("12,50", "not_a_number"),
        ("€12", "not_a_number"),
        ("1_000", "not_a_number"),
        ("١٢", "not_a_number"),
        ("NaN", "not_a_number"),
        ("Infinity", "not_a_number"),
        ("-inf", "not_a_number"),
        (Decimal("sNaN"), "not_a_number"),
        (float("inf"), "not_a_number"),
        (True, "not_a_number"),
        (["1"], "not_a_number"),
        ("1e99999999999999999999", "not_a_number"),
        ("-0.01", "negative"),
        ("-1e400", "negative"),
        ("9" * 400, "too_large"),
        (int("9" * 400), "too_large"),
        ("1e400", "too_large"),
        (Decimal("1E+999999999"), "too_large"),
        (VALUE_MAX, "too_large"),
        ("1e-400", "too_precise"),
        (Decimal("1E-999999999"), "too_precise"),
        ("0.3000000000000000004", "too_precise"),
        (1 / 3, "too_precise"),
        ("1234567.1234567846", "too_precise"),
        ("0." + "3" * (DECIMALS_MAX + 1), "too_precise"),
    ],
)
def test_unsound_money_is_a_fault(given_value: object, rule: str) -> None:
    assert [f"value_{rule}"] == rules(value=given_value)


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [
        (0.1 + 0.2, "0.3"),
        ("3.3000000000000003", "3.3"),
        (Decimal("1208.8999999999999"), "1208.9"),
        (1.1 * 1.1, "1.21"),
        ("29.999999999999996", "30"),
    ],
)
def test_the_noise_of_binary_floats_is_taken_off(
    given_value: object, expected: str
) -> None:
    assert expected == str(order(value=given_value).value)


@given(st.decimals(0, VALUE_MAX - 1, places=DECIMALS_MAX))
def test_money_with_nine_decimals_keeps_its_value(value: Decimal) -> None:
    assert value == order(value=str(value)).value


@pytest.mark.parametrize(
    ("text", "code"), [("eur", "EUR"), (" USD ", "USD"), ("kwd", "KWD"), ("JPY", "JPY")]
)
def test_currency_in_any_case(text: str, code: str) -> None:
    assert code == order(currency=text).currency


@pytest.mark.parametrize(
    "text", ["EURO", "€", "XYZ", "XXX", "XTS", "DEM", "BTC", "978", "ＥＵＲ"]
)
def test_unknown_currency_is_a_fault(text: str) -> None:
    assert rules(currency=text) == ["currency_unknown"]


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [
        *((text, True) for text in ("true", "T", "1", "yes", "Y", "on", True, 1)),
        *((text, False) for text in ("false", "f", "0", "No", "n", "off", False, 0)),
        (Decimal(1), True),
        (" ", None),
        (None, None),
    ],
)
def test_boolean_in_the_writings_of_warehouses(
    given_value: object, expected: bool | None
) -> None:
    assert expected is order(consent=given_value).consent


@pytest.mark.parametrize(
    "column", ["consent", "limited_data_use", "is_test", "att_consent"]
)
@pytest.mark.parametrize("text", ["maybe", "2", "ja"])
def test_unknown_boolean_is_a_fault(column: str, text: str) -> None:
    assert [f"{column}_not_boolean"] == rules(**{column: text})


@pytest.mark.parametrize(
    "value", [Decimal("1E+999999"), Decimal("NaN"), float("nan"), {"a": 1}]
)
def test_numbers_that_would_fill_the_memory_are_no_text(value: object) -> None:
    assert order(customer_id=value).customer_id is None


def test_integer_of_5000_digits_is_no_text() -> None:
    assert order(customer_id=10**5_000).customer_id is None
