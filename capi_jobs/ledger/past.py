"""Runs, and what each found, one after another: for lists and for what changed.

A single run is in runs.py, what was found before a send in assessments.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, select

from capi_jobs.ledger.balances import validation_from
from capi_jobs.ledger.columns import AnyRow, among, given
from capi_jobs.ledger.door import Door, reading
from capi_jobs.ledger.findings import coverage, run_destinations, runs, validations
from capi_jobs.ledger.paging import PAGE_ROWS, Order, Page
from capi_jobs.ledger.runs import destination_from, full_runs
from capi_jobs.ledger.values import Decision, Run, RunDestination, RunStatus, Validation
from capi_jobs.model import DataInterval


@dataclass(frozen=True, slots=True)
class Judged:
    """How the expectations fared in one run of a destination."""

    run_id: str
    assessed_at: datetime
    found: tuple[Validation, ...]


class Past(Door):
    """Reads only, in a time that does not grow with the ledger."""

    @reading
    def runs_page(
        self,
        connection: Connection,
        *,
        destination: str | None = None,
        status: RunStatus | None = None,
        kind: str | None = None,
        after: str | None = None,
        limit: int = PAGE_ROWS,
    ) -> Page[Run]:
        """List runs, the newest first; the status is that of a named destination."""
        tests = given((kind, runs.c.kind.__eq__))
        if destination is not None:
            tests.append(_has_part(destination, status))
        else:
            tests += given((status, runs.c.status.__eq__))
        query = select(runs.c.run_id, runs.c.started_at).where(*tests)

        page = _BY_START.page(connection, query, _run_id, after, limit)
        return Page(tuple(full_runs(connection, page.rows)), page.after)

    @reading
    def run_kinds(self, connection: Connection) -> list[str]:
        """Name the kinds of runs that there were."""
        return list(connection.scalars(select(runs.c.kind).distinct().order_by("kind")))

    @reading
    def judged_before(
        self, connection: Connection, run_id: str, destination: str, limit: int
    ) -> list[Judged]:
        """Say how expectations fared in the runs before this one, the newest first.

        Runs without anything ready to be sent are left out: they looked again at what
        is held alone, so that their shares tell nothing of the source.
        """
        at = select(run_destinations.c.assessed_at).filter_by(
            run_id=run_id, destination=destination
        )
        rows = connection.execute(
            select(run_destinations.c.run_id, run_destinations.c.assessed_at)
            .where(
                run_destinations.c.destination == destination,
                run_destinations.c.assessed_at < at.scalar_subquery(),
                run_destinations.c.gate.is_not(None),
                _had_ready(),
            )
            .order_by(
                run_destinations.c.assessed_at.desc(), run_destinations.c.run_id.desc()
            )
            .limit(limit)
        ).all()
        found = _found(connection, destination, [row.run_id for row in rows])
        return [
            Judged(row.run_id, row.assessed_at, tuple(found.get(row.run_id, ())))
            for row in rows
        ]

    @reading
    def recent_assessments(
        self,
        connection: Connection,
        destination: str,
        limit: int,
        *,
        besides: str = "",
        over: DataInterval | None = None,
    ) -> list[RunDestination]:
        """List what the last runs found for a destination, the newest first.

        `besides` leaves out a run, which is no past of its own; `over`, those that
        looked at nothing of that interval. What no gate judged is left out as well: a
        re-upload counts whole days, but looks at a few orders.
        """
        columns = run_destinations.c
        there = [columns.interval_start < over.end] if over else []
        there += [columns.interval_end > over.start] if over else []
        rows = connection.execute(
            select(run_destinations)
            .where(
                run_destinations.c.destination == destination,
                run_destinations.c.assessed_at.is_not(None),
                run_destinations.c.gate.is_not(None),
                run_destinations.c.run_id != besides,
                *there,
            )
            .order_by(
                run_destinations.c.assessed_at.desc(), run_destinations.c.run_id.desc()
            )
            .limit(limit)
        )
        return [destination_from(row) for row in rows]

    @reading
    def ever_approved(self, connection: Connection, destination: str) -> bool:
        """Whether a person has ever said yes to this destination."""
        query = select(run_destinations.c.run_id).filter_by(
            destination=destination, decision=Decision.APPROVED
        )
        return connection.execute(query.limit(1)).first() is not None


_BY_START = Order((runs.c.started_at, runs.c.run_id), newest_first=True)


def _run_id(row: AnyRow) -> str:
    return str(row.run_id)


def _has_part(destination: str, status: RunStatus | None) -> ColumnElement[bool]:
    part = run_destinations.c
    mine = and_(part.run_id == runs.c.run_id, part.destination == destination)
    return exists().where(mine, *given((status, part.status.__eq__)))


def _had_ready() -> ColumnElement[bool]:
    return exists().where(
        coverage.c.run_id == run_destinations.c.run_id,
        coverage.c.destination == run_destinations.c.destination,
    )


def _found(
    connection: Connection, destination: str, run_ids: Iterable[str]
) -> dict[str, list[Validation]]:
    mine = among(connection, validations.c.run_id, list(run_ids))
    rows = connection.execute(
        select(validations)
        .where(mine, validations.c.destination == destination)
        .order_by(validations.c.id)
    )
    found: dict[str, list[Validation]] = {}
    for row in rows:
        found.setdefault(row.run_id, []).append(validation_from(row))
    return found
