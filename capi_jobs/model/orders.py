"""Orders, and where each stands: intervals, orders, their keys and classes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, make_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from capi_jobs.model.numerous import numerous


@dataclass(frozen=True, slots=True)
class DataInterval:
    """Half-open span of completion times, aware UTC: start ≤ t < end."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Refuse naive or empty spans: they would silently select nothing."""
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("an interval needs aware times")
        if self.start >= self.end:
            raise ValueError(f"an interval must end after it starts: {self}")

    def __str__(self) -> str:
        """Both ends in ISO 8601, as `--interval` takes them."""
        return f"{self.start.isoformat()}..{self.end.isoformat()}"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an order."""

    sku: str
    quantity: int
    unit_price: Decimal | None
    name: str | None = None


# Shops keep several e-mails or phones of a customer; most platforms take lists.
Texts = str | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One completed order as the warehouse tells it (design 4.1); personal data."""

    order_id: str
    completed_at: datetime
    value: Decimal
    currency: str
    updated_at: datetime | None = None
    status: str | None = None
    channel: str = "web"
    event_id: str | None = None
    event_name: str = "Purchase"
    customer_id: Texts | None = field(default=None, repr=False)
    email: Texts | None = field(default=None, repr=False)
    phone: Texts | None = field(default=None, repr=False)
    first_name: Texts | None = field(default=None, repr=False)
    last_name: Texts | None = field(default=None, repr=False)
    city: Texts | None = field(default=None, repr=False)
    state: Texts | None = field(default=None, repr=False)
    zip: Texts | None = field(default=None, repr=False)
    country: Texts | None = field(default=None, repr=False)
    date_of_birth: Texts | None = field(default=None, repr=False)
    gender: Texts | None = field(default=None, repr=False)
    ip: str | None = field(default=None, repr=False)
    user_agent: str | None = field(default=None, repr=False)
    page_url: str | None = field(default=None, repr=False)
    fbc: str | None = field(default=None, repr=False)
    fbp: str | None = field(default=None, repr=False)
    fbclid: str | None = field(default=None, repr=False)
    ttclid: str | None = field(default=None, repr=False)
    ttp: str | None = field(default=None, repr=False)
    sc_click_id: str | None = field(default=None, repr=False)
    sc_cookie1: str | None = field(default=None, repr=False)
    madid: str | None = field(default=None, repr=False)
    # Only app orders have these; Meta and Snapchat refuse app events without them.
    app_id: str | None = None
    app_platform: str | None = None  # "ios" or "android"
    app_version: str | None = None
    os_version: str | None = None
    att_consent: bool | None = None  # iOS App Tracking Transparency
    # None: the view tells nothing; `consent_told` says whether it has the column.
    consent: bool | None = None
    consent_told: bool = False
    limited_data_use: bool = False
    is_test: bool = False
    items: tuple[Item, ...] = ()
    custom: Mapping[str, str] = field(default_factory=dict)


ORDER_FIELDS = tuple(f.name for f in fields(Order))
# What is frozen sets each of its fields by a call, five times as slow: orders by the
# thousand begin as this twin of the same slots.
_Draft: Any = make_dataclass("_Draft", ORDER_FIELDS, eq=False, slots=True)


def orders_of(columns: Iterable[Iterable[object]]) -> list[Order]:
    """Make orders of columns, one for each of `ORDER_FIELDS` and in their order."""
    drafts = list(map(_Draft, *columns))
    for draft in drafts:
        draft.__class__ = Order
    return drafts


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why a row cannot become an order; `rule` is stable, `message` names no value."""

    rule: str
    message: str


class OrderClass(StrEnum):
    """The columns of the balance: every order stands in exactly one."""

    DELIVERED = "delivered"
    SEEN_SERVER = "seen_server"
    SEEN_BROWSER = "seen_browser"
    MISSING = "missing"
    EXPIRED = "expired"
    EXCLUDED = "excluded"
    HELD = "held"
    IN_FLIGHT = "in_flight"
    IN_DOUBT = "in_doubt"
    REJECTED = "rejected"


class OwedAs(StrEnum):
    """Why an order was sent: it was missing, or its browser copy is enriched."""

    MISSING = "missing"
    ENRICHMENT = "enrichment"
    # Sent by others before capi-jobs existed: counts as delivered, not as recovered.
    IMPORTED = "imported"


@numerous
class OrderKey:
    """An order that may be sent, as reconcile knows it; no personal data."""

    order_id: str
    event_id: str
    completed_at: datetime | None
    day: date | None
    value: Decimal | None
    currency: str
    owed_as: OwedAs
    # A key fault holds the order before it is read: its rule, else None.
    fault: RowFault | None = None
    # An enrichment may be sent only until then: after it, it would count twice.
    send_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClassCount:
    """So many orders of one day and currency stand in one column."""

    day: date | None
    currency: str
    order_class: OrderClass
    reason: str  # rule or exclusion; "" where the class says it all
    orders: int
    value: Decimal
