"""Claiming: the intent to send, written and committed before the call.

The primary key keeps two workers apart; what happens after the call is in moves.py.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from sqlalchemy import Connection, Select, delete, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from capi_jobs.ledger.bulk import both, given_rows
from capi_jobs.ledger.columns import among, either, few_values, kept_id
from capi_jobs.ledger.counts import count_new
from capi_jobs.ledger.door import LOCK_KEYS, Door, advisory_lock, moving
from capi_jobs.ledger.forgotten import any_forgotten, digest_of, some_forgotten
from capi_jobs.ledger.journal import Move, history_line, new_id
from capi_jobs.ledger.schema import batches, entries, overrides
from capi_jobs.ledger.values import BLOCK, Claim, Dropped
from capi_jobs.lifecycle import Event, Status, advance
from capi_jobs.model import Entry, Receipt

# Event name, event id, order id: enough to tell any two entries of a claim apart.
_Mark = tuple[str, str, str]
# What each entry of a batch has of its own.
_FIELDS = {
    name: entries.c[name]
    for name in (
        "event_name",
        "event_id",
        "order_id",
        "event_time",
        "day",
        "value",
        "currency",
        "owed_as",
    )
}
_ROW: Callable[[Entry], tuple[object, ...]] = attrgetter(*_FIELDS)


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
            "reason": "",
            "trace_id": "",
            "parent_id": parent_id,
            "created_at": now,
        }
        move = Move(Event.CLAIMED, Status.IN_FLIGHT, now, actor, Receipt())
        allowed = _allowed(connection, wanted)
        kept = put_entries(connection, batch, allowed, move)
        dropped = _dropped(connection, _others(wanted, kept))
        batch_id = str(batch["batch_id"]) if kept else ""
        return Claim(batch_id, kept, dropped, attempts)


def put_entries(
    connection: Connection,
    batch: Mapping[str, object],
    wanted: Sequence[Entry],
    move: Move,
) -> tuple[Entry, ...]:
    """Add a batch with those entries that nobody has yet; no batch where none is."""
    if not wanted:
        return ()
    whole = {**batch, "events": len(wanted)}
    kept = _insert_entries(connection, wanted, whole)
    mine = batches.c.batch_id == batch["batch_id"]
    if not kept:
        connection.execute(delete(batches).where(mine))
        return ()
    if len(kept) < len(wanted):
        connection.execute(update(batches).where(mine).values(events=len(kept)))
    line = history_line(whole, move, from_status=None, events=len(kept))
    both(connection, line, count_new(connection, str(batch["batch_id"]), kept))
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
    connection: Connection, wanted: Sequence[Entry], batch: Mapping[str, object]
) -> tuple[Entry, ...]:
    # Sorted, so that two workers wait for each other instead of locking up.
    rows = list(map(_ROW, sorted(wanted, key=_mark)))
    whole = given_rows(connection, _FIELDS, rows).add_columns(
        literal(wanted[0].destination), literal(batch["batch_id"])
    )
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    new = dialect.insert(entries).from_select(
        [*_FIELDS, "destination", "batch_id"], whole
    )
    # No target: the primary key and "one conversion per order" both count.
    statement = new.on_conflict_do_nothing()
    inserted = both(connection, insert(batches).values(batch), statement).rowcount
    if inserted == len(wanted):
        return tuple(wanted)
    return _kept(connection, wanted, str(batch["batch_id"]))


def _kept(
    connection: Connection, wanted: Sequence[Entry], batch_id: str
) -> tuple[Entry, ...]:
    """Read which of them the batch holds; the others were somebody's already."""
    query = select(entries.c.event_name, entries.c.event_id, entries.c.order_id).where(
        entries.c.batch_id == batch_id
    )
    held = {(row[0], row[1], row[2]) for row in connection.execute(query)}
    kept = []
    for entry in wanted:
        if _mark(entry) in held:
            held.remove(_mark(entry))
            kept.append(entry)
    return tuple(kept)


def _mark(entry: Entry) -> _Mark:
    """As the ledger has it: an import may bring ids that are cut to be kept."""
    return entry.event_name, kept_id(entry.event_id), kept_id(entry.order_id)


def _others(wanted: Iterable[Entry], kept: Iterable[Entry]) -> list[Entry]:
    mine = {id(entry) for entry in kept}
    return [entry for entry in wanted if id(entry) not in mine]


def not_forgotten(connection: Connection, wanted: Sequence[Entry]) -> Sequence[Entry]:
    """Leave out what was forgotten; until this transaction ends nothing more is."""
    _keep_forgetting_out(connection)
    if not any_forgotten(connection, wanted[0].destination):
        return wanted
    return _undigested(connection, wanted)


def _allowed(connection: Connection, wanted: Sequence[Entry]) -> Sequence[Entry]:
    """Leave out what was forgotten, or blocked even since reconcile looked."""
    _keep_forgetting_out(connection)
    blocks = _blocks(wanted[0].destination)
    asked = select(blocks.exists(), some_forgotten(wanted[0].destination))
    any_blocked, any_digest = connection.execute(asked).one()
    if any_blocked:
        wanted = _unblocked(connection, wanted)
    return _undigested(connection, wanted) if any_digest and wanted else wanted


def _keep_forgetting_out(connection: Connection) -> None:
    """Keep `forget` from changing ids between our look at digests and our insert."""
    advisory_lock(connection, LOCK_KEYS, shared=True)


def _undigested(connection: Connection, wanted: Sequence[Entry]) -> Sequence[Entry]:
    digests = {digest_of(e.event_id) for e in wanted} | {
        digest_of(e.order_id) for e in wanted
    }
    here = entries.c.destination == wanted[0].destination
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


def _blocks(destination: str) -> Select[tuple[str]]:
    return select(overrides.c.order_id).where(
        overrides.c.destination == destination,
        overrides.c.decision == BLOCK,
        overrides.c.ended_at.is_(None),
    )


def _unblocked(connection: Connection, wanted: Sequence[Entry]) -> Sequence[Entry]:
    ids = [e.order_id for e in wanted] + [digest_of(e.order_id) for e in wanted]
    named = among(connection, overrides.c.order_id, ids)
    blocked = set(connection.scalars(_blocks(wanted[0].destination).where(named)))
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
