"""Claiming: the intent to send, written and committed before the call.

The primary key keeps two workers apart; what happens after the call is in moves.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from capi_jobs.ledger.bulk import insert_new
from capi_jobs.ledger.columns import among, either, few_values, kept_id
from capi_jobs.ledger.counts import count_new
from capi_jobs.ledger.door import LOCK_KEYS, Door, advisory_lock, moving
from capi_jobs.ledger.forgotten import any_forgotten, digest_of
from capi_jobs.ledger.journal import Move, locked_batch, new_id, write_history
from capi_jobs.ledger.schema import batches, entries, overrides
from capi_jobs.ledger.values import BLOCK, Claim, Dropped
from capi_jobs.lifecycle import Event, Status, advance
from capi_jobs.model import Entry, Receipt

# Event name, event id, order id: enough to tell any two entries of a claim apart.
_Mark = tuple[str, str, str]


class Claims(Door):
    """Who claims an entry first has it; the others learn who has it."""

    @moving
    def claim(  # noqa: PLR0913 - who, when and until when belong to every claim
        self,
        connection: Connection,
        wanted: Sequence[Entry],
        *,
        run_id: str,
        now: datetime,
        lease: timedelta,
        actor: str,
        parent_id: str | None = None,
    ) -> Claim:
        """Write the intent to send these, all of one destination; others drop out.

        A claim is false where nothing was kept. Only what it holds may be sent, and
        only until the lease is over.
        """
        if not wanted:
            return Claim("", ())
        attempts = 1 + _attempts(connection, parent_id)
        batch = {
            "batch_id": new_id(now),
            "destination": _one_destination(wanted),
            "status": advance(None, Event.CLAIMED),
            "run_id": run_id,
            "events": 0,
            "first_sent_at": now,
            "last_sent_at": now,
            "lease_until": now + lease,
            "attempts": attempts,
            "parent_id": parent_id,
            "created_at": now,
        }
        allowed = _not_blocked(connection, wanted)
        kept = put_entries(connection, batch, allowed) if allowed else ()
        if kept:
            move = Move(Event.CLAIMED, Status.IN_FLIGHT, now, actor, Receipt())
            row = locked_batch(connection, str(batch["batch_id"]))
            write_history(connection, row, move, from_status=None)
        dropped = _dropped(connection, _others(wanted, kept))
        batch_id = str(batch["batch_id"]) if kept else ""
        return Claim(batch_id, kept, dropped, attempts)


def put_entries(
    connection: Connection, batch: Mapping[str, object], wanted: Sequence[Entry]
) -> tuple[Entry, ...]:
    """Add a batch with those entries that nobody has yet; no batch where none is."""
    # Keeps `forget` from changing ids between our look at digests and our insert.
    advisory_lock(connection, LOCK_KEYS, shared=True)
    fresh = _not_forgotten(connection, wanted)
    connection.execute(insert(batches), dict(batch))
    mine = batches.c.batch_id == batch["batch_id"]
    kept = _insert_entries(connection, fresh, str(batch["batch_id"]))
    if kept:
        connection.execute(update(batches).where(mine).values(events=len(kept)))
        count_new(connection, str(batch["batch_id"]), kept)
    else:
        connection.execute(delete(batches).where(mine))
    return kept


def _one_destination(wanted: Sequence[Entry]) -> str:
    destinations = {entry.destination for entry in wanted}
    if len(destinations) != 1:
        raise ValueError(f"a batch has one destination, not {sorted(destinations)}")
    for entry in wanted:
        # A resend reads the ids back: they must come out as they went in.
        if kept_id(entry.event_id) != entry.event_id:
            raise ValueError("an event id is too long, or holds NUL: hold the order")
        if kept_id(entry.order_id) != entry.order_id:
            raise ValueError("an order id is too long, or holds NUL: hold the order")
    return destinations.pop()


def _attempts(connection: Connection, batch_id: str | None) -> int:
    if batch_id is None:
        return 0
    query = select(batches.c.attempts).where(batches.c.batch_id == batch_id)
    return int(connection.execute(query).scalar_one())


def _insert_entries(
    connection: Connection, wanted: Sequence[Entry], batch_id: str
) -> tuple[Entry, ...]:
    if not wanted:
        return ()
    # Sorted, so that two workers wait for each other instead of locking up.
    returned = insert_new(connection, sorted(wanted, key=_mark), batch_id)
    kept = []
    for entry in wanted:
        if _mark(entry) in returned:
            returned.remove(_mark(entry))
            kept.append(entry)
    return tuple(kept)


def _mark(entry: Entry) -> _Mark:
    return entry.event_name, entry.event_id, entry.order_id


def _others(wanted: Iterable[Entry], kept: Iterable[Entry]) -> list[Entry]:
    mine = {id(entry) for entry in kept}
    return [entry for entry in wanted if id(entry) not in mine]


def _not_forgotten(connection: Connection, wanted: Sequence[Entry]) -> Sequence[Entry]:
    destination = wanted[0].destination
    if not any_forgotten(connection, destination):
        return wanted
    digests = {digest_of(e.event_id) for e in wanted} | {
        digest_of(e.order_id) for e in wanted
    }
    here = entries.c.destination == destination
    named = entries.c.event_name.in_(few_values(connection, entries.c.event_name, here))
    known: set[str] = set()
    for column in (entries.c.event_id, entries.c.order_id):
        query = select(column).where(
            here, named, among(connection, column, sorted(digests))
        )
        known.update(connection.scalars(query))
    return [
        entry
        for entry in wanted
        if known.isdisjoint({digest_of(entry.event_id), digest_of(entry.order_id)})
    ]


def _not_blocked(connection: Connection, wanted: Sequence[Entry]) -> Sequence[Entry]:
    """Leave out what a person blocked, even since reconcile looked."""
    words = select(overrides.c.order_id).where(
        overrides.c.destination == wanted[0].destination,
        overrides.c.decision == BLOCK,
        overrides.c.ended_at.is_(None),
    )
    if not connection.scalar(select(words.exists())):
        return wanted
    ids = [e.order_id for e in wanted] + [digest_of(e.order_id) for e in wanted]
    blocked = set(
        connection.scalars(words.where(among(connection, overrides.c.order_id, ids)))
    )
    return [
        e for e in wanted if blocked.isdisjoint({e.order_id, digest_of(e.order_id)})
    ]


def _dropped(connection: Connection, wanted: Sequence[Entry]) -> tuple[Dropped, ...]:
    """Say what the ledger has for the entries that were not kept."""
    if not wanted:
        return ()
    texts = {e.event_id for e in wanted} | {e.order_id for e in wanted}
    texts |= {digest_of(text) for text in texts}
    found: dict[tuple[str, str], Status] = {}
    holders: dict[tuple[str, str], str] = {}
    theirs = (
        select(
            entries.c.event_name,
            entries.c.event_id,
            entries.c.order_id,
            batches.c.status,
        )
        .join(batches)
        .where(
            entries.c.destination == wanted[0].destination,
            # Named, or the index of event ids could not be searched.
            entries.c.event_name.in_(sorted({e.event_name for e in wanted})),
        )
    )
    query = either(
        theirs,
        among(connection, entries.c.event_id, sorted(texts)),
        among(connection, entries.c.order_id, sorted(texts)),
    )
    for name, event_id, order_id, status in connection.execute(query):
        for text in (event_id, order_id):
            found[name, text] = Status(status)
            holders[name, text] = order_id
    return tuple(_drop(entry, found, holders) for entry in wanted)


def _drop(
    entry: Entry,
    found: Mapping[tuple[str, str], Status],
    holders: Mapping[tuple[str, str], str],
) -> Dropped:
    for text in (entry.event_id, entry.order_id):
        for key in ((entry.event_name, text), (entry.event_name, digest_of(text))):
            if key in found:
                return Dropped(entry, holders[key], found[key])
    # Another worker held it and gave it back meanwhile: it is missing again.
    return Dropped(entry, entry.order_id, Status.RELEASED)
