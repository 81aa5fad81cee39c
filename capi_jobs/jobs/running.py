"""`run`, `approve`, `hold`: assess, let the gate pass or ask, deliver what may go.

The ledger is the only hand-off: each step can be killed and started again anywhere.
"""

import contextlib
from collections.abc import Sequence

from capi_jobs.config import Destination
from capi_jobs.jobs.house import House, Watcher
from capi_jobs.jobs.observing import run_ended, run_told
from capi_jobs.jobs.outcome import Ran, RunReport
from capi_jobs.jobs.records import new_run_id
from capi_jobs.jobs.work import Work
from capi_jobs.ledger.values import Decision, Gate, Run, RunDestination, RunStatus
from capi_jobs.model import DataInterval


def run(
    house: House,
    interval: DataInterval,
    chosen: Sequence[Destination],
    *,
    actor: str,
    watcher: Watcher,
    kind: str = "run",
) -> RunReport:
    """Assess each destination; deliver where the gate passes, wait where it asks."""
    now = house.clock.now()
    credentials = house.tokens(chosen)
    run_id = new_run_id(now)
    house.ledger.sweep(now, actor=actor)
    house.ledger.start_run(
        run_id,
        kind=kind,
        interval=interval,
        destinations=[d.name for d in chosen],
        actor=actor,
        now=now,
    )
    work = Work(house, run_id, actor, credentials, watcher)
    with (
        run_told(run_id, kind, interval),
        work.recorded(),
        contextlib.ExitStack() as open_ones,
    ):
        found = [work.assess(d, house.widened(interval, d), open_ones) for d in chosen]
        for one in found:
            work.keep(one, one.gate)
        going = [one for one in found if one.gate.verdict == "pass"]
        for one in found:
            if one not in going:
                one.kept = None  # a person decides, and another run sends
        tallies = work.deliver(going)
        report = RunReport(
            run_id,
            interval,
            tuple(
                Ran(one.name, one.gate, tallies.get(one.name), dict(one.held))
                for one in found
            ),
        )
        work.finish(report)
        run_ended(report)
    return report


def approve(  # who, what, why, and how far
    house: House,
    name: str,
    *,
    destination: str | None,
    because: str,
    actor: str,
    watcher: Watcher,
) -> RunReport:
    """Approve what a run found, then deliver it, up to what was shown.

    An approval whose delivery broke off is taken up again.
    """
    now, shown = house.clock.now(), house.ledger.run(name)
    if _asks(shown, destination) or not _approved_unfinished(shown, destination):
        shown = house.ledger.decide(
            shown.run_id,
            destination,
            Decision.APPROVED,
            actor=actor,
            reason=because,
            now=now,
        )
    going_on = _approved_unfinished(shown, destination)
    chosen = house.settings.chosen(tuple(one.destination for one in going_on))
    credentials = house.tokens(chosen)
    house.ledger.sweep(now, actor=actor)
    work = Work(house, shown.run_id, actor, credentials, watcher)
    with (
        run_told(shown.run_id, "approve", shown.interval),
        work.recorded(),
        contextlib.ExitStack() as open_ones,
    ):
        found = [
            work.reconcile(d, one.interval, open_ones)
            for d, one in zip(chosen, going_on, strict=True)
        ]
        gates = {
            one.name: work.gate_again(one, approved)
            for one, approved in zip(found, going_on, strict=True)
        }
        passed = [one for one in found if gates[one.name].verdict == "pass"]
        tallies = work.deliver(passed)
        ran = (
            Ran(o.name, gates[o.name], tallies.get(o.name), dict(o.held)) for o in found
        )
        report = RunReport(shown.run_id, shown.interval, tuple(ran))
        work.finish(report)
        run_ended(report)
    return report


def _asks(shown: Run, destination: str | None) -> bool:
    return any(
        one.gate is Gate.ASK
        and one.decision is None
        and destination in {None, one.destination}
        for one in shown.destinations.values()
    )


def _approved_unfinished(shown: Run, destination: str | None) -> list[RunDestination]:
    return [
        one
        for one in shown.destinations.values()
        if one.decision is Decision.APPROVED
        and one.status is not RunStatus.DONE
        and destination in {None, one.destination}
    ]


def hold(
    house: House, name: str, *, destination: str | None, because: str, actor: str
) -> RunReport:
    """Turn down what a run found: nothing of it is sent."""
    now = house.clock.now()
    decided = house.ledger.decide(
        name, destination, Decision.HELD, actor=actor, reason=because, now=now
    )
    held = tuple(
        one.destination
        for one in decided.destinations.values()
        if one.decision is Decision.HELD
    )
    return RunReport(
        decided.run_id, decided.interval, decided=decided.status, held=held
    )
