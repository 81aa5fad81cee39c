"""What people decide: resolve, requeue, and import what was sent before capi-jobs.

Which entries are meant is in chosen.py, overrides of rules are in holds.py, decisions
about runs in assessments.py.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, insert, select

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger.chosen import (
    Chosen,
    find,
    refuse_delivered,
    refuse_moved,
    refuse_status,
    refuse_unknown,
)
from capi_jobs.ledger.claims import not_forgotten, put_entries
from capi_jobs.ledger.columns import AnyRow, among
from capi_jobs.ledger.door import Door, moving, reading
from capi_jobs.ledger.journal import (
    Move,
    fields_of,
    history_row,
    insert_batch,
    locked_batch,
    move_batch,
    move_entries,
    new_id,
    remove_entries,
    shrink,
)
from capi_jobs.ledger.schema import history
from capi_jobs.ledger.values import Decided, EventKey, Imported
from capi_jobs.lifecycle import Event, Status, advance
from capi_jobs.model import Entry, Receipt

__all__ = ["IMPORT_ROWS", "Chosen", "People", "refuse_without_reason"]

# One transaction per chunk: 0.02 s, so that a running upload hardly waits for it.
IMPORT_ROWS = 1_000
IMPORT_RUN = "import"


class People(Door):
    """All or nothing: an id that does not fit refuses the whole decision."""

    def resolve(
        self, chosen: Chosen, *, actor: str, reason: str, now: datetime
    ) -> Decided:
        """The platform has them: in doubt becomes delivered."""
        move = Move(Event.RESOLVED, Status.DELIVERED, now, actor, Receipt(reason))
        return self._decide(chosen, move)

    def requeue(
        self,
        chosen: Chosen,
        *,
        actor: str,
        reason: str,
        now: datetime,
        may_count_twice: bool = False,
        run_id: str = "",
    ) -> Decided:
        """Send them again although they may count twice: they are missing again.

        What is delivered leaves the ledger only where `may_count_twice` says so; what
        others sent, and was imported, never does. `run_id` is the run that asks, if
        any: it can tell afterwards that it asked already.
        """
        move = Move(Event.REQUEUED, Status.RELEASED, now, actor, Receipt(reason))
        return self._decide(chosen, move, may_count_twice, run_id)

    @reading
    def requeued_by(
        self,
        connection: Connection,
        run_id: str,
        destination: str,
        order_ids: Sequence[str],
    ) -> frozenset[str]:
        """Say which of these orders a run has made missing again, by its own moves."""
        query = select(history.c.order_id).where(
            history.c.run_id == run_id,
            history.c.destination == destination,
            history.c.event == Event.REQUEUED,
            among(connection, history.c.order_id, order_ids),
        )
        return frozenset(connection.scalars(query))

    @moving
    def _decide(
        self,
        connection: Connection,
        chosen: Chosen,
        move: Move,
        may_count_twice: bool = False,  # noqa: FBT001, FBT002 - handed through
        run_id: str = "",
    ) -> Decided:
        refuse_without_reason(move.actor, move.receipt.reason)
        # Batches are locked first, as settling does, and then looked into again.
        ids = sorted({row.batch_id for row in find(connection, chosen)})
        locked = [locked_batch(connection, batch_id) for batch_id in ids]
        named = find(connection, chosen)
        refuse_moved(named, ids)
        refuse_unknown(chosen, named)
        touched = []
        for batch_id, batch in zip(ids, locked, strict=True):
            mine = [row for row in named if row.batch_id == batch_id]
            refuse_status(batch, mine, Event(move.event))
            refuse_delivered(batch, mine, move, may_count_twice=may_count_twice)
            touched.append(_move(connection, batch, mine, move, run_id))
        return Decided(len(named), tuple(touched))

    def import_entries(
        self, sent: Iterable[Entry], *, actor: str, reason: str, now: datetime
    ) -> Imported:
        """Remember what was sent before capi-jobs existed; again changes nothing."""
        refuse_without_reason(actor, reason)
        move = Move(Event.IMPORTED, Status.DELIVERED, now, actor, Receipt(reason))
        new = known = 0
        source = iter(sent)
        while chunk := list(islice(source, IMPORT_ROWS)):
            for destination in sorted({entry.destination for entry in chunk}):
                mine = [entry for entry in chunk if entry.destination == destination]
                kept = self._import(mine, move)
                new, known = new + kept, known + len(mine) - kept
        return Imported(new, known)

    @moving
    def _import(self, connection: Connection, sent: Sequence[Entry], move: Move) -> int:
        batch = {
            "batch_id": new_id(move.at),
            "destination": sent[0].destination,
            "status": advance(None, Event.IMPORTED),
            "run_id": IMPORT_RUN,
            "events": 0,
            "attempts": 0,
            "reason": move.receipt.reason,
            "trace_id": "",
            "created_at": move.at,
        }
        new = not_forgotten(connection, sent)
        return len(put_entries(connection, batch, new, move))


def refuse_without_reason(actor: str, reason: str) -> None:
    """Whoever reads the history later must learn who and why."""
    if not actor.strip() or not reason.strip():
        raise DecisionRefused("a decision needs a name and a reason", do="give both")


def _move(
    connection: Connection,
    batch: AnyRow,
    mine: Sequence[AnyRow],
    move: Move,
    run_id: str,
) -> str:
    """Move the batch, or only these of its entries, and say so for every order."""
    to = advance(Status(batch.status), Event(move.event))
    keys: list[EventKey] = [(row.event_name, row.event_id) for row in mine]
    if len(mine) == batch.events:
        moved = str(batch.batch_id)
        if to is Status.RELEASED:
            remove_entries(connection, moved)
        move_batch(
            connection,
            moved,
            Status(batch.status),
            to,
            reason=move.receipt.reason,
            lease_until=None,
        )
    else:
        moved = _split_off(connection, batch, keys, move, to)
    # A line for each order: released entries are gone, and this is their trace.
    lines = [
        history_row(
            fields_of(batch),
            move,
            batch_id=moved,
            events=1,
            order_id=row.order_id,
            event_id=row.event_id,
            run_id=run_id or batch.run_id,
        )
        for row in mine
    ]
    connection.execute(insert(history), lines)
    return moved


def _split_off(
    connection: Connection,
    batch: AnyRow,
    keys: list[EventKey],
    move: Move,
    to: Status,
) -> str:
    sibling = insert_batch(
        connection,
        dict(batch._mapping),  # noqa: SLF001 - SQLAlchemy's public name
        batch_id=new_id(move.at),
        status=to,
        events=len(keys),
        reason=move.receipt.reason,
        parent_id=batch.batch_id,
        created_at=move.at,
    )
    if to is Status.RELEASED:
        remove_entries(connection, str(batch.batch_id), keys)
    else:
        move_entries(connection, str(batch.batch_id), keys, sibling)
    shrink(connection, str(batch.batch_id), len(keys))
    return sibling
