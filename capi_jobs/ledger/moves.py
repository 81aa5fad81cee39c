"""What delivery does after a call: settle, settle each, release; and the sweep.

Claiming is in claims.py, sending again in doubts.py, what people decide in people.py.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from capi_jobs.errors import IllegalMove
from capi_jobs.ledger.door import Door, moving
from capi_jobs.ledger.journal import Move, fields_of, history_row, locked_batch
from capi_jobs.ledger.schema import batches, entries, history
from capi_jobs.ledger.settling import Settling, grouped, is_late, refuse_non_answers
from capi_jobs.ledger.values import EventKey, Settlement, Swept
from capi_jobs.lifecycle import Event, Status, advance
from capi_jobs.model import Receipt

LEASE_OVER = "the lease was over and no answer had come"


class Moves(Door):
    """Each is one transaction, committed when it returns."""

    @moving
    def settle(  # noqa: PLR0913 - who and when belong to every move
        self,
        connection: Connection,
        batch_id: str,
        event: Event,
        receipt: Receipt,
        *,
        now: datetime,
        actor: str,
        attempt: int | None = None,
    ) -> None:
        """Write the answer to a whole batch.

        An answer that comes after the batch was swept into doubt still counts when it
        says "accepted"; any other is noted and moves nothing. `attempt` tells which
        call was answered, where the batch may have been sent again since.
        """
        refuse_non_answers([event])
        batch = locked_batch(connection, batch_id)
        settling = Settling(connection, batch, now, actor)
        if is_late(connection, batch, attempt):
            settling.late(event, receipt)
        else:
            settling.whole(event, receipt, batch.events)

    @moving
    def settle_each(
        self,
        connection: Connection,
        batch_id: str,
        outcomes: Mapping[EventKey, Settlement],
        *,
        now: datetime,
        actor: str,
        attempt: int | None = None,
    ) -> None:
        """Write one answer per event: those that differ from most leave the batch."""
        refuse_non_answers(told for told, _ in outcomes.values())
        batch = locked_batch(connection, batch_id)
        settling = Settling(connection, batch, now, actor)
        if is_late(connection, batch, attempt):
            settling.late_each(outcomes)
            return
        _refuse_partial(connection, batch_id, outcomes)
        most, *rest = grouped(outcomes)
        for (told, receipt), keys in rest:
            settling.apart(told, receipt, keys)
        (told, receipt), keys = most
        settling.whole(told, receipt, len(keys))

    @moving
    def sweep(self, connection: Connection, now: datetime, *, actor: str) -> Swept:
        """Put into doubt what was sent and never answered: its lease is over."""
        counts: Counter[str] = Counter()
        swept: list[str] = []
        for status in (Status.IN_FLIGHT, Status.RESENDING):
            to = advance(status, Event.LOST)
            rows = connection.execute(
                update(batches)
                .where(batches.c.status == status, batches.c.lease_until <= now)
                .values(status=to, lease_until=None, reason=LEASE_OVER)
                .returning(batches)
            ).all()
            move = Move(Event.LOST, to, now, actor, Receipt(LEASE_OVER))
            lines = [
                history_row(fields_of(row), move, from_status=status) for row in rows
            ]
            if lines:
                connection.execute(insert(history), lines)
            for row in rows:
                counts[row.destination] += row.events
                swept.append(row.batch_id)
        return Swept(dict(counts), tuple(swept))


def _refuse_partial(
    connection: Connection, batch_id: str, outcomes: Mapping[EventKey, Settlement]
) -> None:
    """One outcome per event: an event without one would keep a wrong status."""
    query = select(func.count()).where(entries.c.batch_id == batch_id)
    held = connection.execute(query).scalar_one()
    if held != len(outcomes):
        raise IllegalMove(
            f"{len(outcomes)} outcomes came for {held} events",
            ids=[batch_id],
            do="report this as a bug",
        )
