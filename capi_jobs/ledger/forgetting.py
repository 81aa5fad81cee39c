"""Forgetting orders on request, without making any of them sendable twice.

A forgotten order leaves digests of its ids, by which it is still known (forgotten.py).
The price: who knows an order id can still ask whether that order was sent, and when;
and by its order number nobody can resolve or requeue it any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Text, and_, cast, or_, select, update

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger.columns import among, kept_id
from capi_jobs.ledger.door import LOCK_KEYS, Door, advisory_lock, moving
from capi_jobs.ledger.findings import audit_causes, audit_orders, validations
from capi_jobs.ledger.forgotten import digest_of
from capi_jobs.ledger.listing import destinations_of
from capi_jobs.ledger.people import refuse_without_reason
from capi_jobs.ledger.schema import batches, entries, history, holds, overrides
from capi_jobs.ledger.values import HoldEnd
from capi_jobs.lifecycle import Status

# Their ids are still needed: to read an answer, to send again, or to decide.
_NEEDED = (Status.IN_FLIGHT, Status.IN_DOUBT, Status.RESENDING)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows knew these orders."""

    entries: int
    holds: int
    overrides: int
    history: int
    samples: int
    findings: int = 0  # of audits


class Forgetting(Door):
    """One transaction for all orders of a request."""

    @moving
    def forget(
        self,
        connection: Connection,
        order_ids: Sequence[str],
        *,
        actor: str,
        reason: str,
        now: datetime,
    ) -> Forgotten:
        """Remove what is kept about these orders, at every destination.

        What is in flight or in doubt is refused: its ids are still needed. So is
        anything else of the same request then.
        """
        refuse_without_reason(actor, reason)
        # No claim may look for digests while they are being written.
        advisory_lock(connection, LOCK_KEYS)
        ids = list(dict.fromkeys(kept_id(each) for each in order_ids))
        _refuse_needed(connection, ids)
        counts = [0, 0, 0, 0, 0, 0]
        for order_id in ids:
            for place, gone in enumerate(_forget(connection, order_id, now)):
                counts[place] += gone
        return Forgotten(*counts)


def _refuse_needed(connection: Connection, ids: Sequence[str]) -> None:
    query = (
        select(entries.c.order_id)
        .join(batches)
        .where(entries.c.destination.in_(destinations_of(connection)))
        .where(among(connection, entries.c.order_id, ids))
        .where(batches.c.status.in_(_NEEDED))
    )
    needed = sorted(set(connection.scalars(query)))
    if needed:
        raise DecisionRefused(
            "these are still being sent, or in doubt",
            ids=needed,
            do="wait for the answer, or resolve or requeue them first",
        )


def _forget(
    connection: Connection, order_id: str, now: datetime
) -> tuple[int, int, int, int, int, int]:
    """Put digests in the place of one order's ids, wherever they stand."""
    digest = digest_of(order_id)
    return (
        _forget_entries(connection, order_id, now),
        _forget_holds(connection, order_id, now),
        connection.execute(
            update(overrides)
            .where(overrides.c.order_id == order_id)
            .values(order_id=digest)
        ).rowcount,
        connection.execute(
            update(history)
            .where(history.c.order_id == order_id)
            .values(order_id=digest, event_id=None)
        ).rowcount,
        _forget_samples(connection, order_id),
        _forget_findings(connection, order_id),
    )


def _forget_entries(connection: Connection, order_id: str, now: datetime) -> int:
    mine = entries.c.order_id == order_id
    everywhere = entries.c.destination.in_(destinations_of(connection))
    found = connection.execute(select(entries).where(everywhere, mine)).all()
    for row in found:
        connection.execute(
            update(entries)
            .where(_key(row.destination, row.event_name, row.event_id))
            .values(
                order_id=digest_of(row.order_id),
                event_id=digest_of(row.event_id),
                forgotten_at=now,
            )
        )
    return len(found)


def _key(destination: str, name: str, event_id: str) -> ColumnElement[bool]:
    return and_(
        entries.c.destination == destination,
        entries.c.event_name == name,
        entries.c.event_id == event_id,
    )


def _forget_holds(connection: Connection, order_id: str, now: datetime) -> int:
    mine = holds.c.order_id == order_id
    still_open = update(holds).where(mine, holds.c.ended_at.is_(None))
    connection.execute(still_open.values(ended_at=now, ended_how=HoldEnd.FORGOTTEN))
    told = update(holds).where(mine)
    return connection.execute(told.values(order_id=digest_of(order_id))).rowcount


def _forget_samples(connection: Connection, order_id: str) -> int:
    """Take an order out of the samples of failed expectations."""
    written = cast(validations.c.samples, Text)
    # JSON may write the id in other characters: any escape is looked at closely.
    likely = or_(
        written.contains(order_id, autoescape=True),
        written.contains("\\", autoescape=True),
    )
    rows = connection.execute(
        select(validations.c.id, validations.c.samples).where(likely)
    ).all()
    mine = [row for row in rows if order_id in row.samples]
    for row in mine:
        kept = [each for each in row.samples if each != order_id]
        connection.execute(
            update(validations).where(validations.c.id == row.id).values(samples=kept)
        )
    return len(mine)


def _forget_findings(connection: Connection, order_id: str) -> int:
    """Take an order out of what audits found; a detail may name its event, too."""
    mine = audit_orders.c.order_id == order_id
    rows = connection.execute(select(audit_orders).where(mine)).all()
    for row in rows:
        connection.execute(
            update(audit_causes)
            .where(
                audit_causes.c.id == row.cause_id, audit_causes.c.detail == row.detail
            )
            .values(detail="")
        )
    gone = {"order_id": digest_of(order_id), "detail": ""}
    connection.execute(update(audit_orders).where(mine).values(**gone))
    return len(rows)
