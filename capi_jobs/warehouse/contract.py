"""What is asked of a warehouse: our column names, where they lie, what can be wrong.

Each kind of warehouse reads in its own way in the files beside this one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal

from capi_jobs.model import Order

_NOT_COLUMNS = {"consent_told", "custom"}
# Our names of an order's columns (design 4.1).
ORDER_COLUMNS = tuple(f.name for f in fields(Order) if f.name not in _NOT_COLUMNS)
ORDER_REQUIRED = ("order_id", "completed_at", "value", "currency")
# All that decides an order's class; the other columns are read for what is sent only.
KEY_COLUMNS = (
    *ORDER_REQUIRED,
    "event_id",
    "event_name",
    "status",
    "channel",
    "consent",
    "is_test",
)
SENT_COLUMNS = (
    "event_id",
    "event_name",
    "event_time",
    "order_id",
    "destination",
    "platform",
)
# What the audit compares beyond the keys: what an order and its events tell of it.
AUDIT_COLUMNS = (*KEY_COLUMNS, "updated_at", "items")
AUDIT_SENT_COLUMNS = (*SENT_COLUMNS, "value", "currency", "items")
SENT_REQUIRED = ("event_time",)
CUSTOM = "custom."  # before the name of a custom property


@dataclass(frozen=True, slots=True)
class OrdersSource:
    """The view of completed orders: a relation, or the text of one SELECT."""

    relation: str | None = None
    query: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    custom: Mapping[str, str] = field(default_factory=dict)
    timezone: str | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.relation or "the query of [orders]"


@dataclass(frozen=True, slots=True)
class SentEvents:
    """One log of events that somebody else sent."""

    channel: Literal["browser", "server"]
    relation: str | None = None
    query: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    destination: str | None = None  # of all its rows
    platform: str | None = None  # of all its rows
    timezone: str | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.relation or f"the query of [[sent_events]] ({self.channel})"


Source = OrdersSource | SentEvents
Severity = Literal["error", "warning"]  # an error stops runs, a warning rows


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which a source breaks the contract."""

    code: str
    severity: Severity
    source: str
    message: str
    ids: tuple[str, ...] = ()  # samples
