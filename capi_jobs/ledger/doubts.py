"""Sending again what is in doubt: only inside the platform's deduplication window.

What is too old for that waits for a person, see people.py.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from capi_jobs.errors import IllegalMove
from capi_jobs.ledger.columns import AnyRow, given
from capi_jobs.ledger.door import Door, moving, reading
from capi_jobs.ledger.journal import (
    Move,
    batch_from,
    entries_of,
    insert_batch,
    locked_batch,
    move_batch,
    move_entries,
    new_id,
    shrink,
    write_history,
)
from capi_jobs.ledger.schema import batches
from capi_jobs.ledger.values import Doubt, EventKey, key_of
from capi_jobs.lifecycle import Event, Status, advance
from capi_jobs.model import Entry, Receipt

SPLIT = "split"
# A refused atomic batch is halved until its bad event stands alone: ten halvings for
# 1,000 events, and as many again for throttling and lost answers.
ATTEMPTS_MAX = 20


class Doubts(Door):
    """Each is one transaction, committed when it returns."""

    @moving
    def claim_in_doubt(  # noqa: PLR0913 - who, when and until when
        self,
        connection: Connection,
        destination: str,
        *,
        now: datetime,
        lease: timedelta,
        dedup_window: timedelta,
        actor: str,
        attempts_max: int = ATTEMPTS_MAX,
        sent_before: datetime | None = None,
    ) -> Doubt | None:
        """Take the oldest batch in doubt that may still be sent again, if any.

        `sent_before` leaves out what was sent since: so one pass tries each once.

        Its whole lease must lie inside the window, counted from the first send: the
        call may happen at any moment of the lease. No two workers get the same one.
        """
        row = connection.execute(
            select(batches)
            .where(
                batches.c.destination == destination,
                batches.c.status == Status.IN_DOUBT,
                # Late answers may have taken the last event out of it.
                batches.c.events > 0,
                batches.c.first_sent_at > now + lease - dedup_window,
                # Else the clock went back, and nobody knows how long ago it was.
                batches.c.first_sent_at <= now,
                batches.c.attempts < attempts_max,
                *given((sent_before, batches.c.last_sent_at.__lt__)),
            )
            .order_by(batches.c.first_sent_at, batches.c.batch_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if row is None:
            return None
        found = entries_of(connection, row.batch_id)
        move = Move(Event.CLAIMED, Status.RESENDING, now, actor, Receipt())
        move_batch(
            connection,
            row.batch_id,
            Status.IN_DOUBT,
            advance(Status.IN_DOUBT, Event.CLAIMED),
            last_sent_at=now,
            lease_until=now + lease,
            attempts=row.attempts + 1,
        )
        write_history(connection, row, move, events=len(found))
        return Doubt(batch_from(locked_batch(connection, row.batch_id)), tuple(found))

    @reading
    def awaited_until(
        self, connection: Connection, destination: str, begun_until: datetime
    ) -> datetime | None:
        """Return when the last lease of a call that may still be answered is over.

        Of calls begun until then: what others begin later is theirs to wait for.
        """
        last: datetime | None = connection.scalar(
            select(func.max(batches.c.lease_until)).where(
                batches.c.destination == destination,
                batches.c.status.in_([Status.IN_FLIGHT, Status.RESENDING]),
                batches.c.last_sent_at <= begun_until,
            )
        )
        return last

    @moving
    def split_in_doubt(
        self,
        connection: Connection,
        batch_id: str,
        groups: Sequence[Sequence[EventKey]],
        *,
        now: datetime,
        actor: str,
        reason: str = "",
    ) -> tuple[str, ...]:
        """Put each group into a batch of its own, in doubt since the same moment.

        Events that no group names stay. Returns the new batches, in order.
        """
        batch = locked_batch(connection, batch_id)
        if batch.status != Status.IN_DOUBT:
            raise IllegalMove(
                f"a batch that is {batch.status} cannot be split",
                ids=[batch_id],
                do="settle it first",
            )
        held = {key_of(entry): entry for entry in entries_of(connection, batch_id)}
        move = Move(SPLIT, Status.IN_DOUBT, now, actor, Receipt(reason))
        return tuple(
            _part(connection, batch, [held[key] for key in group], move)
            for group in groups
            if group
        )


def _part(
    connection: Connection,
    batch: AnyRow,
    leaving: Sequence[Entry],
    move: Move,
) -> str:
    """Move entries to a sibling that is in doubt, first sent when the batch was."""
    sibling = insert_batch(
        connection,
        dict(batch._mapping),  # noqa: SLF001 - SQLAlchemy's public name
        batch_id=new_id(move.at),
        events=len(leaving),
        parent_id=batch.batch_id,
        created_at=move.at,
    )
    keys = [key_of(entry) for entry in leaving]
    move_entries(connection, batch.batch_id, keys, sibling)
    shrink(connection, batch.batch_id, len(leaving))
    parted = Move(SPLIT, Status.IN_DOUBT, move.at, move.actor, move.receipt)
    write_history(connection, batch, parted, batch_id=sibling, events=len(leaving))
    return sibling
