"""One order of a re-upload at one destination: what will be done with it, and why.

How it is decided stands in `deciding.py`, how many are told in `telling.py`.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from capi_jobs.report.amounts import plain


class Action(StrEnum):
    """What will be done with an order; the names are those of `--json`."""

    SEND = "send"
    SEND_AGAIN = "send_again"
    RELEASE = "release"
    # In doubt and inside the window: delivery itself sends it once more.
    RESEND = "resend"
    RESOLVE = "resolve"
    LEAVE = "leave"
    REFUSE = "refuse"
    NOT_FOUND = "not_found"


# What ends in a call with this order in it.
GOING = frozenset({Action.SEND, Action.SEND_AGAIN, Action.RELEASE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One order at one destination: what will be done, and why or why not."""

    destination: str
    order_id: str
    was: str  # its class
    action: Action
    reason: str  # stable
    why: str  # for people
    value: Decimal
    currency: str
    # It could count a second time, as far as anybody can tell.
    twice: bool = False
    # Refused for want of a word: may_count_twice would let it go.
    needs_word: bool = False

    def as_json(self) -> dict[str, object]:
        """Write the stable JSON of one line of `reupload --json`."""
        return {
            "destination": self.destination,
            "order_id": self.order_id,
            "class": self.was,
            "action": str(self.action),
            "reason": self.reason,
            "why": self.why,
            "value": plain(self.value, self.currency),
            "currency": self.currency,
            "may_count_twice": self.twice,
            "needs_word": self.needs_word,
        }
