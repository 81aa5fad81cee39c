import pycountry
import pytest

from capi_jobs.demo.market import MARKETS, Market


@pytest.mark.parametrize("market", MARKETS, ids=lambda market: market.country)
def test_codes_are_iso(market: Market) -> None:
    assert pycountry.countries.get(alpha_2=market.country)
    assert pycountry.currencies.get(alpha_3=market.currency)


def test_there_are_yen_and_dinars() -> None:
    digits = {market.currency: market.digits for market in MARKETS}
    assert digits["JPY"] == 0
    assert (digits["KWD"], digits["BHD"], digits["TND"]) == (3, 3, 3)


def test_no_market_is_named_twice() -> None:
    assert len(MARKETS) == len({market.country for market in MARKETS})
