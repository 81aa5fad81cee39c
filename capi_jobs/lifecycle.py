"""The ledger in one screen: what may happen to a batch, and so to its entries.

An entry's status is its batch's status. `missing` and `expired` are queries, not
statuses. The moves themselves (SQL) live in `ledger/`, the diagram in
`docs/architecture.md` is generated from `TRANSITIONS`.
"""

from enum import StrEnum
from types import MappingProxyType

from capi_jobs.errors import IllegalMove


class Status(StrEnum):
    """Where a batch stands."""

    IN_FLIGHT = "in_flight"
    IN_DOUBT = "in_doubt"
    RESENDING = "resending"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    RELEASED = "released"


class Event(StrEnum):
    """What happened to a batch, in the past tense."""

    CLAIMED = "claimed"
    IMPORTED = "imported"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    DEFERRED = "deferred"
    LOST = "lost"
    RESOLVED = "resolved"
    REQUEUED = "requeued"


TRANSITIONS: MappingProxyType[tuple[Status | None, Event], Status] = MappingProxyType(
    {
        # – → in_flight: entries and batch inserted, committed before the call
        (None, Event.CLAIMED): Status.IN_FLIGHT,
        # – → delivered: sent before capi-jobs existed
        (None, Event.IMPORTED): Status.DELIVERED,
        (Status.IN_FLIGHT, Event.ACCEPTED): Status.DELIVERED,
        # in_flight → rejected: will never be taken as it is; needs a person
        (Status.IN_FLIGHT, Event.REFUSED): Status.REJECTED,
        # in_flight → released: certainly not taken; its entries are removed
        (Status.IN_FLIGHT, Event.DEFERRED): Status.RELEASED,
        # in_flight → in_doubt: the answer was lost, or the run died (lease over)
        (Status.IN_FLIGHT, Event.LOST): Status.IN_DOUBT,
        # in_doubt → resending: only while now + lease lies inside the dedup window
        (Status.IN_DOUBT, Event.CLAIMED): Status.RESENDING,
        (Status.RESENDING, Event.ACCEPTED): Status.DELIVERED,
        # resending → in_doubt: the first send may have counted, whatever this one says
        (Status.RESENDING, Event.DEFERRED): Status.IN_DOUBT,
        (Status.RESENDING, Event.LOST): Status.IN_DOUBT,
        (Status.RESENDING, Event.REFUSED): Status.IN_DOUBT,
        # in_doubt → delivered: a late answer, or a person who looked
        (Status.IN_DOUBT, Event.RESOLVED): Status.DELIVERED,
        # → released: a person decided, with a reason; may count twice, and says so
        (Status.IN_DOUBT, Event.REQUEUED): Status.RELEASED,
        (Status.REJECTED, Event.REQUEUED): Status.RELEASED,
        # The platform lost it, or it went to a wrong dataset: only by a person who says
        # that it may count twice, never by a run of its own
        (Status.DELIVERED, Event.REQUEUED): Status.RELEASED,
    }
)


def advance(status: Status | None, event: Event) -> Status:
    """Return where `event` takes a batch; every pair not in the table raises."""
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise IllegalMove(
            f"a batch that is {status or 'new'} cannot be {event}",
            do="report this as a bug with the batch's history",
        ) from None
