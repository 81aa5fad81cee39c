"""The nouns of the house: frozen, typed, no I/O, no clock.

How rows become orders lives in `orders.py`, how orders become conversions in
`conversion.py`, what the ledger keeps in `ledger/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from capi_jobs.lifecycle import Status

# ── Time ────────────────────────────────────────────────────────────────────────


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


# ── Orders ──────────────────────────────────────────────────────────────────────


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


@dataclass(frozen=True, slots=True)
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


# ── Conversions and calls ───────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """An order as one destination will see it: normalised, hashed, nothing raw."""

    destination: str
    order_id: str
    event_id: str
    event_name: str  # in the platform's spelling
    event_time: datetime
    value: Decimal
    currency: str
    source: str  # in the platform's spelling: website, web, WEB …
    match_keys: Mapping[str, Texts] = field(repr=False)
    page_url: str | None = field(default=None, repr=False)
    limited_data_use: bool = False
    app: Mapping[str, str | bool | None] = field(default_factory=dict)
    items: tuple[Item, ...] = ()
    custom: Mapping[str, str] = field(default_factory=dict)
    # Names of identifiers that were there but unusable: they cost only themselves.
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request, ready to send. Its repr shows no token and no body."""

    method: str
    url: str = field(repr=False)  # Snapchat wants the token in it
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case, body cut at transport's limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing came back. `sent` is False only when it certainly never left."""

    sent: bool
    reason: str


# ── Outcomes: one per event, in the order of the batch ──────────────────────────


@dataclass(frozen=True, slots=True)
class Accepted:
    """The platform took it."""

    trace_id: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The platform will never take it as it is."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Certainly not taken; may be sent again."""

    reason: str
    retry_after: timedelta | None = None
    # True: some event of the batch is bad and the answer does not say which, or it
    # does (then that one is `Refused`); either way the others deserve another call.
    batch_refused: bool = False
    # Beside it: the batch is bad as a batch, and perhaps none of its events is.
    as_a_batch: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """Nobody knows whether it was taken."""

    reason: str


Outcome = Accepted | Refused | Deferred | Lost


# ── What the ledger keeps ───────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """This event was put into a batch. Never changes but for its batch."""

    destination: str
    event_name: str
    event_id: str
    order_id: str
    event_time: datetime
    day: date  # of the balance, in the shop's time zone
    value: Decimal
    currency: str
    owed_as: OwedAs = OwedAs.MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A conversion, ready to be claimed and sent."""

    entry: Entry
    conversion: Conversion
    event: bytes = field(repr=False)
    # An enrichment counts twice after that; None: only its age limits it.
    send_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One call, or the wish for one."""

    batch_id: str
    destination: str
    status: Status
    run_id: str
    first_sent_at: datetime | None
    lease_until: datetime | None
    attempts: int
    reason: str
    trace_id: str = ""
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is remembered of an answer: code or reason, and the platform's trace id."""

    reason: str = ""
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """An order that a rule keeps back for one destination."""

    destination: str
    order_id: str
    rule: str  # the first that failed
    message: str
    rules: tuple[str, ...] = ()  # all that failed
    day: date | None = None
    value: Decimal | None = None
    currency: str = ""
