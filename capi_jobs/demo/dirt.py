"""What real shops do to their orders, a known number of times each.

Each kind is one function on one order. An order gets one kind at most, so that a count
in the report can be set beside the count here. Words for the kinds are in kinds.py.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from random import Random
from zoneinfo import ZoneInfo

import phonenumbers

from capi_jobs.demo.orders import OLD, DemoOrder, Row, Value, local_time, utc_text
from capi_jobs.demo.store import ORDER_COLUMNS

# The zone that the demo's configuration gives to times without one.
NAIVE_ZONE = "Europe/Berlin"
# Counts below are for this many orders and shrink or grow with the shop.
COUNTED_FOR = 20_000
EVERY = frozenset({"meta", "tiktok", "snapchat"})
BROKEN_EMAILS = ("jane@", "no spaces allowed @example.com", "two@@example.org")

Spoil = Callable[[DemoOrder, Random], None]
Test = Callable[[DemoOrder], bool]


@dataclass(frozen=True, slots=True)
class Dirt:
    """A kind of dirt: how often, on which orders, and what is done."""

    kind: str
    count: int  # of COUNTED_FOR orders
    spoil: Spoil
    held_by: frozenset[str] = frozenset()  # platforms it cannot be sent to as it is
    fits: Test = lambda _: True


def soil(orders: list[DemoOrder], seed: int) -> None:
    """Do every kind to as many orders as it says, none twice."""
    rng = Random(f"{seed}-dirt")
    for dirt in DIRT:
        count = max(1, dirt.count * len(orders) // COUNTED_FOR)
        # Drawn anew for each kind: the rest of an earlier draw has not the shop's mix.
        clean = [o for o in orders if o.dirt is None and dirt.fits(o)]
        for order in rng.sample(clean, count):
            order.dirt, order.held_by = dirt.kind, dirt.held_by
            dirt.spoil(order, rng)


def _put(**values: Value) -> Spoil:
    """Write these into the row."""
    return lambda order, _: order.row.update(values)


def _one_of(column: str, *values: Value) -> Spoil:
    """Write one of these into the row."""
    return lambda order, rng: order.row.update({column: rng.choice(values)})


def _of_channel(channel: str) -> Test:
    return lambda order: order.row["channel"] == channel


def _in_country(country: str) -> Test:
    return lambda order: order.row["country"] == country


def _older_than(age: timedelta) -> Test:
    return lambda order: order.now - order.at > age


_web = _of_channel("web")


def _sendable(order: DemoOrder) -> bool:
    """Nothing else keeps it back: no other channel, not too old for any platform."""
    return _web(order) and order.now - order.at < OLD


def _untidy_email(order: DemoOrder, _: Random) -> None:
    order.row["email"] = f"  {order.customer.email.title()} "


def _hashed_email(order: DemoOrder, _: Random) -> None:
    order.row["email"] = _sha256(order.customer.email)


def _hashed_email_upper(order: DemoOrder, _: Random) -> None:
    order.row["email"] = _sha256(order.customer.email).upper()


def _hashed_phone(order: DemoOrder, _: Random) -> None:
    """Hashed as digits with the country code, as two of the platforms want it."""
    number = phonenumbers.parse(order.customer.phone, order.market.country)
    order.row["phone"] = _sha256(f"{number.country_code}{number.national_number}")


def _hashed_phone_upper(order: DemoOrder, rng: Random) -> None:
    _hashed_phone(order, rng)
    order.row["phone"] = str(order.row["phone"]).upper()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _private_ip(order: DemoOrder, rng: Random) -> None:
    """The shop's own load balancer stands where the customer should."""
    order.row["ip"] = f"10.20.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def _naive_time(order: DemoOrder, _: Random) -> None:
    wall = order.at.astimezone(ZoneInfo(NAIVE_ZONE)).replace(tzinfo=None)
    order.row["completed_at"] = wall.isoformat(sep=" ")


def _late_row(order: DemoOrder, rng: Random) -> None:
    """Loaded by the warehouse one to three days after it happened."""
    late = order.at + timedelta(minutes=rng.randrange(1440, 4320))
    order.row["updated_at"] = utc_text(late)


def _future_time(order: DemoOrder, rng: Random) -> None:
    """A till whose clock runs hours ahead."""
    order.at = order.now + timedelta(minutes=rng.randrange(120, 1200))
    channel = str(order.row["channel"])
    order.row["completed_at"] = local_time(order.at, order.market, channel)


def _negative(order: DemoOrder, _: Random) -> None:
    order.row["value"] = f"-{order.row['value']}"


def _inflated(order: DemoOrder, _: Random) -> None:
    """The value is a hundred times what the lines add up to: cents taken for units."""
    whole, _dot, part = str(order.row["value"]).partition(".")
    order.row["value"] = f"{whole}00" + (f".{part}" if part else "")


def _listed_items(order: DemoOrder, _: Random) -> None:
    order.row["items"] = "2 x Teapot; 1 x Cup"


def _long_id(order: DemoOrder, _: Random) -> None:
    # As long as a batch job once made it, by joining the ids of a whole cart.
    order.row["order_id"] = (f"{order.order_id}+" * 1000)[:10_000]


def _emoji_id(order: DemoOrder, _: Random) -> None:
    order.row["order_id"] = f"🎁-{order.order_id}"


# All that identifies a person; a browser's name and a country do not.
MATCH_KEYS = frozenset(ORDER_COLUMNS[ORDER_COLUMNS.index("customer_id") :]) - {
    *("country", "user_agent", "page_url"),
    *("consent", "limited_data_use", "is_test", "items"),
}


def _no_match_key(order: DemoOrder, _: Random) -> None:
    """A guest behind every blocker: nothing but a browser's name and a country."""
    order.row.update(dict.fromkeys(MATCH_KEYS))
    order.row["page_url"] = str(order.row["page_url"]).partition("?")[0]


def _held(kind: str, count: int, spoil: Spoil) -> Dirt:
    """A row that cannot be sent, for no other reason than this one."""
    return Dirt(kind, count, spoil, EVERY, _sendable)


# Rare and narrow kinds stand first, while there are orders for them.
DIRT = (
    Dirt("naive_time", 150, _naive_time, fits=_in_country("DE")),
    Dirt("private_ip", 60, _private_ip, fits=_web),
    Dirt("late_row", 250, _late_row, fits=_older_than(timedelta(days=3))),
    Dirt("limited_data_use", 150, _put(limited_data_use=1), fits=_in_country("US")),
    # Rows that cannot be sent.
    # Meta alone insists on it.
    Dirt(*("no_user_agent", 40, _put(user_agent=None), frozenset({"meta"}), _sendable)),
    _held("no_match_key", 25, _no_match_key),
    _held("unknown_currency", 15, _one_of("currency", "EURO", "XYZ", "€")),
    _held("negative_value", 12, _negative),
    _held("text_value", 8, _put(value="free")),
    _held("nan_value", 6, _put(value="NaN")),
    _held("items_not_json", 20, _listed_items),
    _held("items_far_off", 15, _inflated),
    _held("future_time", 10, _future_time),
    _held("long_order_id", 4, _long_id),
    # Rows that are no sale, or may not be told.
    Dirt("cancelled", 320, _put(status="cancelled"), fits=_web),
    Dirt("refunded", 240, _put(status="refunded"), fits=_web),
    Dirt("payment_pending", 60, _put(status="pending"), fits=_web),
    Dirt("test_order", 60, _put(is_test=1), fits=_web),
    Dirt("consent_refused", 700, _put(consent=0), fits=_web),
    Dirt("consent_unknown", 400, _put(consent=None), fits=_web),
    # Rows that are fine but for one identifier or an oddity.
    Dirt("zero_value", 30, _put(value="0.00", items="[]")),
    Dirt("emoji_order_id", 5, _emoji_id),
    Dirt("no_country", 25, _put(country=None)),
    Dirt("email_blank", 200, _put(email="")),
    Dirt("email_placeholder", 80, _put(email="n/a")),
    Dirt("email_broken", 120, _one_of("email", *BROKEN_EMAILS)),
    Dirt("email_untidy", 150, _untidy_email),
    Dirt("email_hashed", 150, _hashed_email),
    Dirt("email_hashed_upper", 100, _hashed_email_upper),
    Dirt("phone_hashed", 80, _hashed_phone),
    Dirt("phone_hashed_upper", 60, _hashed_phone_upper),
)
# No sale, or not to be told: whoever saw them, the tool must not send them.
EXCLUDED = frozenset(
    {
        *("cancelled", "refunded", "payment_pending", "test_order", "consent_refused"),
        "consent_unknown",
    }
)


def repeated_rows(orders: list[DemoOrder], seed: int) -> list[Row]:
    """Copies that a careless join left behind; and orders that share an event id."""
    rng = Random(f"{seed}-repeats")
    clean = [o for o in orders if not o.dirt and o.row["event_id"] and _sendable(o)]
    pool = iter(rng.sample(clean, len(clean)))
    scale = len(orders) / COUNTED_FOR
    copies: list[Row] = []
    for order in islice(pool, max(1, round(40 * scale))):
        order.dirt = "equal_duplicate"
        copies.append(dict(order.row))
    for order in islice(pool, max(1, round(20 * scale))):
        order.dirt, order.held_by = "differing_duplicate", EVERY
        copies.append(order.row | {"value": "1" + str(order.row["value"])})
    for first in islice(pool, max(1, round(10 * scale))):
        second = next(pool)
        second.row["event_id"] = first.row["event_id"]
        for order in (first, second):
            order.dirt, order.held_by = "shared_event_id", EVERY
    return copies
