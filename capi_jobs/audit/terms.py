"""What one destination's settings, platform and tolerances mean for an audit."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from capi_jobs.model import DataInterval

# How pixels, tag managers and shops call a purchase; letters and digits alone, in
# lower case. A name that is neither the order's nor here is another event, such as a
# checkout.
DIALECTS = frozenset(
    "purchase completepayment placeanorder completeorder ordercompleted ordercomplete"
    " orderplaced orderpaid order neworder checkoutcompleted checkoutcomplete"
    " completecheckout paymentcompleted completedpurchase purchasecompleted"
    " purchasecomplete webpurchase offlinepurchase conversion sale transaction"
    " transactioncompleted ecommercepurchase fbmobilepurchase".split()
)
_FLAT = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatedRun:
    """A run whose gate was asked, and whether it kept its orders back."""

    interval: DataInterval  # in which it could have sent what is missing
    cause: str | None = None  # one of those of missing orders; None: it went on
    word: str = ""  # which run, who stopped it and why


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How orders and events of one destination are compared."""

    destination: str
    platform: str
    interval: DataInterval
    dedup_window: timedelta
    completed_statuses: frozenset[str]  # in lower case
    cancelled_statuses: frozenset[str]
    refunded_statuses: frozenset[str]
    value_tolerance: float  # share of the order's value
    time_tolerance: timedelta
    reopened_after: timedelta
    systematic_orders: int
    systematic_share: float
    timezone: str | None = None  # of orders' times without an offset
    day_timezone: str = "UTC"
    event_id_template: str = "{order_id}"
    # The newest first: the last to look at an order says why it was not sent.
    runs: tuple[GatedRun, ...] = ()
    # Only this order is looked at: that it is not there, is known.
    one_order: bool = False
    # Spelling → conversion, in lower case, as reconcile's policy has them.
    names: Mapping[str, str] = field(default_factory=dict)


def flat(name: str) -> str:
    """Write a name as `DIALECTS` has it."""
    return _FLAT.sub("", name.lower())
