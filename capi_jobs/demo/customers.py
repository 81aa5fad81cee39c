"""The people of the demo shop: a pool per country, named by Faker in its locale.

Addresses lie under example domains only, and numbers are near documented examples;
IP addresses are drawn at random because the reserved ones are not accepted anywhere.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from faker import Faker

from capi_jobs.demo.market import MARKETS, Market
from capi_jobs.demo.phones import mobile, written

# An average customer of a shop comes back a few times within the pool.
ORDERS_PER_CUSTOMER = 5
CUSTOMERS_PER_MARKET_MIN = 5
DOMAINS = ("example.com", "example.org", "example.net")

SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.{v}"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0"
AGENTS = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {CHROME} Mobile Safari/537.36",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {SAFARI} Safari/605.1.15",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {SAFARI} Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0",
)
# Faker's Arabic locale builds towns from pieces of English ones; its Italian one takes
# them from a set, so that they change with Python's hash seed.
TOWNS = {
    "IT": ("Forlì", "Milano", "Roma", "Cantù", "Reggio nell'Emilia"),
    "KW": ("الكويت", "حولي", "السالمية"),
    "BH": ("المنامة", "المحرق", "الرفاع"),
    "TN": ("تونس", "صفاقس", "سوسة"),
    "SA": ("الرياض", "جدة", "الدمام"),
}
# The only markets here whose addresses carry a state.
STATES = {
    "US": ("CA", "NY", "TX", "FL", "WA", "IL", "CO", "OR"),
    "BR": ("SP", "RJ", "MG", "BA", "RS"),
}


@dataclass(frozen=True, slots=True)
class Customer:
    """One person, as every order of theirs repeats them."""

    customer_id: str
    market: Market
    email: str
    phone: str
    phone_form: str
    first_name: str
    last_name: str
    city: str
    state: str | None
    zip: str
    date_of_birth: str | None
    gender: str | None
    ip: str
    user_agent: str
    madid: str


def customers(orders: int, seed: int) -> dict[str, list[Customer]]:
    """The pool of every country, large enough for so many orders."""
    total = sum(market.weight for market in MARKETS)
    pools = {}
    for market in MARKETS:
        size = orders * market.weight // total // ORDERS_PER_CUSTOMER
        size = max(CUSTOMERS_PER_MARKET_MIN, size)
        pools[market.country] = list(_pool(market, size, seed))
    return pools


def _pool(market: Market, size: int, seed: int) -> Iterator[Customer]:
    # Faker has its own generator: what it draws may change between its releases
    # without moving anything that is counted.
    rng = Random(f"{seed}-customers-{market.country}")
    fake = Faker(market.locale)
    fake.seed_instance(f"{seed}-{market.country}")
    for number in range(1, size + 1):
        yield _customer(market, number, fake, rng)


def _customer(market: Market, number: int, fake: Faker, rng: Random) -> Customer:
    female = rng.random() < 0.5  # noqa: PLR2004  # as people are
    first = fake.first_name_female() if female else fake.first_name_male()
    last = fake.last_name()
    country = market.country
    phone, form = written(mobile(country, rng), country, rng)
    return Customer(
        customer_id=f"C{country}{number:05d}",
        market=market,
        email=_email(first, last, f"{country}{number}".lower(), rng),
        phone=phone,
        phone_form=form,
        first_name=first,
        last_name=last,
        city=rng.choice(TOWNS[country]) if country in TOWNS else fake.city(),
        state=rng.choice(STATES[country]) if country in STATES else None,
        zip=fake.postcode(),
        date_of_birth=_birthday(rng),
        gender=rng.choice(("f", "female") if female else ("m", "male")),
        ip=public_ip(rng),
        user_agent=rng.choice(AGENTS).format(v=rng.randrange(1, 140)),
        madid=identifier(rng),
    )


def _email(first: str, last: str, tail: str, rng: Random) -> str:
    local = ".".join(filter(None, (_ascii(first), _ascii(last), tail)))
    return f"{local}@{rng.choice(DOMAINS)}"


def _ascii(name: str) -> str:
    """The Latin letters of a name; nothing of a name in another script."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]", "", plain.lower())


def _birthday(rng: Random) -> str | None:
    """Asked of everyone, answered by half."""
    year, month, day = rng.randrange(1950, 2006), rng.randrange(1, 13), 1
    day = rng.randrange(1, 29)  # every month has these
    answered = rng.random() < 0.5  # noqa: PLR2004  # see above
    return f"{year}-{month:02d}-{day:02d}" if answered else None


def public_ip(rng: Random) -> str:
    """An address of the open internet; one in five is IPv6."""
    while True:
        # 2a00::/12 is Europe's share of the addresses in use.
        v6 = rng.random() < 0.2  # noqa: PLR2004  # see above
        draw = (0x2A0 << 116) + rng.getrandbits(116) if v6 else rng.getrandbits(32)
        address = ipaddress.ip_address(draw)
        if address.is_global and not address.is_multicast:
            return str(address)


def identifier(rng: Random) -> str:
    """Something in the form of a UUID."""
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
