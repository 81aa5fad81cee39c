"""One run: what it found, who was asked, and what became of what it sent.

Its steps are told by `run_steps.py`, its calls by `run_calls.py`, its question by
`asking.py`; the answer that a person gives is `deciding.py`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from fastapi import Request

from capi_jobs.jobs.interval import days_within
from capi_jobs.ledger.pages import StatusAmount
from capi_jobs.ledger.values import Run as LedgerRun
from capi_jobs.ledger.values import RunDestination, RunStatus
from capi_jobs.lifecycle import Status
from capi_jobs.model import ClassCount, OrderClass
from capi_jobs.report.amounts import Amount, total
from capi_jobs.report.sentences import Level, count
from capi_jobs.web.amounts import Worth
from capi_jobs.web.office import Desk, Looked
from capi_jobs.web.page import Page, Shown
from capi_jobs.web.refusals import NotFound
from capi_jobs.web.views.asking import Asking, asking
from capi_jobs.web.views.parameters import ROWS, After, Any_, Named, Rows, RunId
from capi_jobs.web.views.run_calls import Call, calls
from capi_jobs.web.views.run_steps import Part, Step, parts_of, steps_of

StageName = Literal[
    "looked_at", "due", "ready", "sent", "delivered", "rejected", "in_doubt", "moving"
]


class Stage(Shown):
    """One step of the funnel: so many orders came so far."""

    name: StageName
    worth: Worth


class Counted(Shown):
    """Orders of a class, as this run counted them last."""

    order_class: OrderClass
    worth: Worth


class RunOf(Shown):
    """What a run found, asked and did at one destination."""

    destination: str
    status: RunStatus
    note: str
    first_day: date  # that was looked at, in the shop's zone
    last_day: date
    asking: Asking
    funnel: tuple[Stage, ...]
    classes: tuple[Counted, ...]
    validated: bool  # whether there is a validation report
    parts: tuple[Part, ...]  # what is delivered by itself; mostly none


class Run(Shown):
    """A run, its destinations and a page of its calls."""

    run_id: str
    kind: str
    status: RunStatus
    level: Level
    says: str  # how it stands, in one sentence
    actor: str
    note: str
    interval_start: datetime
    interval_end: datetime
    first_day: date  # of the interval, in the shop's zone
    last_day: date
    started_at: datetime
    finished_at: datetime | None
    destinations: tuple[RunOf, ...]
    steps: tuple[Step, ...]
    calls: tuple[Call, ...]
    calls_after: str  # where the next page of calls begins; empty: this is the last
    calls_first: bool
    calls_destination: str
    calls_status: Status | None


def read(  # noqa: PLR0913 - filters of its calls
    request: Request,
    desk: Looked,
    run_id: RunId,
    *,
    destination: Named = "",
    status: Status | Any_ = "",
    after: After = "",
    limit: Rows = ROWS,
) -> Run:
    """Look at a run; destination, status and `after` are about its calls."""
    run = found_run(desk, run_id)
    parts = run.destinations.values()
    counted = {
        one.destination: _by_class(desk.ledger.balance_of(run_id, one.destination))
        for one in parts
    }
    usual = {name: _usual(classes) for name, classes in counted.items()}
    made, next_page = calls(
        desk.ledger,
        run_id,
        usual,
        destination=destination,
        status=status or None,
        after=after,
        limit=limit,
    )
    sent = desk.ledger.sent_by_run(run_id)
    told = [
        _of(request, desk, run, one, sent, counted[one.destination]) for one in parts
    ]
    level, says = _headline(run, told)
    first, last = days_within(run.interval, desk.settings.day_zone)
    return Run(
        run_id=run.run_id,
        kind=run.kind,
        status=run.status,
        level=level,
        says=says,
        actor=run.actor,
        note=run.note,
        interval_start=run.interval.start,
        interval_end=run.interval.end,
        first_day=first,
        last_day=last,
        started_at=run.started_at,
        finished_at=run.finished_at,
        destinations=tuple(told),
        steps=steps_of(run),
        calls=made,
        calls_after=next_page,
        calls_first=not after,
        calls_destination=destination,
        calls_status=status or None,
    )


def _headline(run: LedgerRun, told: Sequence[RunOf]) -> tuple[Level, str]:
    """Say in one sentence how the run stands."""
    asking = [one.destination for one in told if one.asking.waits]
    if asking:
        ask = "asks" if len(asking) == 1 else "ask"
        return "look", f"{_listed(asking)} {ask} before anything is sent."
    approved = [one.destination for one in told if one.asking.undelivered]
    if approved and run.status is RunStatus.WAITING:
        return "look", f"{_listed(approved)}: approved, and not delivered yet."
    level, words = _STANDS[run.status]
    counts = _became(told)
    if level == "good" and (counts["rejected"] or counts["in_doubt"]):
        level = "look"
    said = [f"{count(n, 'order')} {_WORDS[name]}" for name, n in counts.items() if n]
    return level, f"{words}{', '.join(said) or 'nothing had to be sent'}."


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _became(told: Sequence[RunOf]) -> dict[StageName, int]:
    stages = [stage for one in told for stage in one.funnel]
    return {
        name: sum(stage.worth.orders for stage in stages if stage.name == name)
        for name in _WORDS
    }


_STANDS: dict[RunStatus, tuple[Level, str]] = {
    RunStatus.DONE: ("good", "Done: "),
    RunStatus.RUNNING: ("empty", "It is at work now: "),
    RunStatus.WAITING: ("look", "It waits: "),
    RunStatus.HELD: ("empty", "A person held it: "),
    RunStatus.FAILED: ("fault", "It failed, and the next run goes on: "),
    RunStatus.INTERRUPTED: ("fault", "It broke off, and the next run goes on: "),
}
_WORDS: dict[StageName, str] = {
    "delivered": "delivered",
    "rejected": "rejected",
    "in_doubt": "in doubt",
    "moving": "in flight",
}


def found_run(desk: Desk, run_id: str) -> LedgerRun:
    """Find a run by its whole id."""
    if not desk.ledger.is_run(run_id):
        raise NotFound("there is no run of that name in the ledger", ids=[run_id])
    return desk.ledger.run(run_id)


def _of(
    request: Request,
    desk: Desk,
    run: LedgerRun,
    part: RunDestination,
    sent: Sequence[StatusAmount],
    counted: dict[OrderClass, Amount],
) -> RunOf:
    name = part.destination
    mine = {one.status: one for one in sent if one.destination == name}
    first, last = days_within(part.interval, desk.settings.day_zone)
    usual = _usual(counted)
    return RunOf(
        destination=name,
        status=part.status,
        note=part.note,
        first_day=first,
        last_day=last,
        asking=asking(request, desk.ledger, run, part, usual),
        funnel=tuple(_funnel(part, counted, mine, usual)),
        classes=tuple(
            Counted(order_class=each, worth=Worth.of(amount))
            for each, amount in counted.items()
            if amount
        ),
        validated=bool(desk.ledger.validations_of(run.run_id, name)),
        parts=parts_of(desk.ledger.slices(run.run_id, name)),
    )


def _usual(counted: dict[OrderClass, Amount]) -> dict[str, int]:
    """Count the orders of each currency: those of the most are told first."""
    parts = total(counted.values()).parts
    return {code: orders for code, (orders, _) in parts.items()}


def _by_class(counts: Sequence[ClassCount]) -> dict[OrderClass, Amount]:
    found: dict[OrderClass, list[Amount]] = {each: [] for each in OrderClass}
    for one in counts:
        found[one.order_class].append(Amount.of(one.orders, one.value, one.currency))
    return {each: total(amounts) for each, amounts in found.items()}


def _funnel(
    part: RunDestination,
    counted: dict[OrderClass, Amount],
    sent: dict[Status, StatusAmount],
    usual: Mapping[str, int],
) -> Iterator[Stage]:
    """Follow the orders; a re-upload looks at no days, but at named orders alone."""
    if part.gate is not None:
        ready, held = part.missing_count or 0, counted[OrderClass.HELD]
        values = part.missing_values
        yield Stage(name="looked_at", worth=Worth.of(total(counted.values())))
        yield _stage("due", usual, (ready, values), (held.orders, held.values))
        yield _stage("ready", usual, (ready, values))
    for name, statuses in _STAGES.items():
        some = [sent[status] for status in statuses if status in sent]
        sending = part.started_at is not None and name in {"sent", "delivered"}
        if some or sending:
            yield _stage(name, usual, *((one.orders, one.values) for one in some))


def _stage(
    name: StageName,
    usual: Mapping[str, int],
    *amounts: tuple[int, Mapping[str, Decimal]],
) -> Stage:
    """Add up what is counted in different ways: orders, and values by currency."""
    values = [Amount({c: (0, v) for c, v in each.items()}) for _, each in amounts]
    orders = sum(each for each, _ in amounts)
    return Stage(name=name, worth=Worth.given(orders, total(values).values, usual))


_STAGES: dict[StageName, tuple[Status, ...]] = {
    "sent": tuple(Status),
    "delivered": (Status.DELIVERED,),
    "rejected": (Status.REJECTED,),
    "in_doubt": (Status.IN_DOUBT,),
    "moving": (Status.IN_FLIGHT, Status.RESENDING),
}


PAGE = Page(
    path="/runs/{run_id}",
    name="run",
    title="Run",
    read=read,
    model=Run,
    summary="One run: what it found, validated, asked and sent, and its calls.",
)
