"""One held order: what failed, since when, what it means, and whom to ask."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Path

from capi_jobs.ledger.columns import ID_BYTES_MAX
from capi_jobs.ledger.values import HoldEnd, HoldRow, Override
from capi_jobs.report.amounts import plain
from capi_jobs.report.remedies import releasable
from capi_jobs.report.rule_words import rule_words
from capi_jobs.web.office import Looked
from capi_jobs.web.page import Page, Shown
from capi_jobs.web.refusals import NotFound
from capi_jobs.web.views.holds import NO_WORDS, Words, key_of, money_of
from capi_jobs.web.views.parameters import OneDestination

OrderId = Annotated[
    str,
    Path(
        min_length=1,
        max_length=ID_BYTES_MAX,
        description="Id of an order; slashes and all.",
    ),
]


class RuleTold(Shown):
    """One rule that the order breaks."""

    rule: str
    says: str
    do: str
    ask: str
    releasable: bool  # by a person's word


class WordTold(Shown):
    """What a person said about the order."""

    decision: str
    actor: str
    reason: str
    at: datetime


class HoldTold(Shown):
    """Everything about one held order; nothing about who bought."""

    destination: str
    order_id: str
    rules: tuple[RuleTold, ...]  # the one that holds it first
    message: str
    day: date | None
    value: str | None  # null: none that can be added up
    currency: str
    run_first_seen: str
    run_last_seen: str
    first_seen_at: datetime
    last_seen_at: datetime
    releasable: bool
    ended_at: datetime | None  # null: it is held still
    ended_how: HoldEnd | None
    word: WordTold | None  # of a person, that counts now

    @property
    def key(self) -> str:
        """Name the order in a form."""
        return key_of(self.destination, self.order_id)

    @property
    def money(self) -> str:
        """Write its value for people."""
        return money_of(self.value, self.currency)


def read(desk: Looked, destination: OneDestination, order_id: OrderId) -> HoldTold:
    """Look the order up."""
    row = desk.ledger.latest_hold(destination, order_id)
    if row is None:
        raise NotFound(
            "no rule ever held this order at this destination",
            do="look for it in the trace",
        )
    words = rule_words(desk.settings.validation.expectations)
    said = desk.ledger.overrides(destination, [order_id]).get(order_id)
    return _told(row, words, said)


def _told(row: HoldRow, words: Words, said: Override | None) -> HoldTold:
    rules = tuple(_rule(name, words) for name in dict.fromkeys((row.rule, *row.rules)))
    return HoldTold(
        destination=row.destination,
        order_id=row.order_id,
        rules=rules,
        message=row.message,
        day=row.day,
        value=None if row.value is None else plain(row.value, row.currency),
        currency=row.currency,
        run_first_seen=row.run_first_seen,
        run_last_seen=row.run_last_seen,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        releasable=all(one.releasable for one in rules),
        ended_at=row.ended_at,
        ended_how=row.ended_how,
        word=said
        and WordTold(
            decision=said.decision, actor=said.actor, reason=said.reason, at=said.at
        ),
    )


def _rule(name: str, words: Words) -> RuleTold:
    told = words.get(name, NO_WORDS)
    return RuleTold(
        rule=name,
        says=told.says,
        do=told.do,
        ask=told.ask,
        releasable=releasable(name, words),
    )


PAGE = Page(
    path="/quarantine/{destination}/{order_id:path}",
    name="hold",
    title="Held order",
    read=read,
    model=HoldTold,
    summary="One held order: the rules it breaks, since when, and what to do.",
)
