"""Rows become orders, or name all their faults at once."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_jobs.model import Item, Order
from capi_jobs.orders import read_order
from capi_jobs.orders.reading import TEXTS_MAX
from tests.orders.building import order, row, rules

COLUMNS = (
    "order_id completed_at updated_at status channel event_id event_name value currency"
    " customer_id email phone first_name last_name city state zip country date_of_birth"
    " gender ip user_agent page_url fbc fbp fbclid ttclid ttp sc_click_id sc_cookie1"
    " madid app_id app_platform app_version os_version"
).split()


def test_row_of_text_becomes_an_order() -> None:
    read = order(
        updated_at="2026-11-20T11:00:00Z",
        status=" Completed ",
        channel="APP",
        event_name="",
        email=" Jane@Example.com ",
        consent="t",
        limited_data_use="no",
        is_test=None,
        att_consent="0",
        app_platform="iOS",
        items='[{"sku": "TEA", "quantity": 2, "unit_price": 6.25, "name": "Tea"}]',
        **{"custom.margin": " 3.1 ", "custom.empty": None},
    )

    assert read == Order(
        order_id="A-1",
        completed_at=datetime(2026, 11, 20, 10, tzinfo=UTC),
        value=Decimal("12.50"),
        currency="EUR",
        updated_at=datetime(2026, 11, 20, 11, tzinfo=UTC),
        status="Completed",
        channel="app",
        email="Jane@Example.com",
        app_platform="ios",
        att_consent=False,
        consent=True,
        consent_told=True,
        items=(Item("TEA", 2, Decimal("6.25"), "Tea"),),
        custom={"margin": "3.1"},
    )


def test_only_four_columns_are_required() -> None:
    read = order()

    assert (
        read.channel,
        read.event_name,
        read.consent,
        read.consent_told,
    ) == ("web", "Purchase", None, False)


def test_preview_file_may_hold_numbers_booleans_and_arrays() -> None:
    read = order(
        order_id=Decimal(1001),
        value=Decimal("12.5"),
        consent=False,
        customer_id=Decimal("7E+2"),
        email=["a@example.com", " ", "b@example.com"],
        phone=["+16505551212"],
        items=[{"sku": Decimal(7), "quantity": Decimal(1), "unit_price": None}],
    )

    assert read.order_id == "1001"
    assert read.customer_id == "700"
    assert read.email == ("a@example.com", "b@example.com")
    assert read.phone == "+16505551212"
    assert (Item("7", 1, None),) == read.items
    assert read.consent is False


def test_array_of_texts_may_come_as_json_text() -> None:
    assert (order(email='["a@example.com", "b@example.com"]').email) == (
        "a@example.com",
        "b@example.com",
    )
    assert order(email="[not json]").email == "[not json]"


def test_array_of_texts_is_cut_where_a_join_went_wrong() -> None:
    emails = [f"{number}@example.com" for number in range(TEXTS_MAX + 1)]

    assert order(email=emails).email == tuple(emails[:TEXTS_MAX])


def test_spaces_that_nobody_sees_are_trimmed() -> None:
    assert order(email="\ufeff jane@example.com\u200b ").email == "jane@example.com"


def test_every_column_reaches_the_order_under_its_own_name() -> None:
    times = dict.fromkeys(("completed_at", "updated_at"), "2026-11-20 10:00:00+00")
    texts = {name: name for name in COLUMNS} | times | {"value": "1", "currency": "EUR"}

    read = order(**texts)

    told = [name for name in COLUMNS if name not in times]
    assert [name for name in told if str(getattr(read, name)) == texts[name]] == told


def test_all_faults_are_named_at_once() -> None:
    assert rules(
        order_id="",
        completed_at="yesterday",
        value="free",
        currency="EURO",
        consent="maybe",
        items="no json",
        event_id="a\nb",
    ) == [
        "order_id_missing",
        "completed_at_unreadable",
        "value_not_a_number",
        "currency_unknown",
        "event_id_has_control_characters",
        "consent_not_boolean",
        "items_not_json",
    ]


@pytest.mark.parametrize("column", ["order_id", "completed_at", "value", "currency"])
@pytest.mark.parametrize("empty", [None, "", "  "])
def test_missing_column_is_a_fault_of_its_own(column: str, empty: str | None) -> None:
    assert [f"{column}_missing"] == rules(**{column: empty})


def test_time_before_1970_is_a_fault() -> None:
    assert rules(completed_at="1969-12-31T23:59:59Z") == ["completed_at_before_1970"]
    assert rules(completed_at="1970-01-01T00:00:00Z") == []


def test_bad_identifier_is_no_fault_and_neither_is_a_bad_update_time() -> None:
    assert rules(email="n/a", phone="\ud800", updated_at="soon", ip="none") == []


def test_lone_surrogates_become_a_character_that_can_be_written() -> None:
    assert order(city="caf\ud83d").city == "caf\ufffd"


@given(
    st.dictionaries(
        st.sampled_from([*COLUMNS, "items", "consent", "is_test", "custom.x"]),
        st.none()
        | st.text()
        | st.booleans()
        | st.decimals()
        | st.integers()
        | st.floats()
        | st.lists(st.text(), max_size=3),
    )
)
def test_no_row_raises_and_every_order_has_sound_money(
    columns: dict[str, object],
) -> None:
    read = read_order(row(**columns), timezone=None)

    if isinstance(read, Order):
        assert read.value >= 0
        assert read.completed_at.tzinfo is UTC
        assert read.order_id.isprintable() or not read.order_id.isascii()
    else:
        assert read


SECRET = "Zo\u00eb-4711"


@pytest.mark.parametrize(
    "column",
    ["order_id", "completed_at", "value", "currency", "consent", "items", "event_id"],
)
def test_no_message_repeats_a_value(column: str) -> None:
    faults = read_order(row(**{column: f"{SECRET}\n{SECRET}"}), timezone=None)

    assert isinstance(faults, tuple)
    assert SECRET not in str(faults)
