"""What people have decided, newest first: about runs, held orders and sent ones.

Decisions are made in assessments.py, holds.py and people.py; what waits for one is
in waiting.py.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    Text,
    cast,
    func,
    literal,
    select,
    union_all,
)

from capi_jobs.ledger.columns import AnyRow, AnySelect
from capi_jobs.ledger.door import Door, reading
from capi_jobs.ledger.findings import run_destinations
from capi_jobs.ledger.paging import PAGE_ROWS, Order, Page
from capi_jobs.ledger.schema import history, overrides
from capi_jobs.lifecycle import Event


class Word(StrEnum):
    """What was decided."""

    APPROVED = "approved"  # a run's destination: send it
    HELD = "held"  # a run's destination: do not
    RELEASE = "release"  # held orders: send them in spite of a rule
    BLOCK = "block"  # orders: never send them
    RESOLVED = "resolved"  # orders in doubt: the platform has them
    REQUEUED = "requeued"  # orders: send them again


@dataclass(frozen=True, slots=True)
class PersonsWord:
    """One decision of a person: what, when, by whom and why."""

    at: datetime
    actor: str
    word: Word
    destination: str
    reason: str
    orders: int  # that it is about
    order_id: str  # one of them; "" where it is about a run
    run_id: str  # "" where it is about orders


class Decisions(Door):
    """Reads only."""

    @reading
    def decisions(
        self,
        connection: Connection,
        *,
        after: str | None = None,
        limit: int = PAGE_ROWS,
    ) -> Page[PersonsWord]:
        """List decisions, the newest first; orders named together are one."""
        told = union_all(_of_runs(), _of_holds(), _of_entries()).subquery()
        columns = tuple(told.c[name] for name in _SORTED)
        query = select(told)
        return Order(columns, newest_first=True).page(
            connection, query, _word, after, limit
        )


# Together these tell any two decisions apart.
_SORTED = ("at", "word", "destination", "actor", "run_id", "order_id")


def _of_runs() -> AnySelect:
    part = run_destinations.c
    return select(
        part.decided_at.label("at"),
        part.decision.label("word"),
        part.destination,
        part.decided_by.label("actor"),
        part.run_id,
        literal("").label("order_id"),
        part.decided_reason.label("reason"),
        func.coalesce(part.missing_count, 0).label("orders"),
    ).where(part.decided_at.is_not(None))


def _of_holds() -> AnySelect:
    return _together(overrides, overrides.c.decision)


def _of_entries() -> AnySelect:
    # Only a person's moves name the order; they have an index of their own.
    told = history.c.event.in_([Event.RESOLVED, Event.REQUEUED])
    return _together(history, history.c.event).where(
        history.c.order_id.is_not(None), told
    )


def _together(table: Table, word: ColumnElement[str]) -> AnySelect:
    group = (table.c.at, word, table.c.destination, table.c.actor, table.c.reason)
    orders = cast(table.c.order_id, Text)
    return select(
        table.c.at,
        word.label("word"),
        table.c.destination,
        table.c.actor,
        literal("").label("run_id"),
        func.min(orders).label("order_id"),
        table.c.reason,
        func.count(orders.distinct()).label("orders"),
    ).group_by(*group)


def _word(row: AnyRow) -> PersonsWord:
    return PersonsWord(
        row.at,
        row.actor,
        Word(row.word),
        row.destination,
        row.reason,
        int(row.orders),
        row.order_id,
        row.run_id,
    )
