"""What audits found: counts for the trend, causes, and the orders worth a look.

What can be found stands in `capi_jobs/audit/causes.py`. Reading an audit anew costs
the warehouse minutes; these few rows are what pages show of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from sqlalchemy import (
    ColumnElement,
    Connection,
    Subquery,
    Table,
    and_,
    delete,
    insert,
    select,
)

from capi_jobs.ledger.columns import kept_id
from capi_jobs.ledger.door import Door, moving, reading
from capi_jobs.ledger.findings import audit_causes, audit_orders, audits
from capi_jobs.model import DataInterval

# Two weeks of nights have their orders, 37 causes of a thousand at the most; counts
# stay as long as retention says.
AUDITS_WITH_ORDERS = 14
# A factor, an offset, a code: what is longer came from a log.
_TEXT_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAudit:
    """How many orders of an interval had a finding of each kind."""

    interval: DataInterval
    orders: int
    found: Mapping[str, int]  # by kind
    taken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCause:
    """All findings of one cause, counted."""

    kind: str
    cause: str
    orders: int
    values: Mapping[str, Decimal]  # by currency
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFinding:
    """One order of a cause."""

    order_id: str  # "" where rows or events have none
    day: date | None
    currency: str
    value: Decimal
    detail: str


class Audits(Door):
    """The last word on an interval is kept."""

    @moving
    def keep_audit(
        self,
        connection: Connection,
        destination: str,
        audit: KeptAudit,
        causes: Iterable[tuple[KeptCause, Sequence[KeptFinding]]] = (),
    ) -> None:
        """Write an audit down, over one of the same interval; causes in their order."""
        span = {"starts_at": audit.interval.start, "ends_at": audit.interval.end}
        key = {"destination": destination, **span}
        _remove(connection, destination, audit.interval)
        rows = [
            {
                **key,
                "kind": kind,
                "found": found,
                "orders": audit.orders,
                "taken_at": audit.taken_at,
            }
            for kind, found in sorted(audit.found.items())
        ]
        if rows:
            connection.execute(insert(audits), rows)
        for cause, listed in causes:
            _keep_cause(connection, {**key, "taken_at": audit.taken_at}, cause, listed)
        _thin_out(connection, destination)

    @reading
    def audits(
        self, connection: Connection, destination: str, before: datetime, limit: int
    ) -> list[KeptAudit]:
        """List audits of intervals that ended before, the newest last."""
        spans = (
            _SPANS.where(audits.c.destination == destination, audits.c.ends_at < before)
            .order_by(audits.c.ends_at.desc(), audits.c.starts_at)
            .limit(limit)
            .subquery()
        )
        last = (audits.c.ends_at, audits.c.starts_at.desc())
        return _audits(connection, destination, spans, *last)

    @reading
    def latest_audits(
        self, connection: Connection, destination: str, limit: int
    ) -> list[KeptAudit]:
        """List the audits that were taken last, the newest first."""
        spans = (
            _SPANS.where(audits.c.destination == destination)
            .order_by(*_LATEST)
            .limit(limit)
            .subquery()
        )
        return _audits(connection, destination, spans, *_LATEST)

    @reading
    def audit_causes(
        self, connection: Connection, destination: str, interval: DataInterval
    ) -> list[KeptCause]:
        """List what the audit of an interval found, in order of precedence."""
        query = select(audit_causes).where(*_of(audit_causes, destination, interval))
        return [
            KeptCause(
                kind=row.kind,
                cause=row.cause,
                orders=row.orders,
                values={code: Decimal(text) for code, text in row.amounts.items()},
                detail=row.detail,
            )
            for row in connection.execute(query.order_by(audit_causes.c.id))
        ]

    @reading
    def audit_orders(
        self,
        connection: Connection,
        destination: str,
        interval: DataInterval,
        cause: tuple[str, str],  # kind and name
        *,
        limit: int,
        after: int = -1,
    ) -> list[tuple[int, KeptFinding]]:
        """List a cause's orders with their place, from 0; `after` a place pages on."""
        kind, name = cause
        query = (
            select(audit_orders)
            .join(audit_causes)
            .where(
                *_of(audit_causes, destination, interval),
                audit_causes.c.kind == kind,
                audit_causes.c.cause == name,
                audit_orders.c.place > after,
            )
            .order_by(audit_orders.c.place)
            .limit(limit)
        )
        return [
            (
                row.place,
                KeptFinding(
                    order_id=row.order_id,
                    day=row.day,
                    currency=row.currency,
                    value=row.value,
                    detail=row.detail,
                ),
            )
            for row in connection.execute(query)
        ]


_SPAN = (audits.c.taken_at, audits.c.starts_at, audits.c.ends_at)
_SPANS = select(*_SPAN).distinct()
_LATEST = (audits.c.taken_at.desc(), audits.c.ends_at.desc(), audits.c.starts_at)


def _audits(
    connection: Connection,
    destination: str,
    spans: Subquery,
    *order: ColumnElement[datetime],
) -> list[KeptAudit]:
    same = and_(*(audits.c[each.name] == spans.c[each.name] for each in _SPAN))
    query = (
        select(audits)
        .join(spans, same)
        .where(audits.c.destination == destination)
        .order_by(*order, audits.c.kind)
    )
    by_span = groupby(
        connection.execute(query), lambda row: (row.starts_at, row.ends_at)
    )
    found = []
    for span, group in by_span:
        rows = list(group)
        found.append(
            KeptAudit(
                interval=DataInterval(*span),
                orders=rows[0].orders,
                found={row.kind: row.found for row in rows},
                taken_at=rows[0].taken_at,
            )
        )
    return found


def _of(
    table: Table, destination: str, interval: DataInterval
) -> list[ColumnElement[bool]]:
    return [
        table.c.destination == destination,
        table.c.starts_at == interval.start,
        table.c.ends_at == interval.end,
    ]


def remove_audits(connection: Connection, before: datetime) -> None:
    """Remove what was taken before; part of retention's transaction."""
    _remove_orders(connection, audit_causes.c.taken_at < before)
    for table in (audit_causes, audits):
        connection.execute(delete(table).where(table.c.taken_at < before))


def _remove(connection: Connection, destination: str, interval: DataInterval) -> None:
    _remove_orders(connection, *_of(audit_causes, destination, interval))
    for table in (audit_causes, audits):
        connection.execute(delete(table).where(*_of(table, destination, interval)))


def _remove_orders(connection: Connection, *tests: ColumnElement[bool]) -> None:
    causes = select(audit_causes.c.id).where(*tests)
    connection.execute(delete(audit_orders).where(audit_orders.c.cause_id.in_(causes)))


def _keep_cause(
    connection: Connection,
    key: Mapping[str, object],
    cause: KeptCause,
    listed: Sequence[KeptFinding],
) -> None:
    row = {
        **key,
        "kind": cause.kind,
        "cause": cause.cause,
        "orders": cause.orders,
        "amounts": {_kept(code): f"{value:f}" for code, value in cause.values.items()},
        "detail": _kept(cause.detail),
    }
    written = connection.execute(
        insert(audit_causes).values(row).returning(audit_causes.c.id)
    )
    cause_id = written.scalar_one()
    rows = [
        {
            "cause_id": cause_id,
            "place": place,
            "order_id": one.order_id,
            "day": one.day,
            "currency": _kept(one.currency),
            "value": one.value,
            "detail": _kept(one.detail),
        }
        for place, one in enumerate(listed)
    ]
    if rows:
        connection.execute(insert(audit_orders), rows)


def _kept(text: str) -> str:
    """Keep what a log wrote as every engine can, and not too much of it."""
    return kept_id(text)[:_TEXT_MAX]


def _thin_out(connection: Connection, destination: str) -> None:
    """Remove the orders of all but the last audits; how many they were stays."""
    taken = (
        select(audits.c.taken_at)
        .where(audits.c.destination == destination)
        .distinct()
        .order_by(audits.c.taken_at.desc())
    )
    oldest = connection.scalar(taken.offset(AUDITS_WITH_ORDERS - 1).limit(1))
    if oldest is None:
        return
    mine, older = audit_causes.c.destination == destination, audit_causes.c.taken_at
    _remove_orders(connection, mine, older < oldest)
