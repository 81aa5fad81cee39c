from decimal import Decimal

import pytest

from capi_jobs.report.amounts import Amount, grouped, plain, total

WRITTEN = [
    ("EUR", "10.1", "10.10", "10.10"),
    ("EUR", "48210.500000000", "48210.50", "48,210.50"),
    ("EUR", "0.125", "0.125", "0.125"),  # nothing is rounded away
    ("JPY", "1200.00", "1200", "1,200"),
    ("KWD", "3583.59", "3583.590", "3,583.590"),
    ("", "-1234.5", "-1234.50", "-1,234.50"),
    ("EUR", "-0.00", "0.00", "0.00"),
    ("EUR", "1E+3", "1000.00", "1,000.00"),
]


@pytest.mark.parametrize(("currency", "value", "text", "for_people"), WRITTEN)
def test_money_has_its_currencys_decimals_and_loses_none(
    currency: str, value: str, text: str, for_people: str
) -> None:
    assert text == plain(Decimal(value), currency)
    assert for_people == grouped(Decimal(value), currency)


def test_currencies_stay_apart() -> None:
    whole = total(
        [
            Amount.of(1, Decimal(5), "EUR"),
            Amount.of(2, Decimal(900), "JPY"),
            Amount.of(1, Decimal(7), "EUR"),
        ]
    )
    assert whole.orders == 4
    assert whole.values == {"EUR": Decimal(12), "JPY": Decimal(900)}


def test_what_comes_out_even_is_nothing() -> None:
    five = Amount.of(1, Decimal("5.00"), "EUR")
    assert not five.minus(Amount.of(1, Decimal(5), "EUR"))
    assert Amount() == five.minus(five)


def test_the_currency_of_the_most_orders_comes_first() -> None:
    amount = Amount.of(1, Decimal(9_000), "JPY").plus(Amount.of(2, Decimal(5), "EUR"))
    assert [c for c, _ in amount.usual_first()] == ["EUR", "JPY"]
