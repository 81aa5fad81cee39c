"""`close`: how a destination's day ended, counted anew. A report is in `report/`."""

import contextlib
from dataclasses import dataclass

from capi_jobs.config import Destination
from capi_jobs.jobs.assessing import days_of
from capi_jobs.jobs.house import House
from capi_jobs.jobs.steps.finding import UNWATCHED
from capi_jobs.jobs.work import Work
from capi_jobs.ledger.values import Decision, Run, RunStatus
from capi_jobs.model import OrderClass
from capi_jobs.report.amounts import Amount
from capi_jobs.report.as_json import balance_json
from capi_jobs.report.balance import Balance, several
from capi_jobs.report.gather import balances


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The end of one destination's day."""

    run_id: str
    destination: str
    status: RunStatus  # done, failed, held, waiting or interrupted
    note: str  # why it failed; ""
    decision: Decision | None
    decided_by: str
    reason: str  # the data owner's own words: not for logs
    days: tuple[Balance, ...]
    total: Balance

    @property
    def expired(self) -> Amount:
        """Missing, and older than the platform takes."""
        return self.total[OrderClass.EXPIRED]

    @property
    def in_doubt(self) -> Amount:
        """Sent, but the answer was lost."""
        return self.total[OrderClass.IN_DOUBT]

    @property
    def rejected(self) -> Amount:
        """Refused by the platform for good."""
        return self.total[OrderClass.REJECTED]

    @property
    def remainder(self) -> Amount:
        """What stands in no column, or in two: nothing, unless there is a bug."""
        return self.total.remainder

    @property
    def closes(self) -> bool:
        """Whether every order of every day stands in exactly one column."""
        return all(day.closes for day in self.days)

    def as_json(self) -> dict[str, object]:
        """Return the counts and the words of the machine; no person's."""
        return {
            "run_id": self.run_id,
            "destination": self.destination,
            "status": str(self.status),
            "decision": self.decision and str(self.decision),
            "closes": self.closes,
            **balance_json(self.total),
        }


def close(house: House, run_id: str, destination: Destination, *, actor: str) -> Closed:
    """Count the run's days anew and say how they stand.

    What aged while the run waited is expired by now, which the ledger cannot know.
    """
    name = destination.name
    if not house.ledger.is_run(run_id):
        return _never_begun(run_id, name)
    now = house.clock.now()
    house.ledger.sweep(now, actor=actor)
    house.ledger.end_slices(run_id, name, now=now)
    run = house.ledger.run(run_id)
    with contextlib.ExitStack() as open_ones:
        work = Work(house, run_id, actor, {}, UNWATCHED)
        work.reconcile(destination, run.destinations[name].interval, open_ones)
    return _closed(house, run, name)


def _never_begun(run_id: str, name: str) -> Closed:
    return Closed(
        run_id=run_id,
        destination=name,
        status=RunStatus.FAILED,
        note="nothing was assessed",
        decision=None,
        decided_by="",
        reason="",
        days=(),
        total=Balance(destination=name),
    )


def _closed(house: House, run: Run, name: str) -> Closed:
    part = run.destinations[name]
    first, last = days_of(run.interval, house.settings.day_zone)
    days = balances(house.ledger, name, first, last)
    return Closed(
        run_id=run.run_id,
        destination=name,
        status=part.status,
        note=part.note,
        decision=part.decision,
        decided_by=part.decided_by or "",
        reason=part.decided_reason or "",
        days=days,
        total=several(name, days),
    )
