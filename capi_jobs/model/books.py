"""What the ledger keeps: entries, batches, receipts and holds."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from capi_jobs.lifecycle import Status
from capi_jobs.model.calls import Conversion
from capi_jobs.model.numerous import numerous
from capi_jobs.model.orders import OwedAs


@numerous
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


@numerous
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
