"""What goes to a platform and what comes back: conversions, calls, outcomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from capi_jobs.model.numerous import numerous
from capi_jobs.model.orders import Item, Texts


@numerous
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
