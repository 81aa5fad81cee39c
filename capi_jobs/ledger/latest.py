"""The latest balance of each day: what reports begin with.

live = balance + (live_counts − baselines): the orders need not be read again. The live
counts are in balances.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Table, and_, literal, or_, select, tuple_

from capi_jobs.ledger.balances import ENTRIES, add_up, class_count, ledger_count
from capi_jobs.ledger.columns import AnyRow, AnySelect
from capi_jobs.ledger.door import Door, reading
from capi_jobs.ledger.findings import balances, baselines, run_destinations
from capi_jobs.ledger.schema import removed
from capi_jobs.ledger.values import LedgerCount
from capi_jobs.model import ClassCount

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayBalance:
    """The latest balance of one destination and day, and the ledger as it was then.

    Orders without a day stand in one of their own, whose day is None.
    """

    destination: str
    day: date | None
    run_id: str
    taken_at: datetime
    counts: tuple[ClassCount, ...]
    baselines: tuple[LedgerCount, ...]


class LatestBalances(Door):
    """Reads only: three questions, however many days."""

    @reading
    def latest_balances(
        self, connection: Connection, destination: str, first: date, last: date
    ) -> list[DayBalance]:
        """For each day, the latest assessment that covered it; the others are left out.

        Orders without a day are those of the latest assessment of all.
        """
        rows = connection.execute(
            select(run_destinations)
            .where(
                run_destinations.c.destination == destination,
                run_destinations.c.assessed_at.is_not(None),
                run_destinations.c.day_first <= last,
                run_destinations.c.day_last >= first,
            )
            .order_by(
                run_destinations.c.assessed_at.desc(), run_destinations.c.run_id.desc()
            )
        ).all()
        if not rows:
            return []
        covering = {
            day: next((r for r in rows if r.day_first <= day <= r.day_last), None)
            for day in _days(first, last)
        }
        wanted = {day: row for day, row in covering.items() if row is not None}
        *dated, undated = _balances(connection, destination, wanted, rows[0])
        return [*dated, undated] if undated.counts else dated


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += _DAY


def _balances(
    connection: Connection,
    destination: str,
    wanted: Mapping[date, AnyRow],
    newest: AnyRow,
) -> Iterator[DayBalance]:
    """Read these days, each as its assessment told it; last, what has no day."""
    pairs: list[tuple[date | None, AnyRow]] = [*wanted.items(), (None, newest)]
    by_day = dict(pairs)
    counts, then = (
        _by_day(connection.execute(_told(table, destination, by_day)).all())
        for table in (balances, baselines)
    )
    gone = _by_day(_gone(connection, destination, wanted))
    for day, assessed in by_day.items():
        told: dict[tuple[object, ...], LedgerCount] = {}
        # Live counts have these for ever; they were gone when the keys were read.
        before = [r for r in gone.get(day, []) if r.at <= assessed.assessed_at]
        for row in [*then.get(day, []), *before]:
            add_up(told, ledger_count(row))
        yield DayBalance(
            destination,
            day,
            assessed.run_id,
            assessed.assessed_at,
            tuple(class_count(row) for row in counts.get(day, [])),
            tuple(told.values()),
        )


def _by_day(rows: Sequence[AnyRow]) -> dict[date | None, list[AnyRow]]:
    found: dict[date | None, list[AnyRow]] = {}
    for row in rows:
        found.setdefault(row.day, []).append(row)
    return found


def _told(
    table: Table, destination: str, by_day: Mapping[date | None, AnyRow]
) -> AnySelect:
    """Select the rows of each day in the run that tells it."""
    pairs = [(row.run_id, day) for day, row in by_day.items() if day is not None]
    dated = tuple_(table.c.run_id, table.c.day).in_(pairs)
    undated = and_(table.c.run_id == by_day[None].run_id, table.c.day.is_(None))
    return (
        select(table)
        .where(table.c.destination == destination, or_(dated, undated))
        .order_by(table.c.id)
    )


def _gone(
    connection: Connection, destination: str, wanted: Mapping[date, AnyRow]
) -> Sequence[AnyRow]:
    """Read what retention took out of these days: a handful of rows for each."""
    if not wanted:
        return []
    columns = removed.c
    query = select(
        columns.at,
        columns.day,
        columns.currency,
        literal(ENTRIES).label("kind"),
        columns.status.label("name"),
        columns.owed_as,
        columns.orders,
        columns.value,
    ).where(
        columns.destination == destination,
        columns.day.between(min(wanted), max(wanted)),
    )
    return connection.execute(query).all()
