"""Slices: parts of a run's destination that are delivered by themselves, side by side.

Their destination's status follows from theirs, in the same transaction, under the lock
of its row. They are cut and written with the assessment, see assessments.py.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger.columns import AnyRow
from capi_jobs.ledger.door import Door, moving, reading
from capi_jobs.ledger.findings import run_destinations, runs, slices
from capi_jobs.ledger.runs import amounts_from
from capi_jobs.ledger.values import Decision, Gate, RunStatus, Slice, SliceDue, worst
from capi_jobs.model import DataInterval

_OPEN = frozenset({RunStatus.WAITING, RunStatus.RUNNING})


class Slices(Door):
    """Any of these may be repeated: by a task that was killed, or cleared."""

    @reading
    def slices(
        self, connection: Connection, run_id: str, destination: str
    ) -> list[Slice]:
        """List the slices of a run's destination, the oldest orders first."""
        return _slices(connection, run_id, destination)

    @moving
    def start_slice(
        self,
        connection: Connection,
        run_id: str,
        destination: str,
        number: int,
        *,
        now: datetime,
    ) -> Slice:
        """Say that a slice is being sent now; refused where nobody let it go."""
        part = _locked(connection, run_id, destination)
        _refuse_unless_open(part)
        begun = {"status": RunStatus.RUNNING, "started_at": now, "finished_at": None}
        changed = connection.execute(
            update(slices)
            .filter_by(run_id=run_id, destination=destination, slice=number)
            .values(**begun, note="")
            .returning(slices)
        ).one_or_none()
        if changed is None:
            raise DecisionRefused(
                f"{destination} has no slice {number} in this run",
                ids=[run_id],
                do="start its assessment again",
            )
        _follow(connection, part, now)
        return _slice(changed)

    @moving
    def finish_slice(
        self,
        connection: Connection,
        begun: Slice,
        status: RunStatus,
        *,
        now: datetime,
        requests: int = 0,
        note: str = "",
    ) -> None:
        """Say how a slice ended; whoever began it again since says so himself."""
        part = _locked(connection, begun.run_id, begun.destination)
        _end(
            connection,
            begun,
            status=status,
            finished_at=now,
            requests=slices.c.requests + requests,
            note=note,
        )
        _follow(connection, part, now)

    @moving
    def ask_again(
        self,
        connection: Connection,
        begun: Slice,
        reasons: Sequence[str],
        *,
        now: datetime,
    ) -> None:
        """Close the gate for the whole run: no slice is begun before it was assessed.

        The counts that were shown stand, and so does the balance.
        """
        part = _locked(connection, begun.run_id, begun.destination)
        _end(connection, begun, status=RunStatus.WAITING)
        asked = part.gate_reasons if _asks(part) else []
        connection.execute(
            update(run_destinations)
            .filter_by(run_id=begun.run_id, destination=begun.destination)
            .values(
                gate=Gate.ASK,
                gate_reasons=list(dict.fromkeys([*asked, *reasons])),
                status=RunStatus.WAITING,
                decision=None,
                decided_by=None,
                decided_reason=None,
                decided_at=None,
                approved_count=None,
                approved_values={},
            )
        )
        _tell_run(connection, begun.run_id, now)

    @moving
    def end_slices(
        self, connection: Connection, run_id: str, destination: str, *, now: datetime
    ) -> None:
        """Say that what is running still broke off: nobody is at it any more."""
        part = _locked(connection, run_id, destination)
        if part.status != RunStatus.RUNNING:
            return
        broke_off = {"status": RunStatus.INTERRUPTED, "finished_at": now}
        key = {"run_id": run_id, "destination": destination}
        unfinished = slices.c.status.in_(_OPEN)
        changed = connection.execute(
            update(slices).filter_by(**key).where(unfinished).values(**broke_off)
        )
        if changed.rowcount:
            _follow(connection, part, now)
        else:  # its assessment did
            mine = update(run_destinations).filter_by(**key)
            connection.execute(mine.values(**broke_off))
            _tell_run(connection, run_id, now)

    @moving
    def tell_run(self, connection: Connection, run_id: str, *, now: datetime) -> None:
        """Let a run stand as its destinations do."""
        _tell_run(connection, run_id, now)


def slice_row(number: int, due: SliceDue) -> dict[str, object]:
    """Return the row of a slice that is not begun yet."""
    return {
        "slice": number,
        "interval_start": due.interval.start,
        "interval_end": due.interval.end,
        "due_count": due.orders,
        "due_values": {currency: str(value) for currency, value in due.values.items()},
        "status": RunStatus.WAITING,
        "requests": 0,
    }


def _locked(connection: Connection, run_id: str, destination: str) -> AnyRow:
    """Read a destination's row and keep others from changing it meanwhile."""
    row = connection.execute(
        select(run_destinations)
        .filter_by(run_id=run_id, destination=destination)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise DecisionRefused(
            f"there is no such run of {destination}", ids=[run_id], do="assess it first"
        )
    return row


def _asks(part: AnyRow) -> bool:
    """Whether nobody said yes to what the gate asked."""
    return bool(part.gate == Gate.ASK and part.decision != Decision.APPROVED)


def _refuse_unless_open(part: AnyRow) -> None:
    name, ids = part.destination, [part.run_id]
    if part.gate is None:
        raise DecisionRefused(
            f"{name} was not assessed in this run", ids=ids, do="assess it first"
        )
    if part.decision == Decision.HELD:
        raise DecisionRefused(
            f"{name} was held by {part.decided_by}: nothing is sent",
            ids=ids,
            do="start its assessment again if that was wrong",
        )
    if _asks(part):
        raise DecisionRefused(
            f"nobody has approved what {name} would be sent",
            ids=ids,
            do="approve or hold the run",
        )


def _end(connection: Connection, begun: Slice, **changes: object) -> None:
    """Change a slice, unless it was begun again, or cut anew."""
    connection.execute(
        update(slices)
        .filter_by(
            run_id=begun.run_id,
            destination=begun.destination,
            slice=begun.number,
            started_at=begun.started_at,
        )
        .values(**changes)
    )


def _follow(connection: Connection, part: AnyRow, now: datetime) -> None:
    """Let a destination stand as its slices do; while it asks, it waits."""
    if _asks(part):
        return
    found = _slices(connection, part.run_id, part.destination)
    running = any(one.status in _OPEN for one in found)
    started = [one.started_at for one in found if one.started_at]
    connection.execute(
        update(run_destinations)
        .filter_by(run_id=part.run_id, destination=part.destination)
        .values(
            status=RunStatus.RUNNING if running else worst(s.status for s in found),
            note="; ".join(dict.fromkeys(one.note for one in found if one.note)),
            requests={"requests": sum(one.requests for one in found)},
            started_at=min(started, default=None),
            finished_at=None if running else now,
        )
    )
    _tell_run(connection, part.run_id, now)


def _tell_run(connection: Connection, run_id: str, now: datetime) -> None:
    mine = select(runs.c.run_id).filter_by(run_id=run_id)
    connection.execute(mine.with_for_update())
    told = select(run_destinations.c.status).filter_by(run_id=run_id)
    status = worst(RunStatus(each) for each in connection.scalars(told))
    finished = None if status in _OPEN else now
    connection.execute(
        update(runs)
        .filter_by(run_id=run_id)
        .values(status=status, finished_at=finished)
    )


def _slices(connection: Connection, run_id: str, destination: str) -> list[Slice]:
    rows = connection.execute(
        select(slices)
        .filter_by(run_id=run_id, destination=destination)
        .order_by(slices.c.slice)
    )
    return [_slice(row) for row in rows]


def _slice(row: AnyRow) -> Slice:
    return Slice(
        run_id=row.run_id,
        destination=row.destination,
        number=row.slice,
        due=SliceDue(
            DataInterval(row.interval_start, row.interval_end),
            row.due_count,
            amounts_from(row.due_values),
        ),
        status=RunStatus(row.status),
        note=row.note,
        requests=row.requests,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
