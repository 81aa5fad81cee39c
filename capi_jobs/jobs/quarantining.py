"""Decisions about held orders: release them in spite of a rule, or never send them.

Commands and pages decide here alike; the ledger keeps who, when and why.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from capi_jobs.ledger import Ledger
from capi_jobs.ledger.columns import kept_id
from capi_jobs.ledger.paging import PAGE_ROWS_MAX
from capi_jobs.ledger.values import BLOCK, RELEASE, HoldRow
from capi_jobs.report.remedies import releasable

# One transaction of half a second; more than a person can have looked at.
ORDERS_MAX = 10_000


class Word(StrEnum):
    """What a person says about held orders."""

    RELEASE = RELEASE
    BLOCK = BLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which held orders are meant: all that fit."""

    destination: str | None = None
    rule: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    min_value: Decimal | None = None
    max_value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """An order about which the word does nothing, and why."""

    destination: str
    order_id: str
    why: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What a word would do, before it is said."""

    word: Word
    doable: tuple[HoldRow, ...]
    refused: tuple[Refused, ...] = ()

    @property
    def digest(self) -> str:
        """Tell these orders from any others: a yes covers what was shown, no more."""
        keys = sorted((row.destination, row.order_id) for row in self.doable)
        return hashlib.sha256(json.dumps([self.word, *keys]).encode()).hexdigest()


def matching(ledger: Ledger, wanted: Wanted) -> tuple[list[HoldRow], bool]:
    """List the held orders that are meant, ORDERS_MAX at most; and whether more are."""
    found, after = list[HoldRow](), None
    while len(found) < ORDERS_MAX:
        page = ledger.holds_page(
            wanted.destination,
            rule=wanted.rule,
            first_day=wanted.first_day,
            last_day=wanted.last_day,
            min_value=wanted.min_value,
            max_value=wanted.max_value,
            after=after,
            limit=PAGE_ROWS_MAX,
        )
        found += page.rows
        after = page.after
        if after is None:
            break
    return found[:ORDERS_MAX], after is not None or len(found) > ORDERS_MAX


def named(
    ledger: Ledger, orders: Iterable[tuple[str, str]]
) -> tuple[list[HoldRow], list[Refused]]:
    """Look up these orders, by destination and id; some may no longer be held."""
    asked: dict[str, dict[str, str]] = defaultdict(dict)
    for destination, order_id in orders:
        asked[destination][kept_id(order_id)] = order_id
    rows, gone = list[HoldRow](), list[Refused]()
    for destination, ids in asked.items():
        held = {
            row.order_id: row
            for row in ledger.open_holds(destination, order_ids=[*ids])
        }
        rows += held.values()
        gone += [
            Refused(destination, each, "it is not held, or no longer")
            for kept, each in ids.items()
            if kept not in held
        ]
    return rows, gone


def judged(
    word: Word,
    rows: Sequence[HoldRow],
    suites: Container[str],
    gone: Sequence[Refused] = (),
) -> Judged:
    """Sort out what the word cannot move: a release, what no person can let go."""
    stands = {
        (row.destination, row.order_id): _standing(row, suites)
        for row in rows
        if word is Word.RELEASE
    }
    stuck = {key: rule for key, rule in stands.items() if rule}
    return Judged(
        word,
        tuple(row for row in rows if (row.destination, row.order_id) not in stuck),
        (
            *(
                Refused(*key, f"{rule}: no word of a person lets it go")
                for key, rule in stuck.items()
            ),
            *gone,
        ),
    )


def _standing(row: HoldRow, suites: Container[str]) -> str:
    """Name the first rule that no person can let go; none."""
    rules = row.rules or (row.rule,)
    return next((rule for rule in rules if not releasable(rule, suites)), "")


def decide(
    ledger: Ledger,
    word: Word,
    orders: Mapping[str, Sequence[str]],
    *,
    actor: str,
    reason: str,
    now: datetime,
) -> dict[str, int]:
    """Say the word about orders by destination; tell how many each had."""
    move = ledger.release_hold if word is Word.RELEASE else ledger.block_order
    return {
        destination: move(destination, ids, actor=actor, reason=reason, now=now)
        for destination, ids in orders.items()
        if ids
    }


def by_destination(rows: Iterable[HoldRow]) -> dict[str, list[str]]:
    """Return order ids as `decide` takes them."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row.destination].append(row.order_id)
    return dict(found)


def meant(
    ledger: Ledger, word: Word, destination: str, rule: str | None, ids: Sequence[str]
) -> list[str]:
    """Name the orders of a command: these, all that a rule holds, or both."""
    held = ledger.open_holds(destination, rule=rule, order_ids=ids or None)
    if not ids or rule is not None:
        return [row.order_id for row in held]
    if word is Word.BLOCK:  # need not wait until a rule holds it
        return [*ids]
    return [*(row.order_id for row in held), *_blocked(ledger, destination, ids)]


def _blocked(ledger: Ledger, destination: str, ids: Sequence[str]) -> Iterator[str]:
    """Name which of these a person blocked: the word is taken back by another."""
    words = ledger.overrides(destination, ids)
    return (one for one, word in words.items() if word.decision == BLOCK)
