"""Removing what is older than configured, as long as it could not be sent anyway.

Forgetting single orders on request is in forgetting.py.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, delete, exists, func, insert, literal, select

from capi_jobs.ledger.audits import remove_audits
from capi_jobs.ledger.columns import among, exact_sum
from capi_jobs.ledger.counts import count_again
from capi_jobs.ledger.door import Door, moving, reading
from capi_jobs.ledger.findings import (
    balances,
    coverage,
    readings,
    run_destinations,
    runs,
    slices,
    validations,
)
from capi_jobs.ledger.schema import (
    batch_counts,
    batches,
    entries,
    history,
    holds,
    overrides,
    removed,
)
from capi_jobs.lifecycle import Status

# A batch whose events are all gone tells nothing that its history does not.
_OVER = (Status.DELIVERED, Status.RELEASED)
# A shop's day begins at most so long before that of UTC.
_ZONES_AHEAD_MAX = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class Retained:
    """How many rows were removed because of their age."""

    entries: int = 0
    batches: int = 0
    history: int = 0
    holds: int = 0
    validations: int = 0
    runs: int = 0


class Retention(Door):
    """Day by day, so that a running upload hardly waits."""

    def retention(
        self, *, older_than: timedelta, never_below: timedelta, now: datetime
    ) -> Retained:
        """Remove what is older than configured, day by day, in small transactions.

        `never_below` is the greatest age that any platform takes: an entry that is
        younger stays whatever is configured, or its order could be sent again. What
        is in doubt, rejected or open stays, and so do balances.
        """
        before = now - max(older_than, never_below)
        gone = 0
        for destination, day in self._old_days(before):
            gone += self._remove_day(destination, day, before, now)
        return self._remove_rest(gone, before)

    @reading
    def _old_days(
        self, connection: Connection, before: datetime
    ) -> list[tuple[str, date]]:
        query = (
            select(batch_counts.c.destination, batch_counts.c.day)
            .distinct()
            .join(batches)
            .where(
                batch_counts.c.day <= (before + _ZONES_AHEAD_MAX).date(),
                batches.c.status == Status.DELIVERED,
            )
        )
        rows = connection.execute(query).all()
        return [(row.destination, row.day) for row in rows]

    @moving
    def _remove_day(
        self,
        connection: Connection,
        destination: str,
        day: date,
        before: datetime,
        now: datetime,
    ) -> int:
        ids = _delivered(connection, destination, day)
        old = (
            entries.c.day == day,
            entries.c.event_time < before,
            among(connection, entries.c.batch_id, ids),
        )
        group = (entries.c.currency, entries.c.owed_as)
        counted = (
            select(
                literal(now, entries.c.event_time.type).label("at"),
                literal(destination).label("destination"),
                literal(day).label("day"),
                literal(Status.DELIVERED.value).label("status"),
                *group,
                func.count().label("orders"),
                exact_sum(entries.c.value).label("value"),
            )
            .where(*old)
            .group_by(*group)
        )
        rows = [dict(row._mapping) for row in connection.execute(counted)]  # noqa: SLF001
        if not rows:
            return 0
        connection.execute(insert(removed), rows)
        gone = connection.execute(delete(entries).where(*old)).rowcount
        count_again(connection, *ids)
        return gone

    @moving
    def _remove_rest(
        self, connection: Connection, gone: int, before: datetime
    ) -> Retained:
        old_runs = select(runs.c.run_id).where(runs.c.started_at < before)
        told = [
            connection.execute(delete(table).where(table.c.run_id.in_(old_runs)))
            for table in (validations, coverage)
        ]
        empty = ~exists().where(entries.c.batch_id == batches.c.batch_id)
        done = {
            "batches": delete(batches).where(
                batches.c.created_at < before, batches.c.status.in_(_OVER), empty
            ),
            "history": delete(history).where(
                history.c.at < before,
                ~exists().where(batches.c.batch_id == history.c.batch_id),
            ),
            "holds": delete(holds).where(holds.c.ended_at < before),
        }
        connection.execute(delete(overrides).where(overrides.c.ended_at < before))
        connection.execute(delete(readings).where(readings.c.taken_at < before))
        remove_audits(connection, before)
        counts = {
            name: connection.execute(each).rowcount for name, each in done.items()
        }
        unbalanced = old_runs.where(~exists().where(balances.c.run_id == runs.c.run_id))
        ids = list(connection.scalars(unbalanced))
        for table in (slices, run_destinations, runs):
            connection.execute(
                delete(table).where(among(connection, table.c.run_id, ids))
            )
        return Retained(
            entries=gone,
            validations=sum(each.rowcount for each in told),
            runs=len(ids),
            **counts,
        )


def _delivered(connection: Connection, destination: str, day: date) -> list[str]:
    """Name the delivered batches of a day, and keep people from moving them on."""
    query = (
        select(batches.c.batch_id)
        .where(
            batches.c.status == Status.DELIVERED,
            batches.c.batch_id.in_(
                select(batch_counts.c.batch_id).filter_by(
                    destination=destination, day=day
                )
            ),
        )
        .order_by(batches.c.batch_id)
        .with_for_update()
    )
    return list(connection.scalars(query))
