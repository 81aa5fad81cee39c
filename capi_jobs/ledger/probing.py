"""Looks at a ledger as a health probe does: nothing is migrated, nothing is left.

What a run needs: that it answers, has tables of this version, can be written, and that
its clock agrees with ours. Who asks is `jobs/deep.py`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import Connection, func, insert, select

from capi_jobs.errors import LedgerMissing
from capi_jobs.ledger.door import engine_for
from capi_jobs.ledger.journal import new_id
from capi_jobs.ledger.migrate import known_revisions, revision
from capi_jobs.ledger.schema import SCHEMA_REVISION, batches
from capi_jobs.ledger.waiting import WaitingRoom
from capi_jobs.lifecycle import Status

# Batches whose call may still be answered, until their lease is over.
_OPEN = (Status.IN_FLIGHT, Status.RESENDING)
# No destination of a configuration can have this name.
_NOBODY = "• probe"


@dataclass(frozen=True, slots=True)
class Lag:
    """Batches whose lease was over long ago, and nobody has taken them up since."""

    batches: int
    events: int
    since: datetime | None


class Probe(WaitingRoom):
    """A ledger that is looked at from outside."""

    @classmethod
    def of(cls, url: str, *, seconds_max: float) -> Self:
        """Reach it, make nothing; questions take no longer than this."""
        made = cls(engine_for(url, create=False))
        made.read_seconds_max = seconds_max
        return made

    def revision(self) -> str:
        """Return the version of its tables."""
        with self.snapshot() as connection:
            found = revision(connection)
        if found is None:
            raise LedgerMissing(
                "there is no ledger in this database", do="the first run makes it"
            )
        return found

    def try_to_write(self, now: datetime) -> None:
        """Write a row as a claim does, and take it back."""
        with self._turn, self._connected() as connection, connection.begin() as whole:
            connection.execute(
                insert(batches).values(
                    batch_id=new_id(now),
                    destination=_NOBODY,
                    status=Status.RELEASED,
                    run_id="",
                    events=0,
                    attempts=0,
                    created_at=now,
                )
            )
            whole.rollback()

    def clock(self) -> datetime | None:
        """Return the server's time of day; None where it is this machine's own."""
        if self.is_sqlite:
            return None
        with self.snapshot() as connection:
            found: datetime = connection.execute(
                select(func.clock_timestamp())
            ).scalar_one()
        return found

    def lag(self, destination: str, over_since: datetime) -> Lag:
        """Count batches whose lease was over by then: whoever made them is gone."""
        with self.snapshot() as connection:
            return _lag(connection, destination, over_since)


def _lag(connection: Connection, destination: str, over_since: datetime) -> Lag:
    count, events, since = connection.execute(
        select(
            func.count(),
            func.coalesce(func.sum(batches.c.events), 0),
            func.min(batches.c.lease_until),
        ).where(
            batches.c.destination == destination,
            batches.c.status.in_(_OPEN),
            batches.c.lease_until < over_since,
        )
    ).one()
    return Lag(count, events, since)


def is_known(found: str) -> bool:
    """Whether this version can bring such a ledger up: an older one, or its own."""
    return is_present(found) or found in known_revisions()


def is_present(found: str) -> bool:
    """Whether a ledger has the tables of this version."""
    return found == SCHEMA_REVISION


def room_between(lease: timedelta, call_deadline: timedelta) -> timedelta:
    """Return how far a clock may be off: two workers, each so far, still keep apart.

    A worker takes over what another one's lease has left. It must not be earlier than
    that one's call ends.
    """
    return (lease - call_deadline) / 2
