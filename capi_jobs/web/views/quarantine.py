"""The quarantine: which orders rules keep back, by rule and order by order.

One of them is `hold.py`; releasing and blocking them, `quarantine_word.py`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Annotated

from fastapi import Depends

from capi_jobs.ledger.paging import Page as Rows
from capi_jobs.ledger.values import HoldRow
from capi_jobs.ledger.waiting import HoldCount
from capi_jobs.report.amounts import Amount, total
from capi_jobs.report.remedies import releasable
from capi_jobs.report.rule_words import rule_words
from capi_jobs.web.amounts import Worth
from capi_jobs.web.office import Desk, Looked
from capi_jobs.web.page import Page, Shown
from capi_jobs.web.views.holds import NO_WORDS, Filter, HeldOrder, Words, filter_of
from capi_jobs.web.views.parameters import After

# What a person ticks at once; more is decided by what the orders have in common.
ROWS = 100


class RuleCount(Shown):
    """What one rule holds, at all destinations or the one asked about."""

    rule: str
    says: str
    do: str
    ask: str
    releasable: bool  # by a person's word
    held: Worth
    oldest: datetime  # since when the first of them is held
    destinations: dict[str, int]


class Quarantine(Shown):
    """The quarantine by rule, and a page of its orders."""

    filter: Filter
    held: Worth  # all, at the destination asked about
    rules: tuple[RuleCount, ...]  # those that hold most orders first
    orders: tuple[HeldOrder, ...]  # that fit the filter
    after: str  # where the next page begins; empty: this is the last
    begins: bool  # whether this is the first page
    known_destinations: tuple[str, ...]


def read(
    desk: Looked, asked: Annotated[Filter, Depends(filter_of)], after: After = ""
) -> Quarantine:
    """Count by rule, and list a page of what fits."""
    words = rule_words(desk.settings.validation.expectations)
    counts = desk.ledger.hold_counts(asked.destination or None)
    page = page_of(desk, asked, after, ROWS)
    return Quarantine(
        filter=asked,
        held=_worth(counts),
        rules=tuple(_rules(counts, words)),
        orders=tuple(HeldOrder.of(row, words) for row in page.rows),
        after=page.after or "",
        begins=not after,
        known_destinations=tuple(one.name for one in desk.settings.destinations),
    )


def page_of(desk: Desk, asked: Filter, after: str, limit: int) -> Rows[HoldRow]:
    """Read a page of what fits."""
    wanted = asked.wanted()
    return desk.ledger.holds_page(
        wanted.destination,
        rule=wanted.rule,
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        min_value=wanted.min_value,
        max_value=wanted.max_value,
        after=after or None,
        limit=limit,
    )


def _rules(counts: Sequence[HoldCount], words: Words) -> Iterable[RuleCount]:
    by_rule = groupby(sorted(counts, key=_rule_of), _rule_of)
    found = [_counted(rule, list(group), words) for rule, group in by_rule]
    return sorted(found, key=lambda one: (-one.held.orders, one.rule))


def _rule_of(count: HoldCount) -> str:
    return count.rule


def _counted(rule: str, counts: Sequence[HoldCount], words: Words) -> RuleCount:
    told = words.get(rule, NO_WORDS)
    return RuleCount(
        rule=rule,
        says=told.says,
        do=told.do,
        ask=told.ask,
        releasable=releasable(rule, words),
        held=_worth(counts),
        oldest=min(one.oldest for one in counts),
        destinations={one.destination: one.orders for one in counts},
    )


def _worth(counts: Iterable[HoldCount]) -> Worth:
    found = list(counts)
    parts = [
        Amount({code: (0, value) for code, value in one.values.items()})
        for one in found
    ]
    return Worth.given(sum(one.orders for one in found), total(parts).values)


PAGE = Page(
    path="/quarantine",
    name="quarantine",
    title="Quarantine",
    read=read,
    model=Quarantine,
    summary="What rules keep back: counts by rule, and the orders that fit a filter.",
    in_menu=True,
)
