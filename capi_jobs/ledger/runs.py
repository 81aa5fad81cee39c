"""Runs: when, by whom, over which interval, and how they ended.

What was found before the send is in assessments.py, what was sent in moves.py.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from sqlalchemy import ColumnElement, Connection, Select, insert, select, update

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger.columns import AnyRow, among
from capi_jobs.ledger.door import Door, moving, reading
from capi_jobs.ledger.findings import run_destinations, runs
from capi_jobs.ledger.values import Decision, Gate, Run, RunDestination, RunStatus
from capi_jobs.model import DataInterval

LATEST = "latest"
# A run that is named wrongly is most often one of the last few.
_SUGGESTIONS_MAX = 5
_NONE: Mapping[str, int] = MappingProxyType({})


class Runs(Door):
    """Each run has a row, and one more for every destination."""

    @moving
    def start_run(  # noqa: PLR0913 - the whole heading of a run
        self,
        connection: Connection,
        run_id: str,
        *,
        kind: str,
        interval: DataInterval,
        destinations: Sequence[str],
        actor: str,
        now: datetime,
        note: str = "",
        asked: str | None = None,
        approved: Mapping[str, int] = _NONE,
    ) -> None:
        """Open a run; a name that was used before is refused.

        `asked`: digest of what a person asked for; `approved`: how many orders of each
        destination somebody has said yes to before.
        """
        taken = select(runs.c.run_id).where(runs.c.run_id == run_id)
        if connection.execute(taken).first():
            raise DecisionRefused("there is such a run already", ids=[run_id])
        span = {"interval_start": interval.start, "interval_end": interval.end}
        connection.execute(
            insert(runs),
            {
                "run_id": run_id,
                "kind": kind,
                **span,
                "started_at": now,
                "actor": actor,
                "status": RunStatus.RUNNING,
                "note": note,
                "asked": asked,
            },
        )
        rows = [
            {
                **EMPTY,
                "run_id": run_id,
                "destination": destination,
                "approved_count": approved.get(destination),
                **span,
            }
            for destination in destinations
        ]
        if rows:
            connection.execute(insert(run_destinations), rows)

    @moving
    def set_run_status(
        self, connection: Connection, run_id: str, status: RunStatus
    ) -> None:
        """Say where a run stands that is not over."""
        _update_run(connection, run_id, status=status)

    @moving
    def finish_run(
        self,
        connection: Connection,
        run_id: str,
        status: RunStatus,
        *,
        now: datetime,
        note: str = "",
    ) -> None:
        """Close a run."""
        _update_run(connection, run_id, status=status, finished_at=now, note=note)

    @moving
    def start_delivery(
        self, connection: Connection, run_id: str, destination: str, *, now: datetime
    ) -> None:
        """Say that a destination's orders are being sent now."""
        _update_destination(
            connection,
            run_id,
            destination,
            status=RunStatus.RUNNING,
            started_at=now,
        )

    @moving
    def finish_destination(  # noqa: PLR0913 - how it ended, and its counts
        self,
        connection: Connection,
        run_id: str,
        destination: str,
        status: RunStatus,
        *,
        now: datetime,
        requests: Mapping[str, int] | None = None,
        note: str = "",
    ) -> None:
        """Close one destination of a run."""
        _update_destination(
            connection,
            run_id,
            destination,
            status=status,
            finished_at=now,
            note=note,
            requests=dict(requests or {}),
        )

    @reading
    def run(self, connection: Connection, name: str = LATEST) -> Run:
        """Find a run by its id, an unmistakable beginning of it, or "latest"."""
        return full_run(connection, run_id_for(connection, name))

    @reading
    def is_run(self, connection: Connection, run_id: str) -> bool:
        """Whether there is a run of exactly this id."""
        query = select(runs.c.run_id).where(runs.c.run_id == run_id)
        return connection.execute(query).first() is not None

    @reading
    def recent_runs(self, connection: Connection, limit: int) -> list[Run]:
        """List the last runs, the newest first."""
        ids = connection.scalars(_newest().limit(limit)).all()
        return full_runs(connection, ids)


EMPTY: Mapping[str, object] = {
    "status": RunStatus.RUNNING,
    "note": "",
    "gate_reasons": [],
    "missing_values": {},
    "approved_values": {},
    "requests": {},
}


def run_id_for(connection: Connection, name: str) -> str:
    """Return the id that is meant, or refuse with those that may have been meant."""
    query = _newest().limit(_SUGGESTIONS_MAX)
    if name == LATEST:
        found = connection.scalars(query.limit(1)).all()
    else:
        found = connection.scalars(query.where(_begins(name))).all()
        found = [name] if name in found else found
    if len(found) == 1:
        return found[0]
    if found:
        raise DecisionRefused(
            f"{name!r} is the beginning of several runs", ids=found, do="write it out"
        )
    latest = connection.scalars(query).all()
    raise DecisionRefused(
        "there is no such run" if name != LATEST else "there is no run yet",
        ids=[] if name == LATEST else [name],
        do=f"the last ones are {', '.join(latest)}" if latest else "start one first",
    )


def full_run(connection: Connection, run_id: str) -> Run:
    """Read a run with its destinations."""
    (run,) = full_runs(connection, [run_id])
    return run


def full_runs(connection: Connection, run_ids: Sequence[str]) -> list[Run]:
    """Read these runs with their destinations, in this order."""
    mine = among(connection, runs.c.run_id, run_ids)
    rows = {row.run_id: row for row in connection.execute(select(runs).where(mine))}
    parts: dict[str, dict[str, RunDestination]] = {}
    for part in connection.execute(
        select(run_destinations)
        .where(among(connection, run_destinations.c.run_id, run_ids))
        .order_by(run_destinations.c.destination)
    ):
        its = parts.setdefault(part.run_id, {})
        its[part.destination] = destination_from(part)
    return [_run(rows[each], parts.get(each, {})) for each in run_ids if each in rows]


def _run(row: AnyRow, parts: Mapping[str, RunDestination]) -> Run:
    return Run(
        run_id=row.run_id,
        kind=row.kind,
        interval=DataInterval(row.interval_start, row.interval_end),
        started_at=row.started_at,
        finished_at=row.finished_at,
        actor=row.actor,
        status=RunStatus(row.status),
        note=row.note,
        asked=row.asked,
        destinations=parts,
    )


def destination_from(row: AnyRow) -> RunDestination:
    """Return the value for a row of `run_destinations`."""
    return RunDestination(
        run_id=row.run_id,
        destination=row.destination,
        interval=DataInterval(row.interval_start, row.interval_end),
        status=RunStatus(row.status),
        note=row.note,
        assessed_at=row.assessed_at,
        gate=row.gate and Gate(row.gate),
        gate_reasons=tuple(row.gate_reasons),
        missing_count=row.missing_count,
        missing_values=amounts_from(row.missing_values),
        decision=row.decision and Decision(row.decision),
        decided_by=row.decided_by,
        decided_reason=row.decided_reason,
        decided_at=row.decided_at,
        approved_count=row.approved_count,
        approved_values=amounts_from(row.approved_values),
        started_at=row.started_at,
        finished_at=row.finished_at,
        requests=row.requests,
    )


def amounts_from(texts: Mapping[str, str]) -> dict[str, Decimal]:
    return {currency: Decimal(text) for currency, text in texts.items()}


def _begins(name: str) -> ColumnElement[bool]:
    return runs.c.run_id.startswith(name, autoescape=True)


def _newest() -> Select[str]:
    return select(runs.c.run_id).order_by(
        runs.c.started_at.desc(), runs.c.run_id.desc()
    )


def _update_run(connection: Connection, run_id: str, **changes: object) -> None:
    done = connection.execute(
        update(runs).where(runs.c.run_id == run_id).values(**changes)
    )
    if done.rowcount != 1:
        raise DecisionRefused("there is no such run", ids=[run_id])


def _update_destination(
    connection: Connection, run_id: str, destination: str, **changes: object
) -> None:
    mine = run_destinations.c.run_id == run_id
    done = connection.execute(
        update(run_destinations)
        .where(mine, run_destinations.c.destination == destination)
        .values(**changes)
    )
    if done.rowcount != 1:
        raise DecisionRefused(f"the run has no destination {destination}", ids=[run_id])
