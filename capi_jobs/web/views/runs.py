"""The runs, newest first: what each found, who was asked, and how it ended."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from capi_jobs.jobs.interval import days_within
from capi_jobs.ledger.values import Decision, Gate, Run, RunDestination, RunStatus
from capi_jobs.web.amounts import Worth
from capi_jobs.web.office import Looked
from capi_jobs.web.page import Page, Shown
from capi_jobs.web.views.parameters import ROWS, After, Any_, Named, Rows


class RunPart(Shown):
    """One destination of a run."""

    destination: str
    status: RunStatus
    gate: Gate | None  # null: it was not judged
    decision: Decision | None
    due: Worth | None  # what would be sent, as it was judged; null: it was not
    note: str  # why it failed


class RunRow(Shown):
    """One run of the list."""

    run_id: str
    kind: str
    status: RunStatus
    actor: str
    note: str
    interval_start: datetime
    interval_end: datetime
    first_day: date  # of the interval, in the shop's zone
    last_day: date
    started_at: datetime
    finished_at: datetime | None
    destinations: tuple[RunPart, ...]


class Runs(Shown):
    """A page of runs, and what they can be filtered by."""

    destination: str
    status: RunStatus | None
    kind: str
    runs: tuple[RunRow, ...]
    after: str  # where the next page begins; empty: this is the last
    first: bool  # whether this is the first page
    known_destinations: tuple[str, ...]
    known_kinds: tuple[str, ...]


def read(
    desk: Looked,
    *,
    destination: Named = "",
    status: RunStatus | Any_ = "",
    kind: Named = "",
    after: After = "",
    limit: Rows = ROWS,
) -> Runs:
    """List the runs that fit."""
    page = desk.ledger.runs_page(
        destination=destination or None,
        status=status or None,
        kind=kind or None,
        after=after or None,
        limit=limit,
    )
    return Runs(
        destination=destination,
        status=status or None,
        kind=kind,
        runs=tuple(_row(run, desk.settings.day_zone) for run in page.rows),
        after=page.after or "",
        first=not after,
        known_destinations=tuple(one.name for one in desk.settings.destinations),
        known_kinds=tuple(desk.ledger.run_kinds()),
    )


def _row(run: Run, zone: ZoneInfo) -> RunRow:
    first, last = days_within(run.interval, zone)
    return RunRow(
        run_id=run.run_id,
        kind=run.kind,
        status=run.status,
        actor=run.actor,
        note=run.note,
        interval_start=run.interval.start,
        interval_end=run.interval.end,
        first_day=first,
        last_day=last,
        started_at=run.started_at,
        finished_at=run.finished_at,
        destinations=tuple(map(_part, run.destinations.values())),
    )


def _part(part: RunDestination) -> RunPart:
    judged = part.gate is not None
    return RunPart(
        destination=part.destination,
        status=part.status,
        gate=part.gate,
        decision=part.decision,
        due=due_of(part) if judged else None,
        note=part.note,
    )


def due_of(part: RunDestination) -> Worth:
    """Tell what would be sent, as it was judged."""
    return Worth.given(part.missing_count or 0, part.missing_values)


PAGE = Page(
    path="/runs",
    name="runs",
    title="Runs",
    read=read,
    model=Runs,
    summary="Runs, the newest first, by destination, status and kind.",
    in_menu=True,
)
