"""What people decide: resolve, requeue, and import what was sent before capi-jobs.

Overrides of rules are in holds.py, decisions about runs in runs.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from sqlalchemy import ColumnElement, Connection, and_, insert, select

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger.claims import put_entries
from capi_jobs.ledger.columns import AnyRow, among
from capi_jobs.ledger.door import Door, moving
from capi_jobs.ledger.journal import (
    Move,
    history_row,
    insert_batch,
    locked_batch,
    move_batch,
    move_entries,
    new_id,
    remove_entries,
    shrink,
    write_history,
)
from capi_jobs.ledger.schema import entries, history
from capi_jobs.ledger.values import Decided, EventKey, Imported
from capi_jobs.lifecycle import TRANSITIONS, Event, Status, advance
from capi_jobs.model import Entry, Receipt

# One transaction per chunk: 0.02 s, so that a running upload hardly waits for it.
IMPORT_ROWS = 1_000
IMPORT_RUN = "import"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which entries a person means: orders, events or one whole batch."""

    destination: str
    order_ids: Sequence[str] = field(default=())
    event_ids: Sequence[str] = field(default=())
    batch_id: str | None = None

    def __post_init__(self) -> None:
        """Refuse to decide about nothing, or about two kinds of things at once."""
        named = [bool(self.order_ids), bool(self.event_ids), self.batch_id is not None]
        if sum(named) != 1:
            raise DecisionRefused(
                "a decision names orders, or events, or one batch",
                do="name what is meant, in one of the three ways",
            )


class People(Door):
    """All or nothing: an id that does not fit refuses the whole decision."""

    def resolve(
        self, chosen: Chosen, *, actor: str, reason: str, now: datetime
    ) -> Decided:
        """The platform has them: in doubt becomes delivered."""
        move = Move(Event.RESOLVED, Status.DELIVERED, now, actor, Receipt(reason))
        return self._decide(chosen, move)

    def requeue(
        self, chosen: Chosen, *, actor: str, reason: str, now: datetime
    ) -> Decided:
        """Send them again although they may count twice: they are missing again."""
        move = Move(Event.REQUEUED, Status.RELEASED, now, actor, Receipt(reason))
        return self._decide(chosen, move)

    @moving
    def _decide(self, connection: Connection, chosen: Chosen, move: Move) -> Decided:
        refuse_without_reason(move.actor, move.receipt.reason)
        # Batches are locked first, as settling does, and then looked into again.
        ids = sorted({row.batch_id for row in _find(connection, chosen)})
        locked = [locked_batch(connection, batch_id) for batch_id in ids]
        named = _find(connection, chosen)
        _refuse_moved(named, ids)
        _refuse_unknown(chosen, named)
        touched = []
        for batch_id, batch in zip(ids, locked, strict=True):
            mine = [row for row in named if row.batch_id == batch_id]
            _refuse_status(batch, mine, Event(move.event))
            touched.append(_move(connection, batch, mine, move))
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
            "created_at": move.at,
        }
        kept = put_entries(connection, batch, sent)
        if kept:
            row = locked_batch(connection, str(batch["batch_id"]))
            write_history(connection, row, move, from_status=None)
        return len(kept)


def refuse_without_reason(actor: str, reason: str) -> None:
    """Whoever reads the history later must learn who and why."""
    if not actor.strip() or not reason.strip():
        raise DecisionRefused("a decision needs a name and a reason", do="give both")


def _find(connection: Connection, chosen: Chosen) -> Sequence[AnyRow]:
    query = (
        select(
            entries.c.batch_id,
            entries.c.event_name,
            entries.c.event_id,
            entries.c.order_id,
        )
        .where(_named(connection, chosen))
        .order_by(entries.c.batch_id, entries.c.event_id)
    )
    return connection.execute(query).all()


def _named(connection: Connection, chosen: Chosen) -> ColumnElement[bool]:
    here = entries.c.destination == chosen.destination
    if chosen.batch_id is not None:
        return and_(here, entries.c.batch_id == chosen.batch_id)
    if chosen.order_ids:
        return and_(here, among(connection, entries.c.order_id, chosen.order_ids))
    return and_(here, among(connection, entries.c.event_id, chosen.event_ids))


def _refuse_moved(named: Sequence[AnyRow], ids: list[str]) -> None:
    moved = [row.order_id for row in named if row.batch_id not in ids]
    if moved or {row.batch_id for row in named} != set(ids):
        raise DecisionRefused(
            "an answer came for these meanwhile",
            ids=moved,
            do="look again, then decide",
        )


def _refuse_unknown(chosen: Chosen, named: Sequence[AnyRow]) -> None:
    if chosen.batch_id is not None:
        missing = [] if named else [chosen.batch_id]
    elif chosen.order_ids:
        found = {row.order_id for row in named}
        missing = [each for each in chosen.order_ids if each not in found]
    else:
        found = {row.event_id for row in named}
        missing = [each for each in chosen.event_ids if each not in found]
    if missing:
        raise DecisionRefused(
            f"the ledger has nothing for these at {chosen.destination}",
            ids=missing,
            do="look at `capi-jobs ledger list`; nothing was changed",
        )


def _refuse_status(batch: AnyRow, mine: Sequence[AnyRow], event: Event) -> None:
    status = Status(batch.status)
    if (status, event) in TRANSITIONS:
        return
    waiting = status in {Status.IN_FLIGHT, Status.RESENDING}
    raise DecisionRefused(
        f"what is {status} cannot be {event}",
        ids=[row.order_id for row in mine],
        do="wait for the answer, then decide" if waiting else "nothing was changed",
    )


def _move(
    connection: Connection,
    batch: AnyRow,
    mine: Sequence[AnyRow],
    move: Move,
) -> str:
    """Move the batch, or only these of its entries, and say so for every order."""
    to = advance(Status(batch.status), Event(move.event))
    keys: list[EventKey] = [(row.event_name, row.event_id) for row in mine]
    if len(mine) == batch.events:
        moved = str(batch.batch_id)
        if to is Status.RELEASED:
            remove_entries(connection, moved)
        changes = {"reason": move.receipt.reason, "lease_until": None}
        move_batch(connection, moved, Status(batch.status), to, **changes)
    else:
        moved = _split_off(connection, batch, keys, move, to)
    # A line for each order: released entries are gone, and this is their trace.
    lines = [
        history_row(
            batch,
            move,
            batch_id=moved,
            events=1,
            order_id=row.order_id,
            event_id=row.event_id,
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
