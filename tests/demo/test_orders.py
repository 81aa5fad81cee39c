from datetime import UTC, datetime, timedelta

import pytest

from capi_jobs.demo.market import MARKETS
from capi_jobs.demo.orders import AGE_MIN, SPAN, DemoOrder, clean_orders, local_time

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
BY_COUNTRY = {market.country: market for market in MARKETS}


@pytest.fixture(scope="module")
def orders() -> list[DemoOrder]:
    return clean_orders(800, NOW, seed=1)


@pytest.mark.parametrize(
    ("country", "channel", "expected"),
    [
        ("JP", "web", "2026-11-23T17:30:00+09:00"),
        ("DE", "store", "2026-11-23T09:30:00+01:00"),
        ("US", "web", "2026-11-23T03:30:00-05:00"),
        ("JP", "app", "2026-11-23T08:30:00Z"),
    ],
)
def test_tills_write_their_own_clock_and_the_app_utc(
    country: str, channel: str, expected: str
) -> None:
    assert expected == local_time(NOW, BY_COUNTRY[country], channel)


def test_orders_are_numbered_as_they_came(orders: list[DemoOrder]) -> None:
    numbers = [int(order.order_id.partition("-")[2]) for order in orders]
    assert list(range(1_000_001, 1_000_801)) == numbers
    assert sorted(orders, key=lambda order: order.at) == orders


def test_every_order_is_past_and_within_the_span(orders: list[DemoOrder]) -> None:
    ages = [NOW - order.at for order in orders]
    assert min(ages) >= AGE_MIN
    assert max(ages) <= SPAN
    assert max(ages) > timedelta(days=9)


def test_no_row_is_stored_before_it_happened_or_in_the_future(
    orders: list[DemoOrder],
) -> None:
    for order in orders:
        stored = datetime.fromisoformat(str(order.row["updated_at"]))
        assert order.at <= stored <= NOW


@pytest.mark.parametrize(
    ("channel", "column", "expected"),
    [
        ("web", "user_agent", True),
        ("web", "page_url", True),
        ("app", "madid", True),
        ("app", "page_url", False),
        ("store", "user_agent", False),
        ("phone", "ip", False),
    ],
)
def test_each_channel_leaves_its_own_traces(
    orders: list[DemoOrder], channel: str, column: str, expected: bool
) -> None:
    rows = [order.row for order in orders if order.row["channel"] == channel]
    assert [expected] * len(rows) == [bool(row.get(column)) for row in rows]


def test_a_click_stands_in_the_page_s_address_unaltered(
    orders: list[DemoOrder],
) -> None:
    clicked = [order.row for order in orders if order.row.get("fbclid")]
    assert clicked
    for row in clicked:
        assert str(row["page_url"]).endswith(f"?fbclid={row['fbclid']}")
