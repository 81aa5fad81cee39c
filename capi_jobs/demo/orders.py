"""Orders as a tidy shop would store them: one row each, spread over ten days.

What goes wrong in real shops is done to them in dirt.py; who else saw them, in logs.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from urllib.parse import quote

from capi_jobs.demo.basket import basket
from capi_jobs.demo.customers import Customer, customers, identifier
from capi_jobs.demo.market import MARKETS, Market

Value = str | int | None
Row = dict[str, Value]

SPAN = timedelta(days=10)
# Younger orders would still be on their way through a real shop's tills.
AGE_MIN = timedelta(minutes=15)
# What the tool does changes at these ages (event age, dedup window). No order lies near
# one, so that the same orders stand on the same side an hour later.
YOUNG = timedelta(hours=48)  # inside every platform's dedup window
OLD = timedelta(days=7)  # what two of the three platforms take no more
THRESHOLDS = (YOUNG, OLD)
QUIET = timedelta(hours=1)

CHANNELS = {"web": 82, "app": 8, "store": 7, "phone": 3}  # percent
FIRST_NUMBER = 1_000_001


@dataclass(slots=True)
class DemoOrder:
    """A row and what the shop's makers know of it beyond the row."""

    row: Row
    at: datetime  # when it was completed, UTC
    now: datetime
    customer: Customer
    dirt: str | None = None  # the one kind of dirt done to it
    held_by: frozenset[str] = frozenset()  # platforms that dirt keeps it from

    @property
    def order_id(self) -> str:
        return str(self.row["order_id"])

    @property
    def market(self) -> Market:
        return self.customer.market


def clean_orders(
    count: int, now: datetime, seed: int, span: timedelta = SPAN
) -> list[DemoOrder]:
    """So many orders before `now`, oldest first, numbered in that order."""
    rng = Random(f"{seed}-orders")
    pools = customers(count, seed)
    weights = [market.weight for market in MARKETS]
    chosen = rng.choices(MARKETS, weights, k=count)
    ages = sorted(_ages(count, rng, span), reverse=True)
    return [
        _order(number, now - age, now, rng.choice(pools[market.country]), rng)
        for number, (age, market) in enumerate(
            zip(ages, chosen, strict=True), FIRST_NUMBER
        )
    ]


def _ages(count: int, rng: Random, span: timedelta) -> Iterator[timedelta]:
    low, high = int(AGE_MIN.total_seconds()), int(span.total_seconds())
    while count:
        age = timedelta(seconds=rng.randrange(low, high))
        if all(abs(age - threshold) > QUIET for threshold in THRESHOLDS):
            count -= 1
            yield age


def _order(
    number: int, at: datetime, now: datetime, customer: Customer, rng: Random
) -> DemoOrder:
    channel = rng.choices(list(CHANNELS), list(CHANNELS.values()))[0]
    market = customer.market
    goods = basket(market, rng)
    stored = min(at + timedelta(seconds=rng.randrange(5, 900)), now)
    row: Row = {
        "order_id": f"{market.country}-{number}",
        "completed_at": local_time(at, market, channel),
        "updated_at": utc_text(stored),
        "status": "completed",
        "channel": channel,
        "event_id": None,
        "value": goods.value,
        "currency": market.currency,
        "items": goods.items,
        "consent": 1,
        "limited_data_use": 0,
        "is_test": 0,
    }
    row |= _person(customer)
    row |= _device(channel, customer, at, rng)
    return DemoOrder(row, at, now, customer)


def _person(customer: Customer) -> Row:
    return {
        "customer_id": customer.customer_id,
        "email": customer.email,
        "phone": customer.phone,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "city": customer.city,
        "state": customer.state,
        "zip": customer.zip,
        "country": customer.market.country,
        "date_of_birth": customer.date_of_birth,
        "gender": customer.gender,
    }


def _device(channel: str, customer: Customer, at: datetime, rng: Random) -> Row:
    """What a browser or an app leaves behind; tills and telephones leave nothing."""
    if channel == "web":
        return _browser(customer, at, rng)
    if channel == "app":
        return _app(customer, rng)
    return {}


def _app(customer: Customer, rng: Random) -> Row:
    ios = _in(rng, 50)
    return {
        "event_id": f"app-{identifier(rng)}",
        "ip": customer.ip,
        "user_agent": f"DemoShop/4.2 ({'iPhone; iOS 18.1' if ios else 'Android 15'})",
        "madid": customer.madid,
        "app_id": "1122334455",
        "app_platform": "ios" if ios else "android",
        "app_version": "4.2.0",
        "os_version": "18.1" if ios else "15",
        "att_consent": int(_in(rng, 40)) if ios else None,
    }


def _browser(customer: Customer, at: datetime, rng: Random) -> Row:
    # Shares are guesses at an ordinary shop; each cookie is blocked by its own public.
    click_ms = int((at - timedelta(minutes=rng.randrange(1, 3000))).timestamp()) * 1000
    click = rng.choice((None, None, None, "fbclid", "fbclid", "ttclid", "ScCid"))
    token = f"{rng.getrandbits(160):040x}"
    fbclid = f"IwAR{token}Aem_Q" if click == "fbclid" else None
    item = quote(rng.choice(("tea", "gift-box", "table", "über-uns")))
    page = f"https://shop.example.com/{customer.market.country.lower()}/{item}/thanks"
    return {
        "event_id": f"ev-{token[:20]}" if _in(rng, 60) else None,
        "ip": customer.ip,
        "user_agent": customer.user_agent,
        "page_url": f"{page}?{click}={fbclid or token}" if click else page,
        "fbclid": fbclid,
        "fbc": f"fb.1.{click_ms}.{fbclid}" if fbclid and _in(rng, 50) else None,
        "fbp": f"fb.1.{click_ms}.{rng.getrandbits(31)}" if _in(rng, 70) else None,
        "ttclid": f"E.C.P.{token}" if click == "ttclid" else None,
        "ttp": f"2F{token[:25]}" if _in(rng, 50) else None,
        "sc_click_id": token if click == "ScCid" else None,
        "sc_cookie1": identifier(rng) if _in(rng, 40) else None,
    }


def _in(rng: Random, percent: int) -> bool:
    return rng.randrange(100) < percent


def local_time(at: datetime, market: Market, channel: str) -> str:
    """Tills write their own clock with its offset; the app's server writes UTC."""
    if channel == "app":
        return utc_text(at)
    return at.astimezone(market.zone).isoformat()


def utc_text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
