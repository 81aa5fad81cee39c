"""Which entries a person means, and what of a decision about them is refused.

The moves themselves are in people.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, and_, select

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger.columns import AnyRow, among
from capi_jobs.ledger.journal import Move
from capi_jobs.ledger.schema import entries
from capi_jobs.lifecycle import TRANSITIONS, Event, Status
from capi_jobs.model import OwedAs


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


def find(connection: Connection, chosen: Chosen) -> Sequence[AnyRow]:
    """Read the entries that are meant."""
    query = (
        select(
            entries.c.batch_id,
            entries.c.event_name,
            entries.c.event_id,
            entries.c.order_id,
            entries.c.owed_as,
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


def refuse_moved(named: Sequence[AnyRow], ids: list[str]) -> None:
    """They went to another batch while theirs was waited for."""
    moved = [row.order_id for row in named if row.batch_id not in ids]
    if moved or {row.batch_id for row in named} != set(ids):
        raise DecisionRefused(
            "an answer came for these meanwhile",
            ids=moved,
            do="look again, then decide",
        )


def refuse_unknown(chosen: Chosen, named: Sequence[AnyRow]) -> None:
    """All or nothing: one unknown name refuses the whole decision."""
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


def refuse_status(batch: AnyRow, mine: Sequence[AnyRow], event: Event) -> None:
    """The table of the lifecycle says what may be decided."""
    status = Status(batch.status)
    if (status, event) in TRANSITIONS:
        return
    waiting = status in {Status.IN_FLIGHT, Status.RESENDING}
    raise DecisionRefused(
        f"what is {status} cannot be {event}",
        ids=[row.order_id for row in mine],
        do="wait for the answer, then decide" if waiting else "nothing was changed",
    )


def refuse_delivered(
    batch: AnyRow, mine: Sequence[AnyRow], move: Move, *, may_count_twice: bool
) -> None:
    """It counted: a second copy takes more than a reason."""
    if (batch.status, move.event) != (Status.DELIVERED, Event.REQUEUED):
        return
    if not may_count_twice:
        raise DecisionRefused(
            "what is delivered is sent again only by who says that it may count twice",
            ids=[row.order_id for row in mine],
            do="nothing was changed; see docs/reupload.md",
        )
    others = [row.order_id for row in mine if row.owed_as == OwedAs.IMPORTED]
    if others:
        raise DecisionRefused(
            "others sent these, and they were imported: they are not ours to repeat",
            ids=others,
            do="nothing was changed",
        )
