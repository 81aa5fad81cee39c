"""What an audit can find: four kinds, their causes in order of precedence, in words.

An order has at most one cause of each kind: the first of the list that is true of it.
How each is found stands in the files of the kinds; docs/audit.md has them as a table.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is wrong with how an order was counted."""

    DUPLICATED = "duplicated"
    MISSING = "missing"
    MISFIRING = "misfiring"
    MISALIGNED = "misaligned"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why, in a sentence; what to do; whether somebody has to."""

    kind: Kind
    name: str
    says: str
    do: str
    needs_person: bool = True


_D, _N, _F, _A = Kind.DUPLICATED, Kind.MISSING, Kind.MISFIRING, Kind.MISALIGNED

CAUSES = (
    Cause(
        _D,
        "orders_share_id",
        "two orders have the same event id: one of them is dropped as a copy",
        "make the event id of something that no two orders share, such as the order id",
    ),
    Cause(
        _D,
        "two_names",
        "the same order was told under event names that the platform counts apart",
        "let all senders use one event name for a purchase",
    ),
    Cause(
        _D,
        "two_senders",
        "two servers sent the order under different event ids",
        "switch one of the two senders off, or let both use the same event id",
    ),
    Cause(
        _D,
        "two_ids",
        "browser and server sent the order under different event ids",
        "let the page and the server use the same event id",
    ),
    Cause(
        _D,
        "new_id_each_time",
        "one sender sent the order again under a new event id",
        "make the event id of the order, not of the moment",
    ),
    Cause(
        _D,
        "refired",
        "a server sent the same event again outside the dedup window: it counts anew",
        "let the sender remember what it sent, and stop its late retries",
    ),
    Cause(
        _D,
        "no_event_id",
        "several copies, and one has no event id: the platform cannot match them",
        "send an event id with every event",
    ),
    Cause(
        _N,
        "rejected",
        "the platform refused the order",
        "mend what the platform names, then send again with `ledger requeue`",
    ),
    Cause(
        _N,
        "in_doubt",
        "the answer of the platform was lost: nobody knows whether it counted",
        "see `capi-jobs report`: look at the platform, then resolve or requeue",
    ),
    Cause(
        _N,
        "quarantined",
        "a rule keeps the order back",
        "see `capi-jobs quarantine list`: mend, release or block",
    ),
    Cause(
        _N,
        "expired",
        "nobody told the platform while it still took the order",
        "nothing brings it back; run nightly, so that no order gets that old",
        needs_person=False,
    ),
    Cause(
        _N,
        "consent",
        "the customer has not consented",
        "nothing: it may not be sent",
        needs_person=False,
    ),
    Cause(
        _N,
        "blocked",
        "a person said: never send",
        "nothing, unless that word is taken back with `quarantine release`",
        needs_person=False,
    ),
    Cause(
        _N,
        "run_held",
        "a person held the run that found it",
        "once its reason is gone: `capi-jobs run` finds it again, then `approve`",
    ),
    Cause(
        _N,
        "run_waiting",
        "the run that found it waits for an answer",
        "look at `capi-jobs report`, then `approve` or `hold` the run",
    ),
    Cause(
        _N,
        "never_fired",
        "no sender ever told the platform",
        "the next `capi-jobs run` sends it; find out why the pixel did not fire",
        needs_person=False,
    ),
    Cause(
        _F,
        "test_order",
        "an event was sent for a test order",
        "let no sender fire for test orders",
    ),
    Cause(
        _F,
        "unpaid",
        "an event was sent for an order that is not paid",
        "fire on payment, not on checkout",
    ),
    Cause(
        _F,
        "cancelled",
        "an event was sent for an order that is cancelled",
        "fire when the order is final; export what is overstated",
    ),
    Cause(
        _F,
        "refunded",
        "an event was sent for an order that is refunded",
        "fire when the order is final; export what is overstated",
    ),
    Cause(
        _F,
        "no_order",
        "an event names an order that is in no warehouse",
        "find out which page or shop fires it: it may share the pixel, or be a robot",
    ),
    Cause(
        _F,
        "before_order",
        "the event happened before its order was completed",
        "fire on the thank-you page, not on the way to it; compare the clocks",
    ),
    Cause(
        _F,
        "reopened",
        "the thank-you page was opened again days later, and fired again",
        "let the page fire once per order: remember it in the session or on the server",
    ),
    Cause(
        _A,
        "id_format",
        "the id is written otherwise than the order's: prefix, case or hash",
        "let all senders write ids as the warehouse does, or map the column",
    ),
    Cause(
        _A,
        "event_name",
        "the order was told only under a name that is no purchase of this platform",
        "use the platform's own name of a purchase, or map it in event_names",
    ),
    Cause(
        _A,
        "local_currency",
        "value and currency are those of another currency than the order's",
        "send the order's own value and currency, and let the platform convert",
    ),
    Cause(
        _A,
        "currency",
        "the value is the order's, but under another currency",
        "send the order's currency beside its value",
    ),
    Cause(
        _A,
        "cents",
        "the value was sent in the wrong unit: cents for whole units, or the reverse",
        "send the value as a decimal number of whole units",
    ),
    Cause(
        _A,
        "tax_included",
        "the value is higher by a constant factor that looks like tax",
        "agree on net or gross, and let all senders and the warehouse use it",
    ),
    Cause(
        _A,
        "tax_left_out",
        "the value is lower by a constant factor that looks like tax",
        "agree on net or gross, and let all senders and the warehouse use it",
    ),
    Cause(
        _A,
        "constant_factor",
        "the value differs by one constant factor",
        "find the conversion or share that the sender applies",
    ),
    Cause(
        _A,
        "shipping_included",
        "the value is higher by one constant amount that looks like shipping",
        "agree whether shipping counts, and let all senders and the warehouse do so",
    ),
    Cause(
        _A,
        "shipping_left_out",
        "the value is lower by one constant amount that looks like shipping",
        "agree whether shipping counts, and let all senders and the warehouse do so",
    ),
    Cause(
        _A,
        "value",
        "the value differs from the order's, without a pattern",
        "compare one of these orders with `trace`",
    ),
    Cause(
        _A,
        "time_zone",
        "event times are shifted by one constant offset, as by a time zone",
        "send times with their offset, or set `timezone` of that log",
    ),
    Cause(
        _A,
        "time",
        "the event's time is later than the order's",
        "send the time of the order, not of the sending",
    ),
    Cause(
        _A,
        "items",
        "the items differ from the order's",
        "take the items from the order, not from the basket",
    ),
)
BY_NAME = {(cause.kind, cause.name): cause for cause in CAUSES}
# Position in the list: the lower one is the cause that is told.
RANKS = {key: rank for rank, key in enumerate(BY_NAME)}
