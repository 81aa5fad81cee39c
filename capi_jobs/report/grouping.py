"""Orders that share a reason, in bounded memory, while they stream out of the ledger.

What to do about them is in `remedies.py`.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from heapq import nlargest
from typing import Generic, TypeVar

from capi_jobs.ledger.columns import EXACT
from capi_jobs.report.amounts import Amount, Part
from capi_jobs.report.contents import GROUPS_MAX, SAMPLES_MAX, Group, Groups

# Words of platforms are free text: so many different ones are kept apart at once,
# ten times what is shown, so that a large group is found among many small ones.
_KEPT_APART_MAX = 10 * GROUPS_MAX

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Member(Generic[K]):
    """One order, and which group it is in."""

    key: K
    order_id: str
    value: Decimal | None
    currency: str
    since: datetime | None


@dataclass(slots=True)
class Gathered:
    """What is known of one group so far."""

    parts: dict[str, Part] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)
    oldest: datetime | None = None

    def add(self, member: Member[K]) -> None:
        """Count one more order."""
        orders, value = self.parts.get(member.currency, (0, Decimal(0)))
        more = EXACT.add(value, member.value or Decimal(0))
        self.parts[member.currency] = orders + 1, more
        if len(self.samples) < SAMPLES_MAX:
            self.samples.append(member.order_id)
        if member.since is not None:
            self.oldest = min(self.oldest or member.since, member.since)

    @property
    def amount(self) -> Amount:
        """Return orders and value."""
        return Amount(dict(self.parts))


def grouped(
    members: Iterable[Member[K]], written: Callable[[K, Gathered], Group]
) -> Groups:
    """Put orders together by their key; the largest groups are written."""
    groups: dict[K, Gathered] = {}
    left = 0
    for member in members:
        if member.key not in groups and len(groups) >= _KEPT_APART_MAX:
            left += 1
            continue
        groups.setdefault(member.key, Gathered()).add(member)
    largest = nlargest(
        GROUPS_MAX, groups.items(), key=lambda item: item[1].amount.orders
    )
    shown = tuple(written(key, found) for key, found in largest)
    apart = sum(found.amount.orders for found in groups.values())
    return Groups(shown, left + apart - sum(one.amount.orders for one in shown))
