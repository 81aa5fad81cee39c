"""What platforms said that they received, and what we had delivered by then.

The verdict is `capi_jobs/arrival.py`; here it is only kept, and our side counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    case,
    cast,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite

from capi_jobs.ledger.columns import AnyRow, UtcDateTime, given
from capi_jobs.ledger.door import Door, moving, reading
from capi_jobs.ledger.findings import coverage, readings, run_destinations
from capi_jobs.ledger.schema import batches, entries
from capi_jobs.lifecycle import Status
from capi_jobs.model import OwedAs

# What may have been counted although nobody knows.
_DOUBTFUL = (Status.IN_FLIGHT, Status.IN_DOUBT, Status.RESENDING)


@dataclass(frozen=True, slots=True)
class SentMinute:
    """What was sent, or happened, in one minute, of one event name."""

    minute: datetime
    event_name: str
    delivered: int
    # Of these: surely one event more at the platform, and surely in this minute. Not
    # so are copies of what the pixel sent, and what was sent more than once.
    certain: int
    doubtful: int  # not among the delivered


@dataclass(frozen=True, slots=True)
class Forecast:
    """One identifier of one source, as a run counted it."""

    run_id: str
    at: datetime
    source: str
    orders: int
    covered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One figure of a platform's, beside ours."""

    destination: str
    metric: str
    event_name: str
    start: datetime
    end: datetime
    ours: Decimal | None
    theirs: Decimal | None
    short: int
    verdict: str
    why: str
    taken_at: datetime


class Readings(Door):
    """A later reading of the same hour or day takes the place of the earlier."""

    @reading
    def sent_by_minute(
        self,
        connection: Connection,
        destination: str,
        start: datetime,
        end: datetime,
        *,
        by_receipt: bool,
    ) -> list[SentMinute]:
        """Count what was sent in that time, or what happened in it and was sent."""
        at = batches.c.last_sent_at if by_receipt else entries.c.event_time
        minute = _minute(connection, at)
        delivered = batches.c.status == Status.DELIVERED
        once = batches.c.first_sent_at == batches.c.last_sent_at
        missing = entries.c.owed_as == OwedAs.MISSING
        certain = delivered & missing & once if by_receipt else delivered & missing
        # Of the table whose time is asked about: that is where the search begins.
        of = batches if by_receipt else entries
        rows = connection.execute(
            select(
                minute.label("minute"),
                entries.c.event_name,
                _count(delivered).label("delivered"),
                _count(certain).label("certain"),
                _count(batches.c.status.in_(_DOUBTFUL)).label("doubtful"),
            )
            .join(batches)
            .where(
                of.c.destination == destination,
                entries.c.owed_as != OwedAs.IMPORTED,
                at >= start,
                at < end,
            )
            .group_by(literal_column("1"), entries.c.event_name)
            .order_by(literal_column("1"), entries.c.event_name)
        )
        return [SentMinute(*row) for row in rows]

    @moving
    def keep_readings(self, connection: Connection, taken: Sequence[Reading]) -> None:
        """Write readings down, over those of the same time."""
        if not taken:
            return
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        new = dialect.insert(readings)
        key = [column.name for column in readings.primary_key]
        others = [c.name for c in readings.columns if c.name not in key]
        again = new.on_conflict_do_update(
            index_elements=key, set_={name: new.excluded[name] for name in others}
        )
        rows = {tuple(row[k] for k in key): row for row in map(_row, taken)}
        connection.execute(again, [rows[each] for each in sorted(rows)])

    @reading
    def readings(
        self,
        connection: Connection,
        destination: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        metric: str | None = None,
        limit: int | None = None,
    ) -> list[Reading]:
        """List readings, the newest time first; `until` is left out itself."""
        tests = given(
            (since, readings.c.starts_at.__ge__),
            (until, readings.c.starts_at.__lt__),
            (metric, readings.c.metric.__eq__),
        )
        query = (
            select(readings)
            .where(readings.c.destination == destination, *tests)
            .order_by(
                readings.c.starts_at.desc(), readings.c.metric, readings.c.event_name
            )
            .limit(limit)
        )
        return [reading_from(row) for row in connection.execute(query)]

    @reading
    def last_readings(
        self, connection: Connection, destination: str, metric: str
    ) -> list[Reading]:
        """List what was written down when the platform was last asked, by time."""
        mine = {"destination": destination, "metric": metric}
        last = select(func.max(readings.c.taken_at)).filter_by(**mine)
        query = (
            select(readings)
            .filter_by(**mine)
            .where(readings.c.taken_at == last.scalar_subquery())
            .order_by(readings.c.starts_at, readings.c.event_name)
        )
        return [reading_from(row) for row in connection.execute(query)]

    @reading
    def forecasts(
        self, connection: Connection, destination: str, identifier: str, limit: int
    ) -> list[Forecast]:
        """List one identifier, source by source, as the last runs counted it.

        Runs that no gate judged are left out: a re-upload looks at a few orders.
        """
        rows = connection.execute(
            select(
                coverage.c.run_id,
                run_destinations.c.assessed_at,
                coverage.c.source,
                coverage.c.orders,
                coverage.c.covered,
            )
            .join(
                run_destinations,
                (coverage.c.run_id == run_destinations.c.run_id)
                & (coverage.c.destination == run_destinations.c.destination),
            )
            .where(
                run_destinations.c.destination == destination,
                run_destinations.c.gate.is_not(None),
                coverage.c.identifier == identifier,
            )
            .order_by(run_destinations.c.assessed_at.desc(), coverage.c.id)
            .limit(limit)
        )
        return [Forecast(*row) for row in rows]

    @reading
    def last_forecasts(
        self, connection: Connection, destination: str, identifier: str
    ) -> Mapping[str, tuple[int, int]]:
        """Return (orders, covered) of one identifier, by source, in the last run."""
        last = (
            select(run_destinations.c.run_id)
            .join(
                coverage,
                (coverage.c.run_id == run_destinations.c.run_id)
                & (coverage.c.destination == run_destinations.c.destination),
            )
            .where(
                run_destinations.c.destination == destination,
                coverage.c.identifier == identifier,
            )
            .order_by(run_destinations.c.assessed_at.desc())
            .limit(1)
        ).scalar_subquery()
        rows = connection.execute(
            select(coverage.c.source, coverage.c.orders, coverage.c.covered).where(
                coverage.c.run_id == last,
                coverage.c.destination == destination,
                coverage.c.identifier == identifier,
            )
        )
        return {row.source: (row.orders, row.covered) for row in rows}


def _count(test: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((test, 1), else_=0)), 0)


def _minute(
    connection: Connection, at: ColumnElement[datetime]
) -> ColumnElement[datetime]:
    """Cut the seconds off; on SQLite a time is text of a fixed width."""
    if connection.dialect.name == "sqlite":
        text = func.substr(cast(at, String), 1, len("2026-11-22T10:05")) + ":00Z"
        return type_coerce(text, UtcDateTime)
    return type_coerce(func.date_trunc("minute", at), UtcDateTime)


def _row(one: Reading) -> dict[str, object]:
    return {
        "destination": one.destination,
        "metric": one.metric,
        "event_name": one.event_name,
        "starts_at": one.start,
        "ends_at": one.end,
        "ours": one.ours,
        "theirs": one.theirs,
        "short": one.short,
        "verdict": one.verdict,
        "why": one.why,
        "taken_at": one.taken_at,
    }


def reading_from(row: AnyRow) -> Reading:
    """Return the value for a row of `readings`."""
    fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    start, end = fields.pop("starts_at"), fields.pop("ends_at")
    return Reading(start=start, end=end, **fields)
