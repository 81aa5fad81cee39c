"""Money is told exactly, and written for people."""

from decimal import Decimal

from capi_jobs.report.amounts import Amount
from capi_jobs.web.amounts import Worth

BIG = Decimal("12345678901234567890.125")


def test_money_is_exact_text_the_usual_currency_first() -> None:
    amount = Amount({"USD": (1, Decimal(5)), "EUR": (9, BIG), "JPY": (1, Decimal(7))})
    assert Worth.of(amount).model_dump(mode="json") == {
        "orders": 11,
        "values": {"EUR": "12345678901234567890.125", "JPY": "7", "USD": "5.00"},
    }


def test_people_read_it_with_commas_and_where_there_is_no_currency() -> None:
    worth = Worth.given(2, {"EUR": Decimal("48210.5"), "": Decimal(3)})
    assert worth.lines == ["48,210.50 EUR", "3.00 without currency"]


def test_zero_is_written_as_such() -> None:
    assert Worth.given(0, {"EUR": Decimal("0E-6")}).values == {"EUR": "0.00"}
