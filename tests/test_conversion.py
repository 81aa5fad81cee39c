"""Orders become conversions: named, timed, hashed, and nothing raw in them."""

from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_jobs.model import Conversion, Item, Order, RowFault, Texts
from tests.paper import KEYS, ORDER, converted, converter
from tests.slowly import match_keys

CLICKED = "fb.1.1554763741205.AbCd"


def sha(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def test_conversion_carries_the_order() -> None:
    order = replace(
        ORDER,
        email="Jane@Example.com",
        page_url="https://shop.example/thanks",
        limited_data_use=True,
        items=(Item("TEA", 2, Decimal("6.25")),),
        custom={"margin": "3.1"},
    )

    assert converted(order) == Conversion(
        destination="paper_eu",
        order_id="A-1",
        event_id="E-1",
        event_name="PURCHASE",
        event_time=order.completed_at,
        value=Decimal("12.50"),
        currency="EUR",
        source="website",
        match_keys={"em": sha("jane@example.com")},
        page_url="https://shop.example/thanks",
        limited_data_use=True,
        items=order.items,
        custom={"margin": "3.1"},
    )


@pytest.mark.parametrize(
    ("name", "overrides", "spelling"),
    [
        ("Purchase", {}, "PURCHASE"),
        ("Purchase", {"Purchase": "CompletePayment"}, "CompletePayment"),
        ("FirstOrder", {}, "FirstOrder"),
    ],
)
def test_event_name_is_spelled_as_destination_or_platform_says(
    name: str, overrides: dict[str, str], spelling: str
) -> None:
    order = replace(ORDER, event_name=name)

    assert spelling == converted(order, event_names=overrides).event_name


def test_channel_picks_the_source_and_an_unknown_one_is_a_fault() -> None:
    store = replace(ORDER, channel="store")

    assert converted(store).source == "physical_store"
    (fault,) = converter(source="app").convert([store], ["E-1"])
    assert isinstance(fault, RowFault)
    assert fault.rule == "channel_not_supported"


def test_several_values_become_a_list_once_each_where_the_platform_takes_lists() -> (
    None
):
    order = replace(
        ORDER,
        email=("b@example.com", "n/a", " A@example.com", "a@example.com"),
        phone=("+16505551212",),
        first_name=("!", "Jane", "Joan"),
    )

    result = converted(order)

    assert result.match_keys == {
        "em": (sha("b@example.com"), sha("a@example.com")),
        "ph": sha("16505551212"),
        "fn": sha("jane"),
    }
    assert result.dropped == ("email", "first_name")


def test_bad_identifier_costs_itself_and_is_named() -> None:
    order = replace(
        ORDER, email="jane@", phone="1234", first_name="Jane", ip="10.0.0.1"
    )

    result = converted(order)

    assert {"fn": sha("jane")} == result.match_keys
    assert result.dropped == ("email", "phone", "ip")


@pytest.mark.parametrize(
    ("country", "default", "digits"),
    [
        ("US", "DE", "16505551212"),
        ("United States", "DE", "16505551212"),
        (("Atlantis", "usa"), "DE", "16505551212"),
        (None, "us", "16505551212"),
        ("Atlantis", "US", "16505551212"),
        ("DE", "US", "496505551212"),
    ],
)
def test_phone_is_read_in_the_order_s_country_else_the_destination_s(
    country: Texts | None, default: str | None, digits: str
) -> None:
    order = replace(ORDER, phone="650 555 1212", country=country)

    result = converted(order, default_country=default)

    assert sha(digits) == result.match_keys["ph"]


def test_phone_of_no_country_is_dropped() -> None:
    result = converted(replace(ORDER, phone="650 555 1212"))

    assert result.dropped == ("phone",)


@pytest.mark.parametrize(
    ("fbc", "fbclid", "allowed", "sent", "dropped"),
    [
        (CLICKED, "IwAR", True, CLICKED, ()),
        (None, "IwAR_x-9", True, "fb.1.1795168800123.IwAR_x-9", ()),
        ("fb.broken", "IwAR", True, "fb.1.1795168800123.IwAR", ("fbc",)),
        (None, "IwAR", False, None, ()),
        (None, "Iw AR", True, None, ("fbclid",)),
        (None, None, True, None, ()),
    ],
)
def test_fbc_is_built_of_fbclid_where_it_lacks(
    fbc: str | None,
    fbclid: str | None,
    allowed: bool,
    sent: str | None,
    dropped: tuple[str, ...],
) -> None:
    result = converted(replace(ORDER, fbc=fbc, fbclid=fbclid), build_fbc=allowed)

    assert sent == result.match_keys.get("fbc")
    assert dropped == result.dropped


def test_app_order_carries_its_app() -> None:
    order = replace(
        ORDER,
        channel="app",
        app_id="42",
        app_platform="ios",
        os_version="19.1",
        att_consent=False,
    )

    assert converted(order, source="app").app == {
        "app_id": "42",
        "app_platform": "ios",
        "app_version": None,
        "os_version": "19.1",
        "att_consent": False,
    }


@pytest.mark.parametrize(
    ("source", "own", "expected"),
    [("app", None, "7001"), ("app", "42", "42"), ("", "42", "42"), ("", None, None)],
)
def test_an_app_is_that_of_the_order_else_the_account_s(
    source: str, own: str | None, expected: str | None
) -> None:
    """Only where the account is an app: a pixel's id names none."""
    order = replace(ORDER, channel="app" if source else "web", app_id=own)

    app = converted(order, source=source, account="7001").app
    assert expected == app.get("app_id")


RAW: dict[str, Any] = {
    "email": "Zoe.Secret@example.com",
    "phone": "+4915112345678",
    "first_name": "Zoësecret",
    "customer_id": "C-4711-secret",
    "state": "Secretland",
    "date_of_birth": "1980-01-02",
    "city": "Secretville",
    "ip": "8.8.4.4",
    "ttclid": "E.C.P.secret",
}


def test_nothing_raw_is_shown_by_order_or_conversion() -> None:
    order = replace(ORDER, **RAW)

    shown = repr(order) + repr(converted(order))

    assert [raw for raw in RAW.values() if raw.lower() in shown.lower()] == []


def test_nothing_raw_is_kept_of_what_was_dropped() -> None:
    order = replace(ORDER, email="zoe.secret@", phone="secret", fbclid="sec ret")

    result = converted(order)

    assert result.dropped == ("email", "phone", "fbclid")
    assert result.match_keys == {}


# ── Beside the slow way ─────────────────────────────────────────────────────────────


def texts(*likely: str) -> st.SearchStrategy[Texts | None]:
    one = st.sampled_from(likely) | st.text(max_size=12)
    return st.none() | one | st.lists(one, max_size=4).map(tuple)


HASH = sha("already")
NUMBERS = ("(650) 555-1212", "0151 12345678", "090-1234-5678", "(11) 96123-4567")
ORDERS = st.builds(
    replace,
    st.just(ORDER),
    email=texts("a@example.com", " A@Example.com", "n/a", HASH, HASH.upper()),
    phone=texts("+16505551212", "0044 20 7183 8750", HASH, *NUMBERS),
    first_name=texts("Jane", "Zoë", "O'Neil", HASH),
    state=texts("California", "ca", "Bayern"),
    country=texts("US", "us", "Germany", "JP", "Atlantis"),
    customer_id=texts("C-1", "c-1", HASH),
    city=texts("Berlin", "St. John's", HASH),
    ip=st.none() | st.sampled_from(["8.8.8.8", "10.0.0.1"]) | st.text(max_size=12),
    ttclid=st.none() | st.text(max_size=12),
)


@given(ORDERS, st.sampled_from([None, "US", "DE"]))
def test_fast_way_agrees_with_the_plain_one(
    order: Order, default_country: str | None
) -> None:
    expected = match_keys(order, KEYS, default_country)

    result = converted(order, default_country=default_country)

    assert expected == result.match_keys
    assert list(expected) == list(result.match_keys)


@given(st.lists(ORDERS, max_size=6))
def test_an_order_becomes_the_same_alone_and_among_others(orders: list[Order]) -> None:
    ids = [f"E-{number}" for number in range(len(orders))]
    alone = [
        made
        for order, one in zip(orders, ids, strict=True)
        for made in converter().convert([order], [one])
    ]

    assert alone == converter().convert(orders, ids)
