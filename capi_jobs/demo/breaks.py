"""Every way in which an order is counted wrongly, each made on one order at a time.

The names are the audit's own `kind/cause`, so that what it finds can be set beside what
was made. Nothing of the audit is used: it would prove nothing.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random

from capi_jobs.demo.month_books import HELD, WAITING, Books, was_stopped
from capi_jobs.demo.month_logs import Logs
from capi_jobs.demo.orders import DemoOrder, Value

EURO_SHIPPING = Decimal("4.90")
TAX = Decimal("1.2")
# What a sender tells who bids on margins. None of the patterns comes near another, nor
# near a value without pattern, or nobody could tell which was made.
MARGIN = Decimal("0.4")
_NO_PATTERN = (450, 780)  # thousandths
_MUCH_MORE_THAN_SHIPPING = 8


# What is done; returns the order id that the audit should name.
Make = Callable[[DemoOrder, Logs, Books], str]
Fits = Callable[[DemoOrder], bool]


@dataclass(frozen=True, slots=True)
class Break:
    """One kind, how it is made, and which orders it can be made on."""

    kind: str
    make: Make
    fits: Fits = lambda _: True


def _told(*senders: Callable[[DemoOrder, Logs], object]) -> Make:
    """Let these senders tell of the order."""

    def make(order: DemoOrder, logs: Logs, _: Books) -> str:
        for sender in senders:
            sender(order, logs)
        return order.order_id

    return make


def _row(told: bool = True, **values: Value) -> Make:  # noqa: FBT001, FBT002 - a flag of a table
    """Change the row; whether the pixel tells of it as well."""

    def make(order: DemoOrder, logs: Logs, _: Books) -> str:
        order.row |= values
        if told:
            logs.browser(order)
        return order.order_id

    return make


def _booked(name: str) -> Make:
    """Let only capi-jobs know of it, in this state."""

    def make(order: DemoOrder, _: Logs, books: Books) -> str:
        getattr(books, name).append(order)
        return order.order_id

    return make


def _corrected(**values: Value) -> Make:
    """Deliver it, then change the row."""

    def make(order: DemoOrder, _: Logs, books: Books) -> str:
        books.delivered.append(order)
        books.values[order.order_id] = str(order.row["value"])
        order.row |= values
        return order.order_id

    return make


def _halved(order: DemoOrder, _: Logs, books: Books) -> str:
    books.delivered.append(order)
    books.values[order.order_id] = str(order.row["value"])
    order.row["value"] = _money(order, Decimal(str(order.row["value"])) / 2)
    return order.order_id


def _gone(order: DemoOrder, _: Logs, books: Books) -> str:
    books.delivered.append(order)
    books.gone.add(order.order_id)
    return order.order_id


def _sharing(order: DemoOrder, logs: Logs, _: Books) -> str:
    """Give two orders in a row one id."""
    own = str(order.row["event_id"] or order.order_id)
    logs.browser(order, event_id=logs.last_id or own)
    logs.last_id = "" if logs.last_id else own
    return order.order_id


def _unknown(order: DemoOrder, logs: Logs, _: Books) -> str:
    """Tell of the order, and of one that is in no warehouse."""
    logs.browser(order)
    unknown = f"{order.market.country}-9{order.order_id[-6:]}x"
    logs.browser(order, order_id=unknown, event_id=logs.new_id())
    return unknown


def _rewritten(order: DemoOrder, logs: Logs, _: Books) -> str:
    """Write its id with a prefix, in lower case, or as its hash."""
    own = order.order_id
    written = logs.rng.choice(
        (f"ORDER-{own}", own.lower(), hashlib.sha256(own.encode()).hexdigest())
    )
    logs.browser(order, order_id=written, event_id=order.row["event_id"] or written)
    return own


def _value(of: Callable[[Decimal, Random], Decimal], **more: Value) -> Make:
    """Let the pixel tell another value."""

    def make(order: DemoOrder, logs: Logs, _: Books) -> str:
        told = of(Decimal(str(order.row["value"])), logs.rng)
        logs.browser(order, value=_money(order, told), **more)
        return order.order_id

    return make


def _in_euro(order: DemoOrder, logs: Logs, _: Books) -> str:
    told = Decimal(str(order.row["value"])) / Decimal(str(order.market.rate))
    logs.browser(order, value=f"{told:.2f}", currency="EUR")
    return order.order_id


def _other_items(order: DemoOrder, logs: Logs, _: Books) -> str:
    items = [{"id": "GIFT-1", "quantity": 1}]
    logs.browser(order, items=json.dumps(items))
    return order.order_id


def _shifted_with_tax(order: DemoOrder, logs: Logs, _: Books) -> str:
    told = Decimal(str(order.row["value"])) * TAX
    logs.browser(order, value=_money(order, told), after=timedelta(hours=-1))
    return order.order_id


def _money(order: DemoOrder, value: Decimal) -> str:
    return f"{value:.{order.market.digits}f}"


def _between_quarters(rng: Random, low: int, high: int) -> timedelta:
    """So many minutes; at a full quarter, it would look like a time zone."""
    quarter = rng.randrange(low // 15 + 1, high // 15) * 15
    return timedelta(minutes=quarter, seconds=rng.randrange(6 * 60, 9 * 60))


def _older(days: int) -> Fits:
    return lambda order: order.now - order.at > timedelta(days=days)


def _owed(order: DemoOrder) -> bool:
    """Young enough for any platform, and of no night whose run was stopped."""
    return order.now - order.at < timedelta(days=6) and not was_stopped(order)


def _in_night(began: timedelta) -> Fits:
    day = timedelta(days=1)
    return lambda order: began - day < order.now - order.at < began


def _foreign(order: DemoOrder) -> bool:
    return order.market.currency != "EUR"


def _shipped(order: DemoOrder) -> bool:
    """Say whether shipping is a small share of it: a large one would look like tax."""
    value = Decimal(str(order.row["value"]))
    much = EURO_SHIPPING * _MUCH_MORE_THAN_SHIPPING
    return order.market.currency == "EUR" and value > much


BREAKS = (
    # First, for only orders of one day fit them.
    Break("missing/run_held", _told(), _in_night(HELD)),
    Break("missing/run_waiting", _told(), _in_night(WAITING)),
    Break("duplicated/orders_share_id", _sharing),
    Break(
        "duplicated/two_names",
        _told(lambda o, b: b.browser(o), lambda o, b: b.server(o, other=True)),
    ),
    Break(
        "duplicated/two_senders",
        _told(lambda o, b: b.server(o), lambda o, b: b.plugin(o, event_id=b.new_id())),
    ),
    Break(
        "duplicated/two_ids",
        _told(lambda o, b: b.browser(o, event_id=b.new_id()), lambda o, b: b.server(o)),
    ),
    Break(
        "duplicated/new_id_each_time",
        _told(
            lambda o, b: b.browser(o),
            lambda o, b: b.browser(o, event_id=b.new_id(), after=timedelta(minutes=9)),
        ),
    ),
    Break(
        "duplicated/refired",
        _told(
            lambda o, b: b.server(o), lambda o, b: b.server(o, after=timedelta(days=5))
        ),
        _older(6),
    ),
    Break(
        "duplicated/no_event_id",
        _told(lambda o, b: b.browser(o), lambda o, b: b.server(o, event_id=None)),
    ),
    Break("missing/rejected", _booked("rejected")),
    Break("missing/in_doubt", _booked("in_doubt")),
    Break("missing/quarantined", _booked("held")),
    Break("missing/expired", _told(), _older(8)),
    Break("missing/consent", _row(told=False, consent=0)),
    Break("missing/blocked", _booked("blocked")),
    Break("missing/never_fired", _told(), _owed),
    Break("misfiring/test_order", _row(is_test=1)),
    Break("misfiring/unpaid", _row(status="pending")),
    Break("misfiring/cancelled", _row(status="cancelled")),
    Break("misfiring/refunded", _row(status="refunded")),
    Break("misfiring/no_order", _unknown),
    Break(
        "misfiring/before_order",
        _told(lambda o, b: b.browser(o, after=-_between_quarters(b.rng, 20, 600))),
    ),
    Break(
        "misfiring/reopened",
        _told(
            lambda o, b: b.browser(o),
            lambda o, b: b.browser(o, after=timedelta(days=3)),
        ),
        _older(4),
    ),
    Break("misaligned/id_format", _rewritten),
    Break("misaligned/event_name", _told(lambda o, b: b.browser(o, other=True))),
    Break("misaligned/local_currency", _in_euro, _foreign),
    Break("misaligned/currency", _value(lambda v, _: v, currency="EUR"), _foreign),
    Break("misaligned/cents", _value(lambda v, _: v * 100)),
    Break("misaligned/tax_included", _value(lambda v, _: v * TAX)),
    Break("misaligned/tax_left_out", _value(lambda v, _: v / TAX)),
    Break("misaligned/constant_factor", _value(lambda v, _: v * MARGIN)),
    Break(
        "misaligned/shipping_included", _value(lambda v, _: v + EURO_SHIPPING), _shipped
    ),
    Break(
        "misaligned/shipping_left_out", _value(lambda v, _: v - EURO_SHIPPING), _shipped
    ),
    Break(
        "misaligned/value",
        _value(lambda v, rng: v * rng.randrange(*_NO_PATTERN) / 1000),
    ),
    Break(
        "misaligned/time_zone",
        _told(lambda o, b: b.browser(o, after=timedelta(hours=-1, seconds=4))),
    ),
    Break(
        "misaligned/time",
        _told(lambda o, b: b.browser(o, after=_between_quarters(b.rng, 20, 900))),
        _older(1),
    ),
    Break("misaligned/items", _other_items),
    Break("correction/cancelled", _corrected(status="cancelled")),
    Break("correction/refunded", _corrected(status="refunded")),
    Break("correction/value", _halved),
    Break("correction/gone", _gone),
)
# What no log can tell: docs/audit.md says what the audit makes of each.
AMBIGUOUS = (
    Break(
        "ambiguous/anonymous",
        _told(lambda o, b: b.browser(o, order_id=None, event_id=b.new_id())),
        _owed,
    ),
    Break(
        "ambiguous/two_breaks",
        _shifted_with_tax,
    ),
)
