"""Each kind of dirt is found in the file by a question of its own."""

import json
import sqlite3
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from capi_jobs.demo.dirt import DIRT
from capi_jobs.demo.kinds import KINDS
from capi_jobs.demo.shop import Shop, make_shop

NOW = "'2026-11-23T08:30:00Z'"
HEX = "[0-9a-f]"
LOWER_HASH = "GLOB '" + HEX * 64 + "'"
UPPER_HASH = "GLOB '" + "[0-9A-F]" * 64 + "'"
OF_LINES = "(SELECT sum(j.value->>'quantity' * (j.value->>'unit_price'))"
AGE = f"unixepoch({NOW}) - unixepoch(completed_at)"
WRITTEN = f"phone NOT {LOWER_HASH} AND phone NOT {UPPER_HASH}"

# One WHERE for each kind, written from the words of the page and not from the code.
QUESTIONS = {
    "cancelled": "status = 'cancelled'",
    "refunded": "status = 'refunded'",
    "payment_pending": "status = 'pending'",
    "test_order": "is_test = 1",
    "consent_refused": "consent = 0",
    "consent_unknown": "consent IS NULL",
    "unknown_currency": "length(currency) <> 3 OR currency = 'XYZ'",
    "negative_value": "value LIKE '-%'",
    "text_value": "value = 'free'",
    "nan_value": "value = 'NaN'",
    "items_not_json": "NOT json_valid(items)",
    "items_far_off": f"json_valid(items) AND CAST(value AS REAL) > 50 *"
    f" {OF_LINES} FROM json_each(items) AS j)",
    "future_time": f"unixepoch(completed_at) > unixepoch({NOW}) + 3600",
    "no_country": "country IS NULL",
    "long_order_id": "length(order_id) > 1000",
    "no_match_key": "channel = 'web' AND"
    " coalesce(customer_id, email, phone, first_name, last_name, city, state, zip,"
    " date_of_birth, gender, ip, fbc, fbp, fbclid, ttclid, ttp, sc_click_id,"
    " sc_cookie1, madid) IS NULL",
    "no_user_agent": "channel = 'web' AND user_agent IS NULL",
    "equal_duplicate": "order_id IN (SELECT order_id FROM completed_orders"
    " GROUP BY 1 HAVING count(*) = 2 AND count(DISTINCT value) = 1)",
    "differing_duplicate": "order_id IN (SELECT order_id FROM completed_orders"
    " GROUP BY 1 HAVING count(DISTINCT value) > 1)",
    "shared_event_id": "event_id IN (SELECT event_id FROM completed_orders"
    " GROUP BY 1 HAVING count(DISTINCT order_id) > 1)",
    "naive_time": "completed_at GLOB '????-??-?? ??:??:??'",
    "late_row": "unixepoch(updated_at) - unixepoch(completed_at) >= 86400",
    "zero_value": "CAST(value AS REAL) = 0 AND value LIKE '0%'",
    "emoji_order_id": "unicode(order_id) > 65535",
    "limited_data_use": "limited_data_use = 1",
    "private_ip": "ip LIKE '10.%'",
    "email_blank": "email = ''",
    "email_placeholder": "email = 'n/a'",
    "email_broken": "email LIKE '%@' OR email LIKE '% %@%' AND email NOT LIKE ' %'"
    " OR email LIKE '%@@%'",
    "email_untidy": "email <> trim(email)",
    "email_hashed": f"email {LOWER_HASH}",
    "email_hashed_upper": f"email {UPPER_HASH}",
    "phone_hashed": f"phone {LOWER_HASH}",
    "phone_hashed_upper": f"phone {UPPER_HASH}",
    "phone_national": "phone NOT GLOB '*[+(.]*'"
    f" AND phone NOT LIKE '00%' AND {WRITTEN}",
    "phone_00": f"phone LIKE '00%' AND {WRITTEN}",
    "phone_brackets": "phone LIKE '(%'",
    "phone_dots": "phone LIKE '%_.%_.%' OR phone GLOB '[0-9]*.*'",
    "phone_extension": "phone LIKE '+% ext. 12'",
    "phone_trunk_zero": "phone LIKE '+% (0)%'",
    "accented_name": "(first_name || last_name) GLOB '*[^ -~]*'"
    " AND unicode(first_name) < 880",
    "non_latin_name": "unicode(first_name) >= 880",
    "currency_without_decimals": "currency IN ('JPY', 'KRW')",
    "dinars": "currency IN ('KWD', 'BHD', 'TND')",
    "younger_than_48_hours": f"{AGE} BETWEEN 0 AND 48 * 3600",
    "older_than_7_days": f"{AGE} > 7 * 86400",
}


def found(warehouse: sqlite3.Connection, where: str) -> set[str]:
    sql = f"SELECT order_id FROM completed_orders WHERE {where}"  # noqa: S608
    return {order_id for (order_id,) in warehouse.execute(sql)}


def noted(warehouse: sqlite3.Connection, kind: str) -> set[str]:
    sql = "SELECT order_id FROM demo_truth WHERE kind = ?"
    return {order_id for (order_id,) in warehouse.execute(sql, (kind,))}


@pytest.mark.parametrize("kind", sorted(QUESTIONS))
def test_the_file_holds_what_was_noted(
    shop: Shop, warehouse: sqlite3.Connection, kind: str
) -> None:
    expected = noted(warehouse, kind)
    assert expected
    assert expected == found(warehouse, QUESTIONS[kind])
    assert shop.dirt[kind] == len(expected)


def test_every_kind_has_words_and_a_question() -> None:
    assert set(KINDS) == set(QUESTIONS)
    assert {dirt.kind for dirt in DIRT} < set(KINDS)
    assert {dirt.kind for dirt in DIRT if dirt.held_by} < {
        kind for kind, (_, fate) in KINDS.items() if fate.startswith("held")
    }


def test_an_order_has_one_kind_of_dirt_at_most(warehouse: sqlite3.Connection) -> None:
    single = [k for k, (_, fate) in KINDS.items() if fate in {"held", "excluded"}]
    orders = [order for kind in single for order in noted(warehouse, kind)]
    assert len(set(orders)) == len(orders)


def test_dirt_falls_on_every_channel_as_orders_do(
    warehouse: sqlite3.Connection,
) -> None:
    """Four of five orders are on the web, and so is their dirt."""
    web = found(warehouse, "channel = 'web'")
    emails = noted(warehouse, "email_blank") | noted(warehouse, "email_broken")
    assert 0.7 < len(emails & web) / len(emails) < 0.9


def test_held_orders_have_no_other_reason_to_stay(
    warehouse: sqlite3.Connection,
) -> None:
    held = {k for k, (_, fate) in KINDS.items() if fate == "held"}
    orders = set().union(*(noted(warehouse, kind) for kind in held))
    assert set() == orders & noted(warehouse, "older_than_7_days")
    assert set() == orders - found(warehouse, "channel = 'web'")
    for log in ("browser_events", "server_events"):
        logged = {o for (o,) in warehouse.execute(f"SELECT order_id FROM {log}")}  # noqa: S608
        assert set() == orders & logged


def test_items_add_up_to_the_value_wherever_nothing_was_done(
    warehouse: sqlite3.Connection,
) -> None:
    """But for shipping, which is small beside the goods."""
    spoiled = set().union(
        *(
            noted(warehouse, kind)
            for kind in KINDS
            if kind.startswith(("items", "text", "nan", "neg", "zero", "differing"))
        )
    )
    for order_id, value, items in warehouse.execute(
        "SELECT order_id, value, items FROM completed_orders"
    ):
        if order_id not in spoiled:
            lines = json.loads(items, parse_float=Decimal, parse_int=Decimal)
            total = sum(line["quantity"] * line["unit_price"] for line in lines)
            assert total <= Decimal(value) <= total * Decimal("1.75"), order_id


@pytest.mark.parametrize(
    ("countries", "digits"), [("('JP', 'KR')", 0), ("('KW', 'BH', 'TN')", 3)]
)
def test_money_has_its_currency_s_decimals(
    warehouse: sqlite3.Connection, countries: str, digits: int
) -> None:
    where = f"country IN {countries} AND value GLOB '[1-9]*'"
    sql = f"SELECT value FROM completed_orders WHERE {where}"  # noqa: S608
    exponents = {Decimal(v).as_tuple().exponent for (v,) in warehouse.execute(sql)}
    assert {-digits} == exponents


def test_hashes_are_of_the_customer_s_own_address(
    warehouse: sqlite3.Connection,
) -> None:
    """The same customer's other orders tell the address in clear."""
    sql = (
        "SELECT hashed.email, clear.email FROM completed_orders AS hashed"  # noqa: S608
        " JOIN completed_orders AS clear USING (customer_id)"
        f" WHERE hashed.email {UPPER_HASH} AND clear.email GLOB '*[0-9]@*'"
        " AND clear.email = lower(trim(clear.email))"
    )
    pairs = warehouse.execute(sql).fetchall()
    assert pairs
    for hashed, clear in pairs:
        assert sha256(clear.encode()).hexdigest().upper() == hashed


def test_naive_times_are_berlin_s(warehouse: sqlite3.Connection) -> None:
    """The row was stored seconds later, and says so in UTC."""
    sql = "SELECT completed_at, updated_at FROM completed_orders WHERE order_id = ?"
    for order_id in noted(warehouse, "naive_time"):
        completed, updated = warehouse.execute(sql, (order_id,)).fetchone()
        at = datetime.fromisoformat(completed).replace(tzinfo=ZoneInfo("Europe/Berlin"))
        delay = datetime.fromisoformat(updated) - at
        assert 0 <= delay.total_seconds() < 900


def test_a_small_shop_has_every_kind_too(small_path: Path) -> None:
    now = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
    shop = make_shop(small_path, now=now, orders=500)
    assert set(KINDS) <= set(shop.dirt)
