"""Makes the demo shop: the same for the same seed and `now`, whenever it is made.

Orders come from orders.py, dirt from dirt.py, logs from logs.py; store.py writes them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unicodedata import name as unicode_name

from capi_jobs.demo.dirt import repeated_rows, soil
from capi_jobs.demo.logs import write_logs
from capi_jobs.demo.orders import OLD, SPAN, YOUNG, DemoOrder, clean_orders
from capi_jobs.demo.phones import PLAIN
from capi_jobs.demo.store import store
from capi_jobs.demo.truth import Truth

SEED = 20261123
ORDERS = 20_000
# Below, some kinds of dirt would find no order left for them.
ORDERS_MIN = 500
# Tills that run ahead date orders into the future; the interval has to hold those too.
AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop that was made. Every mapping counts orders, each once."""

    path: Path
    orders: int
    interval: tuple[datetime, datetime]  # holds every order, half-open
    dirt: Mapping[str, int]  # by kind, as in the table `demo_truth`
    channels: Mapping[str, int]
    countries: Mapping[str, int]


def make_shop(
    path: Path, *, now: datetime, orders: int = ORDERS, seed: int = SEED
) -> Shop:
    """Write a new SQLite warehouse with the orders of the ten days before `now`."""
    if now.tzinfo is None:
        raise ValueError("a demo shop needs an aware `now`")
    if orders < ORDERS_MIN:
        raise ValueError(f"a demo shop needs at least {ORDERS_MIN} orders")
    now = now.astimezone(UTC).replace(microsecond=0)
    made = clean_orders(orders, now, seed)
    soil(made, seed)
    copies = repeated_rows(made, seed)
    truth = Truth()
    for order in made:
        _note(order, truth)
    logs = write_logs(made, truth, seed)
    tables = {
        "completed_orders": [order.row for order in made] + copies,
        "browser_events": logs.browser,
        "server_events": logs.server,
        "demo_truth": truth.rows(),
    }
    store(path, tables)
    return Shop(
        path=path,
        orders=len(made),
        interval=(now - SPAN, now + AHEAD),
        dirt=truth.counts(),
        channels=_counted(made, "channel"),
        countries=Counter(order.market.country for order in made),
    )


def _counted(orders: list[DemoOrder], column: str) -> Mapping[str, int]:
    return Counter(str(order.row[column]) for order in orders)


def _note(order: DemoOrder, truth: Truth) -> None:
    """The dirt done to an order, and what it has by nature."""
    if order.dirt:
        truth.note(order.dirt, order.order_id)
    form = order.customer.phone_form
    if form not in PLAIN and order.row["phone"] == order.customer.phone:
        truth.note(form, order.order_id)
    if script := _script(order.row["first_name"], order.row["last_name"]):
        truth.note(script, order.order_id)
    if kind := _money(order):
        truth.note(kind, order.order_id)
    age = order.now - order.at
    if age > OLD:
        truth.note("older_than_7_days", order.order_id)
    elif timedelta(0) <= age < YOUNG:
        truth.note("younger_than_48_hours", order.order_id)


def _money(order: DemoOrder) -> str | None:
    if order.row["currency"] != order.market.currency:
        return None
    return {0: "currency_without_decimals", 3: "dinars"}.get(order.market.digits)


def _script(*names: object) -> str | None:
    text = "".join(str(name) for name in names if name)
    if text.isascii():
        return None
    latin = unicode_name(text[0], "").startswith("LATIN")
    return "accented_name" if latin else "non_latin_name"
