"""Why orders do not go on, counted by reason: rules that hold them, platforms' words.

For reports: a few lines and some orders for each, whatever the number. Lists of the
orders themselves are in pages.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from heapq import nlargest

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    func,
    literal,
    literal_column,
    select,
)

from capi_jobs.ledger.columns import AnyRow, AnySelect, among, exact_sum
from capi_jobs.ledger.door import Door, reading
from capi_jobs.ledger.schema import batch_counts, batches, entries, holds
from capi_jobs.lifecycle import Status

# Each reason has a row for each currency, and few orders have another than the most.
_ROWS_PER_REASON = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Orders that stand still for one reason."""

    reason: str  # a rule, or the platform's words
    says: str  # what the rule said of one of them; "" for words
    is_fresh: bool  # sent after the moment that was asked about, or under way again
    orders: int
    parts: Mapping[str, tuple[int, Decimal]]  # orders and value by currency
    samples: tuple[str, ...]  # order ids
    oldest: datetime | None  # first held, or first sent


@dataclass(frozen=True, slots=True)
class Reasons:
    """The largest first; `left` orders have other reasons."""

    shown: tuple[Reason, ...]
    left: int


class Standstill(Door):
    """Reads only, in bounded time."""

    @reading
    def held_by_rule(
        self, connection: Connection, destination: str, *, most: int, samples: int
    ) -> Reasons:
        """Count the quarantine by rule."""
        query = (
            select(
                holds.c.rule.label("reason"),
                literal(0).label("is_fresh"),
                holds.c.currency,
                func.min(holds.c.message).label("says"),
                func.count().label("orders"),
                exact_sum(holds.c.value).label("value"),
                func.min(holds.c.first_seen_at).label("oldest"),
                func.sum(func.count()).over().label("everything"),
            )
            .where(_held(destination))
            .group_by(holds.c.rule, holds.c.currency)
        )

        def some(reason: AnyRow) -> AnySelect:
            mine = select(holds.c.order_id).where(
                _held(destination), holds.c.rule == reason.reason
            )
            return mine.order_by(holds.c.order_id).limit(samples)

        return _together(connection, query, some, most)

    @reading
    def stuck_by_reason(
        self,
        connection: Connection,
        destination: str,
        statuses: Sequence[Status],
        *,
        fresh_after: datetime | None = None,
        most: int,
        samples: int,
    ) -> Reasons:
        """Count what is in these statuses by what was last said of it.

        Apart from the others: what was first sent after a moment, or is under way.
        """
        there = (
            batches.c.destination == destination,
            batches.c.status.in_(statuses),
        )
        fresh = _fresh(fresh_after)
        query = (
            select(
                batches.c.reason,
                fresh.label("is_fresh"),
                batch_counts.c.currency,
                literal("").label("says"),
                func.sum(batch_counts.c.orders).label("orders"),
                exact_sum(batch_counts.c.value).label("value"),
                func.min(batches.c.first_sent_at).label("oldest"),
                func.sum(func.sum(batch_counts.c.orders)).over().label("everything"),
            )
            .join(batches)
            .where(*there)
            .group_by(batches.c.reason, literal_column("2"), batch_counts.c.currency)
        )

        def some(reason: AnyRow) -> AnySelect:
            mine = (
                select(batches.c.batch_id)
                .where(*there, batches.c.events > 0)
                .where(batches.c.reason == reason.reason, fresh == reason.is_fresh)
                .order_by(batches.c.first_sent_at, batches.c.batch_id)
                .limit(samples)
            )
            ids = connection.scalars(mine).all()
            found = select(entries.c.order_id).where(
                among(connection, entries.c.batch_id, ids)
            )
            return found.order_by(entries.c.order_id).limit(samples)

        return _together(connection, query, some, most)


def _held(destination: str) -> ColumnElement[bool]:
    return and_(holds.c.destination == destination, holds.c.ended_at.is_(None))


def _fresh(after: datetime | None) -> ColumnElement[int]:
    under_way = batches.c.status == Status.RESENDING
    if after is None:
        return case((under_way, 1), else_=0)
    return case((under_way | (batches.c.first_sent_at > after), 1), else_=0)


def _together(
    connection: Connection,
    query: AnySelect,
    some: Callable[[AnyRow], AnySelect],
    most: int,
) -> Reasons:
    counted = query.order_by(literal_column("orders").desc(), literal_column("1"))
    rows = connection.execute(counted.limit(most * _ROWS_PER_REASON)).all()
    by_reason: dict[tuple[str, int], list[AnyRow]] = {}
    for row in rows:
        by_reason.setdefault((row.reason, row.is_fresh), []).append(row)
    largest = nlargest(most, by_reason.values(), key=_orders)
    shown = [_reason(mine, connection.scalars(some(mine[0])).all()) for mine in largest]
    everything = int(rows[0].everything) if rows else 0
    left = everything - sum(one.orders for one in shown)
    # What has no order any more went on between the two reads.
    return Reasons(tuple(one for one in shown if one.samples), left)


def _orders(rows: Sequence[AnyRow]) -> int:
    return sum(int(row.orders) for row in rows)


def _reason(rows: Sequence[AnyRow], samples: Sequence[str]) -> Reason:
    first = rows[0]
    began = [row.oldest for row in rows if row.oldest is not None]
    return Reason(
        reason=first.reason,
        says=first.says,
        is_fresh=bool(first.is_fresh),
        orders=_orders(rows),
        parts={
            row.currency: (int(row.orders), row.value or Decimal(0)) for row in rows
        },
        samples=tuple(samples),
        oldest=min(began, default=None),
    )
