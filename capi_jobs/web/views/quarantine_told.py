"""What a person's word about held orders would do, or has done, as pages tell it.

The form that says the word is `quarantine_word.py`, its JSON `quarantine_api.py`.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from capi_jobs.jobs.quarantining import (
    ORDERS_MAX,
    Judged,
    Refused,
    Word,
    by_destination,
)
from capi_jobs.ledger.values import HoldRow
from capi_jobs.report.amounts import Amount, total
from capi_jobs.report.sentences import short
from capi_jobs.web.amounts import Worth
from capi_jobs.web.page import Shown
from capi_jobs.web.views.holds import Filter

# What is told of a decision fits into an address: its samples are cut.
_SAMPLES_MAX = 5


class NotDone(Shown):
    """Orders about which a word does nothing, and why."""

    why: str
    orders: int
    samples: tuple[str, ...]  # order ids, the first few


class RuleShare(Shown):
    """How many of the orders one rule holds."""

    rule: str
    orders: int


class Review(Shown):
    """What a word would do, before it is said."""

    word: Word
    orders: Worth
    destinations: dict[str, int]
    rules: tuple[RuleShare, ...]
    not_done: tuple[NotDone, ...]
    more: bool  # fit as well, and are left for another time
    first_day: date | None  # of the orders
    last_day: date | None
    digest: str  # of these orders: a yes to others is refused
    everything: bool  # all that fit the filter; else those that were ticked
    filter: Filter
    keys: tuple[str, ...]  # of the orders that were ticked

    @property
    def most(self) -> int:
        """How many can be decided at once."""
        return ORDERS_MAX


class Done(Shown):
    """What was done and what was not."""

    word: Word
    destinations: dict[str, int]
    not_done: tuple[NotDone, ...]
    actor: str
    reason: str
    at: datetime

    @property
    def orders(self) -> int:
        """How many orders the word was about."""
        return sum(self.destinations.values())


def reviewed(
    found: Judged, asked: Filter, keys: Sequence[str] | None, *, more: bool
) -> Review:
    """Say what a word would do; `keys` of the orders that were ticked, or all fit."""
    days = [row.day for row in found.doable if row.day is not None]
    return Review(
        word=found.word,
        orders=worth(found.doable),
        destinations={
            name: len(ids) for name, ids in by_destination(found.doable).items()
        },
        rules=_rules(found.doable),
        not_done=not_done(found.refused),
        more=more,
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        digest=found.digest,
        everything=keys is None,
        filter=asked,
        keys=tuple(keys or ()),
    )


def worth(rows: Sequence[HoldRow]) -> Worth:
    """Add up what orders are worth; what nobody can read is worth nothing."""
    parts: dict[str, Amount] = {}
    for row in rows:
        if row.value is not None:
            one = Amount.of(1, row.value, row.currency)
            parts[row.currency] = total([parts.get(row.currency, Amount()), one])
    found = Worth.of(total(parts.values()))
    return found.model_copy(update={"orders": len(rows)})


def _rules(rows: Iterable[HoldRow]) -> tuple[RuleShare, ...]:
    found: dict[str, int] = {}
    for row in rows:
        found[row.rule] = found.get(row.rule, 0) + 1
    shares = [RuleShare(rule=rule, orders=orders) for rule, orders in found.items()]
    return tuple(sorted(shares, key=lambda one: (-one.orders, one.rule)))


def not_done(refused: Iterable[Refused]) -> tuple[NotDone, ...]:
    """Put together what is left for the same reason."""
    found: dict[str, list[str]] = {}
    for one in refused:
        found.setdefault(one.why, []).append(one.order_id)
    return tuple(
        NotDone(
            why=why,
            orders=len(ids),
            samples=tuple(short(each) for each in ids[:_SAMPLES_MAX]),
        )
        for why, ids in found.items()
    )
