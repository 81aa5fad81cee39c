"""Where an answer takes a batch, and how events leave it whose outcome differs.

Pure but for the connection handed in; the transactions are opened in moves.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, select

from capi_jobs.errors import IllegalMove
from capi_jobs.ledger.columns import AnyRow
from capi_jobs.ledger.journal import (
    Move,
    entries_of,
    fields_of,
    history_line,
    insert_batch,
    move_batch,
    move_entries,
    new_id,
    remove_entries,
    shrink,
    write_history,
)
from capi_jobs.ledger.schema import history
from capi_jobs.ledger.values import EventKey, Settlement, key_of
from capi_jobs.lifecycle import Event, Status, advance
from capi_jobs.model import Receipt

LATE = "late answer"
# While a call runs, and only then, an answer may be awaited.
_AWAITING = frozenset({Status.IN_FLIGHT, Status.RESENDING})
# Answers of a call; everything else is not for `settle`.
ANSWERS = frozenset({Event.ACCEPTED, Event.REFUSED, Event.DEFERRED, Event.LOST})


def is_late(connection: Connection, batch: AnyRow, attempt: int | None) -> bool:
    """Whether this answer is to a call that was given up; raises where none was made.

    A batch whose lease ran out was swept into doubt while its call was still running;
    since then another worker, or a person, may have moved it on.
    """
    if attempt is not None and attempt < batch.attempts:
        return True
    if batch.status in _AWAITING:
        return False
    given_up = exists().where(
        history.c.batch_id == batch.batch_id,
        history.c.event == Event.LOST,
    )
    if connection.scalar(select(given_up)):
        return True
    raise IllegalMove(
        f"an answer came for a batch that is {batch.status}",
        ids=[batch.batch_id],
        do="report this as a bug with the batch's history",
    )


@dataclass(frozen=True, slots=True)
class Settling:
    """One answer to one batch: who brings it, and when."""

    connection: Connection
    batch: AnyRow
    now: datetime
    actor: str

    def whole(self, told: Event, receipt: Receipt, events: int) -> None:
        """Move the batch itself, with the events that are left in it."""
        to = advance(Status(self.batch.status), told)
        if to is Status.RELEASED:
            remove_entries(self.connection, self.batch.batch_id)
        move = Move(told, to, self.now, self.actor, receipt)
        move_batch(
            self.connection,
            self.batch.batch_id,
            Status(self.batch.status),
            to,
            line=history_line(fields_of(self.batch), move, events=events),
            lease_until=None,
            events=events,
            reason=receipt.reason,
            trace_id=receipt.trace_id,
        )

    def apart(self, told: Event, receipt: Receipt, keys: list[EventKey]) -> None:
        """Move these events to a batch of their own."""
        to = advance(Status(self.batch.status), told)
        sibling = insert_batch(
            self.connection,
            fields_of(self.batch),
            batch_id=new_id(self.now),
            status=to,
            events=len(keys),
            lease_until=None,
            reason=receipt.reason,
            trace_id=receipt.trace_id,
            parent_id=self.batch.batch_id,
            created_at=self.now,
        )
        if to is Status.RELEASED:
            remove_entries(self.connection, self.batch.batch_id, keys)
        else:
            move_entries(self.connection, self.batch.batch_id, keys, sibling)
        self.note(told, to, receipt, batch_id=sibling, events=len(keys))

    def late(self, told: Event, receipt: Receipt) -> None:
        """Write an answer to a call that was given up.

        Only "accepted" says something new: the platform has it. After any other the
        first send may still have counted, or a person has decided: noted, no more.
        """
        status = Status(self.batch.status)
        reason = f"{LATE}: {receipt.reason}" if receipt.reason else LATE
        said = Receipt(reason, receipt.trace_id)
        if told is Event.ACCEPTED and status is Status.IN_DOUBT:
            self.whole(Event.RESOLVED, said, self.batch.events)
        elif told is Event.ACCEPTED and status is Status.RESENDING:
            self.whole(told, said, self.batch.events)
        else:
            self.note(told, status, said)

    def late_each(self, outcomes: Mapping[EventKey, Settlement]) -> None:
        """Write late answers, one per event: in doubt, the accepted ones leave."""
        held = [key_of(e) for e in entries_of(self.connection, self.batch.batch_id)]
        told = {key: outcomes[key] for key in held if key in outcomes}
        groups = grouped(told)
        if len(groups) == 1 and len(told) == len(held):
            self.late(*groups[0][0])
            return
        for (event, receipt), keys in groups:
            said = Receipt(LATE, receipt.trace_id)
            if event is Event.ACCEPTED and self.batch.status == Status.IN_DOUBT:
                self._leave(said, keys)
            else:
                self.note(event, Status(self.batch.status), said, events=len(keys))

    def _leave(self, receipt: Receipt, keys: list[EventKey]) -> None:
        self.apart(Event.RESOLVED, receipt, keys)
        shrink(self.connection, self.batch.batch_id, len(keys))

    def note(
        self, told: Event, to: Status, receipt: Receipt, **changes: object
    ) -> None:
        """Remember what was told and where the events went."""
        move = Move(told, to, self.now, self.actor, receipt)
        write_history(self.connection, self.batch, move, **changes)


def grouped(
    outcomes: Mapping[EventKey, Settlement],
) -> list[tuple[Settlement, list[EventKey]]]:
    """Put events of one outcome together, the largest group first."""
    groups: dict[Settlement, list[EventKey]] = {}
    for key, settlement in outcomes.items():
        groups.setdefault(settlement, []).append(key)
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def refuse_non_answers(events: Iterable[Event]) -> None:
    """Only what a platform can answer may be settled."""
    for told in events:
        if told not in ANSWERS:
            raise IllegalMove(
                f"{told} is no answer of a platform", do="use another move"
            )
