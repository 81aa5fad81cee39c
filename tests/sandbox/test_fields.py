"""Forms of values that more than one platform asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_jobs.sandbox import fields
from tests.sandbox.builders import EM

HASH_OF_NOTHING = fields.SHA256_OF_NOTHING


@pytest.mark.parametrize(
    ("accepts", "good", "bad"),
    [
        (fields.is_text, ["x", "é"], ["", None, 1, []]),
        (fields.is_whole, [0, -1, 2**63], [True, 1.0, "1", None]),
        (fields.is_flag, [0, 1, True, False], [2, "1", [], {}, None, 1.0]),
        (fields.is_number, [0, -1.5], [float("inf"), float("nan"), "1", True, None]),
        (fields.is_amount, [0, 0.0, 10**15], [-0.01, float("inf"), "1", True, None]),
        (fields.is_quantity, [0, 3], [-1, 1.0, "3", True]),
        (fields.is_currency, ["USD", "JPY", "BGN"], ["usd", "XXXX", "", None, ["USD"]]),
        (fields.is_currency_in_any_case, ["USD", "usd"], ["dollar", None]),
        (
            fields.is_url,
            ["https://shop.example/?a=1#b", "app://x"],
            ["shop.example", "https://", "https:// x", "https://a b", "", None],
        ),
        (fields.is_text_list, [[], ["a"]], ["a", [""], [1], None]),
        (fields.is_sha256, [EM], [EM.upper(), EM + "0", EM + "\n", HASH_OF_NOTHING, 1]),
        (fields.is_raw, ["Mozilla/5.0"], [EM, EM.upper(), "", None]),
        (fields.is_raw_or_sha256, ["c-1", EM], [HASH_OF_NOTHING, "", 1, None]),
        (
            fields.is_ip,
            ["203.0.113.7", "::1", "2001:DB8::1"],
            ["1.2.3", "1.2.3.4 ", "::1%eth0", "a\0b", "١.1.1.1", "", None, 16909060],
        ),
        (
            fields.one_or_more(fields.is_sha256),
            [EM, [EM], [EM, EM]],
            [[], [EM, None], [[EM]], None],
        ),
    ],
)
def test_a_form_takes_the_good_and_refuses_the_bad(
    accepts: fields.Accepts, good: list[object], bad: list[object]
) -> None:
    assert [True] * len(good) == [accepts(value) for value in good]
    assert [False] * len(bad) == [accepts(value) for value in bad]


@given(st.ip_addresses().map(str))
def test_every_address_is_an_ip(address: str) -> None:
    assert fields.is_ip(address)


def test_currencies_hold_those_without_and_with_three_decimals() -> None:
    assert {"JPY", "KWD", "EUR", "UAH"} <= fields.CURRENCIES
