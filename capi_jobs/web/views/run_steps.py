"""What happened in a run, in the order in which it happened, with how long it took."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, get_args

from capi_jobs.ledger.values import (
    Decision,
    Gate,
    Run,
    RunDestination,
    RunStatus,
    Slice,
)
from capi_jobs.web.amounts import Worth
from capi_jobs.web.page import Shown

What = Literal[
    "started",
    "assessed",
    "asked",
    "approved",
    "held",
    "counted",
    "delivering",
    "delivered",
    "finished",
]
Level = Literal["good", "look", "fault", ""]
_LEVELS: dict[RunStatus, Level] = {
    RunStatus.DONE: "good",
    RunStatus.FAILED: "fault",
    RunStatus.INTERRUPTED: "fault",
    RunStatus.WAITING: "look",
    RunStatus.HELD: "look",
    RunStatus.RUNNING: "",
}


class Step(Shown):
    """Something that happened."""

    at: datetime
    what: What
    level: Level
    destination: str  # empty: to the run as a whole
    actor: str  # who did it, if it was a person
    words: str  # why, or what came of it
    seconds: float | None  # since what it followed: the start, the question, the send

    @property
    def lasted(self) -> timedelta | None:
        """The same as a span."""
        return None if self.seconds is None else timedelta(seconds=self.seconds)


class Part(Shown):
    """A part of the days, which is delivered by itself."""

    number: int  # from 1
    interval_start: datetime
    interval_end: datetime
    due: Worth
    status: RunStatus
    calls: int
    note: str
    started_at: datetime | None
    finished_at: datetime | None


def steps_of(run: Run) -> tuple[Step, ...]:
    """Tell what happened, the first first."""
    told = [_step(run.started_at, "started", actor=run.actor, words=run.note)]
    for part in run.destinations.values():
        told += _part_steps(run, part)
    if run.finished_at is not None:
        level = _LEVELS[run.status]
        words, took = run.status.value, _seconds(run.started_at, run.finished_at)
        told.append(
            _step(run.finished_at, "finished", level=level, words=words, seconds=took)
        )
    return tuple(sorted(told, key=_when))


def _when(step: Step) -> tuple[datetime, int]:
    return step.at, _ORDER.index(step.what)


_ORDER: Sequence[What] = get_args(What)


def _part_steps(run: Run, part: RunDestination) -> Iterator[Step]:
    name = part.destination
    if part.assessed_at is not None and part.gate is not None:
        what, level = _assessed(part, part.assessed_at)
        counted = what == "counted"
        since = None if counted else _seconds(run.started_at, part.assessed_at)
        yield _step(
            part.assessed_at, what, level=level, destination=name, seconds=since
        )
    if part.decision is not None and part.decided_at is not None:
        approved = part.decision is Decision.APPROVED
        yield _step(
            part.decided_at,
            "approved" if approved else "held",
            level="good" if approved else "look",
            destination=name,
            actor=part.decided_by or "",
            words=part.decided_reason or "",
            seconds=_seconds(part.assessed_at, part.decided_at),
        )
    if part.started_at is not None:
        yield _step(part.started_at, "delivering", destination=name)
        if part.finished_at is not None:
            yield _step(
                part.finished_at,
                "delivered",
                level=_LEVELS[part.status],
                destination=name,
                words=part.note or part.status.value,
                seconds=_seconds(part.started_at, part.finished_at),
            )


def _assessed(part: RunDestination, at: datetime) -> tuple[What, Level]:
    """Tell the first look from a later count, which overwrites its time."""
    began = (part.decided_at, part.started_at)
    if any(one is not None and one < at for one in began):
        return "counted", ""
    return ("asked", "look") if part.gate is Gate.ASK else ("assessed", "good")


def _seconds(begun: datetime | None, ended: datetime) -> float | None:
    """Return how long it took; a part that was taken up again has gone before."""
    if begun is None or ended < begun:
        return None
    return round((ended - begun).total_seconds(), 1)


def _step(  # noqa: PLR0913 - the fields of a step
    at: datetime,
    what: What,
    *,
    level: Level = "",
    destination: str = "",
    actor: str = "",
    words: str = "",
    seconds: float | None = None,
) -> Step:
    return Step(
        at=at,
        what=what,
        level=level,
        destination=destination,
        actor=actor,
        words=words,
        seconds=seconds,
    )


def parts_of(slices: Iterable[Slice]) -> tuple[Part, ...]:
    """Tell the slices, the oldest orders first."""
    return tuple(
        Part(
            number=one.number + 1,
            interval_start=one.due.interval.start,
            interval_end=one.due.interval.end,
            due=Worth.given(one.due.orders, one.due.values),
            status=one.status,
            calls=one.requests,
            note=one.note,
            started_at=one.started_at,
            finished_at=one.finished_at,
        )
        for one in slices
    )
