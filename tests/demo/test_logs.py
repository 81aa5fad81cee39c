"""The logs hold what the truth says, found by questions of their own."""

import sqlite3

import pytest

from capi_jobs.demo.logs import PLATFORMS, Platform
from capi_jobs.demo.shop import Shop

PURCHASES = "event_name IN ('Purchase', 'PURCHASE', 'CompletePayment')"
SEEN = (
    "SELECT DISTINCT o.order_id FROM completed_orders AS o"
    " JOIN {log} AS log ON {key} WHERE {purchases} AND {whose}"
)

each_platform = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda p: p.name)


def ids(warehouse: sqlite3.Connection, sql: str) -> set[str]:
    return {order_id for (order_id,) in warehouse.execute(sql)}


def noted(warehouse: sqlite3.Connection, kind: str, platform: Platform) -> set[str]:
    name = f"{kind}_{platform.name}"
    return ids(warehouse, f"SELECT order_id FROM demo_truth WHERE kind = '{name}'")  # noqa: S608


def _seen(log: str, key: str, whose: str) -> str:
    return SEEN.format(log=log, key=key, purchases=PURCHASES, whose=whose)


def seen(warehouse: sqlite3.Connection, log: str, whose: str) -> set[str]:
    """By number or by id; two questions, since SQLite uses no index for an OR."""
    keys = ("log.order_id = o.order_id", "log.event_id = o.event_id")
    parts = (_seen(log, key, whose) for key in keys)
    return ids(warehouse, " UNION ".join(parts))


@each_platform
def test_who_was_seen_by_the_browser(
    shop: Shop, warehouse: sqlite3.Connection, platform: Platform
) -> None:
    expected = noted(warehouse, "browser", platform)
    assert expected == seen(
        warehouse, "browser_events", f"platform = '{platform.name}'"
    )
    assert shop.dirt[f"browser_{platform.name}"] == len(expected)


@each_platform
def test_who_was_seen_by_the_other_sender(
    warehouse: sqlite3.Connection, platform: Platform
) -> None:
    whose = f"destination = '{platform.destination}'"
    expected = noted(warehouse, "server", platform)
    assert expected == seen(warehouse, "server_events", whose)


@each_platform
def test_most_orders_are_known_already(
    warehouse: sqlite3.Connection, platform: Platform
) -> None:
    known = noted(warehouse, "browser", platform) | noted(warehouse, "server", platform)
    assert 0.6 < len(known) / 20_000 < 0.9


@each_platform
def test_what_is_owed_is_unseen_and_a_sale(
    warehouse: sqlite3.Connection, platform: Platform
) -> None:
    """Asked of the orders themselves, with the rules of the page."""
    days = {"meta": 7, "tiktok": 7, "snapchat": 7}[platform.name]
    sale = (
        "SELECT order_id FROM completed_orders WHERE channel = 'web'"  # noqa: S608
        " AND consent"
        " AND NOT is_test AND status = 'completed'"
        " AND unixepoch(completed_at) >"
        f" unixepoch('2026-11-23T08:30:00Z') - {days} * 86400"
    )
    held_kinds = (
        "SELECT order_id FROM demo_truth WHERE kind IN ('unknown_currency',"
        " 'negative_value', 'text_value', 'nan_value', 'items_not_json',"
        " 'items_far_off', 'future_time', 'long_order_id',"
        " 'no_match_key', 'differing_duplicate', 'shared_event_id', '{also}')"
    )
    known = noted(warehouse, "browser", platform) | noted(warehouse, "server", platform)
    also = "no_user_agent" if platform.name == "meta" else ""
    held = ids(warehouse, held_kinds.format(also=also))
    expected = ids(warehouse, sale) - held - known
    assert expected == noted(warehouse, "owed", platform)


@each_platform
def test_browser_events_have_dirt_of_their_own(
    shop: Shop, warehouse: sqlite3.Connection, platform: Platform
) -> None:
    mine = f"FROM browser_events AS log WHERE platform = '{platform.name}'"
    order = "SELECT 1 FROM completed_orders AS o WHERE o.order_id = log.order_id"
    differs = f"{order} AND o.event_id IS NOT NULL AND o.event_id <> log.event_id"
    questions = {
        "log_twice": f"SELECT event_id {mine} GROUP BY 1 HAVING count(*) > 1",
        "log_no_order_id": f"SELECT DISTINCT event_id {mine} AND order_id IS NULL",
        "log_unknown_order": f"SELECT order_id {mine} AND order_id IS NOT NULL"
        f" AND NOT EXISTS ({order})",
        "log_other_id": f"SELECT DISTINCT order_id {mine} AND {PURCHASES}"
        f" AND EXISTS ({differs})",
        "log_checkout": f"SELECT order_id {mine} AND event_name = 'InitiateCheckout'",
    }
    expected = {k: shop.dirt[f"{k}_{platform.name}"] for k in questions}
    assert expected == {k: len(ids(warehouse, sql)) for k, sql in questions.items()}


@each_platform
def test_a_checkout_is_all_that_names_an_unseen_order(
    warehouse: sqlite3.Connection, platform: Platform
) -> None:
    unseen = noted(warehouse, "unseen", platform)
    assert noted(warehouse, "log_checkout", platform) <= unseen


def test_tiktok_s_pixel_uses_both_names(warehouse: sqlite3.Connection) -> None:
    sql = "SELECT DISTINCT event_name FROM browser_events WHERE platform = 'tiktok'"
    assert {"CompletePayment", "Purchase", "InitiateCheckout"} == ids(warehouse, sql)
