"""What is sent is, byte for byte, what the slow way writes; and so are the refusals."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capi_jobs.conversion import Converter
from capi_jobs.model import Conversion, Item, Order, RowFault
from capi_jobs.platforms import NAMES, platform_named
from tests import slowly
from tests.paper import ORDER

HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))])
# Hypothesis adds the zone itself.
TIMES = st.datetimes(datetime(1900, 1, 1), timezones=ZONES)  # noqa: DTZ001
CENTS = st.decimals(0, 10**6, places=2)
AMOUNTS = CENTS | st.decimals(-1, 10**14, allow_nan=False) | st.just(Decimal("1E+3"))
ANY_AMOUNT = AMOUNTS | st.decimals() | st.just(Decimal("0." + "1" * 41))
TEXT = st.text(max_size=12) | st.sampled_from(['"\\', "Stuhl „Löwe“", "\x00\x7f", "😀"])


def texts(*likely: str) -> Any:  # noqa: ANN401
    """None, one value or several: ordinary ones more often than hostile ones."""
    one = st.sampled_from(likely) | st.sampled_from(likely) | TEXT
    return st.none() | one | one | st.lists(one, max_size=3).map(tuple)


def orders(text: Any, amounts: Any) -> Any:  # noqa: ANN401
    """Orders of every channel, with any choice of what identifies a person."""
    items = st.builds(
        Item,
        sku=text,
        quantity=st.integers(1, 10**6),
        unit_price=st.none() | amounts,
        name=st.none() | text,
    )
    return st.builds(
        replace,
        st.just(ORDER),
        order_id=text,
        completed_at=TIMES,
        value=amounts,
        channel=st.sampled_from(["web", "web", "web", "app", "store"]),
        event_name=st.sampled_from(["Purchase", "InitiateCheckout", "Lead"]) | text,
        page_url=st.none() | st.just("https://shop.example/ü?x=1") | text,
        email=texts("a@example.com", " A@Example.com", "n/a", HASH, HASH.upper()),
        phone=texts("+16505551212", "0044 20 7183 8750", "(650) 555-1212", HASH),
        first_name=texts("Jane", "Zoë", "O'Neil", HASH),
        last_name=texts("Doe", "Müller-Lüdenscheidt", "von der Au"),
        city=texts("Berlin", "St. John's", "東京"),
        state=texts("California", "ca", "Bayern", "DE-BY"),
        zip=texts("94103-1234", "10 115", "SW1A 1AA"),
        country=texts("US", "us", "Germany", "JP", "Atlantis"),
        date_of_birth=texts("1980-01-02", "02.01.1980", "1/2/1980", "1870-01-01"),
        gender=texts("f", "Male", "x"),
        customer_id=texts("C-1", "c-1", "none", HASH),
        ip=st.none() | st.sampled_from(["8.8.8.8", "10.0.0.1", "2a00::1"]) | text,
        user_agent=st.none() | st.just("Mozilla/5.0") | text,
        fbc=st.none() | st.sampled_from(["fb.1.1554763741205.AbCd", "fb.1"]),
        fbp=st.none() | st.just("fb.1.1554763741205.123") | text,
        fbclid=st.none() | st.sampled_from(["IwAR_x-9", "Iw AR"]),
        ttclid=st.none() | text,
        ttp=st.none() | text,
        sc_click_id=st.none() | text,
        madid=st.none() | st.just("38400000-8CF0-11BD-B23E-10B96E40000D"),
        app_id=st.none() | text,
        app_platform=st.sampled_from(["ios", "android"]),
        app_version=st.none() | text,
        os_version=st.just("19.1"),
        att_consent=st.none() | st.booleans(),
        limited_data_use=st.booleans(),
        items=st.lists(items, max_size=3).map(tuple),
        custom=st.just({}) | st.dictionaries(text, text, max_size=2),
    )


def converter(platform: str, order: Order, country: str | None) -> Converter:
    takes = platform_named(platform).sources
    source = next((s for s in takes if order.channel in takes[s]), next(iter(takes)))
    return kept(platform, source, country)


@cache
def kept(platform: str, source: str, country: str | None) -> Converter:
    """One for many orders, as in a run: what it learnt of one must serve the next."""
    return Converter(
        platform_named(platform),
        destination="shop",
        source=source,
        default_country=country,
        event_names={},
        build_fbc=True,
    )


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=150, deadline=None)
@given(order=orders(TEXT, AMOUNTS), country=st.sampled_from([None, "US", "DE"]))
def test_an_event_is_what_the_slow_way_writes(
    name: str, order: Order, country: str | None
) -> None:
    platform = platform_named(name)
    (made,) = converter(name, order, country).convert([order], ["E-1"])
    assert isinstance(made, Conversion)
    keys = slowly.match_keys(order, platform.match_keys, country)

    expected = slowly.event(name, replace(made, match_keys=keys))

    assert expected == platform.event(made)


HALVES = st.sampled_from(["", "", "", "\ud83d", "a\udc00"])
HOSTILE = st.builds(lambda a, b: a + b, TEXT, HALVES)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=100, deadline=None)
@given(order=orders(HOSTILE, CENTS) | orders(TEXT, ANY_AMOUNT))
def test_what_no_json_can_say_is_found_as_the_slow_way_finds_it(
    name: str, order: Order
) -> None:
    order = replace(order, event_name="Purchase")
    (made,) = converter(name, order, None).convert([order], ["E-1"])
    assert isinstance(made, Conversion)
    fault = platform_named(name).eligible(made)

    told = fault.rule if isinstance(fault, RowFault) else None

    if (expected := slowly.unwritable(made)) is not None:
        assert expected == told
    else:
        assert told not in {"value_not_a_number", "value_negative", "text_not_unicode"}
