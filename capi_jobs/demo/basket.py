"""What is in a basket of the demo shop, and what it costs, exactly.

Money is counted in the currency's smallest unit and written as text: no float.
"""

import json
from dataclasses import dataclass
from random import Random

from capi_jobs.demo.market import Market

# sku, name, cents in euro. Names with accents and other scripts, as in real feeds.
PRODUCTS = (
    ("TEA-001", "Earl Grey, 100 g", 690),
    ("TEA-002", "Sencha 煎茶", 1290),
    ("TEA-003", "Thé à la menthe", 750),
    ("CUP-010", "Cup, blue", 1450),
    ("CUP-011", "Kaffeebecher groß", 1690),
    ("POT-020", "Teapot, cast iron", 6900),
    ("POT-021", 'Kettle "Retro", 1.7 l', 5490),
    ("TIN-030", "Tea tin", 990),
    ("BOX-040", "Gift box", 3490),
    ("BOX-041", "Geschenkkorb für zwei", 7990),
    ("SPN-050", "Spoon, silver-plated", 1190),
    ("TRY-060", "Tray, bamboo", 2790),
    ("BOK-070", "The Book of Tea", 1990),
    ("CLO-080", "Tablecloth, linen", 4490),
    ("CHR-090", "Stool, oak", 12900),
    ("SET-100", "Set for six", 18900),
)
SHIPPING_CENTS = 490
FREE_SHIPPING_FROM_CENTS = 4900  # so shipping stays small beside the goods


@dataclass(frozen=True, slots=True)
class Basket:
    """The value of an order and its lines, both as the shop stores them."""

    value: str
    items: str


def basket(market: Market, rng: Random) -> Basket:
    """One to four lines; the value is their sum and, for small ones, shipping."""
    lines = rng.sample(PRODUCTS, rng.choices((1, 2, 3, 4), (5, 3, 2, 1))[0])
    total_cents = total = 0
    items = []
    for sku, name, cents in lines:
        quantity = rng.choices((1, 2, 3), (8, 2, 1))[0]
        price = minor_units(cents, market)
        total += quantity * price
        total_cents += quantity * cents
        items.append(_line(sku, name, quantity, decimal_text(price, market.digits)))
    if total_cents < FREE_SHIPPING_FROM_CENTS:
        total += minor_units(SHIPPING_CENTS, market)
    return Basket(decimal_text(total, market.digits), f"[{','.join(items)}]")


def minor_units(cents: int, market: Market) -> int:
    """A price in euro cents, in the smallest unit of the market's currency."""
    units = cents / 100 * market.rate
    return round(units * float(10**market.digits))


def decimal_text(minor: int, digits: int) -> str:
    """12345 with two digits is 123.45; with none it is 12345."""
    if digits == 0:
        return str(minor)
    whole, part = divmod(minor, 10**digits)
    return f"{whole}.{part:0{digits}d}"


def _line(sku: str, name: str, quantity: int, price: str) -> str:
    # Written by hand because json would need a float for the price.
    title = json.dumps(name, ensure_ascii=False)
    return (
        f'{{"sku":"{sku}","name":{title},"quantity":{quantity},"unit_price":{price}}}'
    )
