"""`run`, `approve`, `hold`: assess, let the gate pass or ask, deliver what may go.

The ledger is the only hand-off: each step can be killed and started again anywhere.
"""

import contextlib
from collections.abc import Sequence

from capi_jobs.config import Destination
from capi_jobs.jobs.house import House, Watcher
from capi_jobs.jobs.outcome import Ran, RunReport
from capi_jobs.jobs.records import new_run_id
from capi_jobs.jobs.work import Work
from capi_jobs.ledger.values import Decision, RunStatus
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
    credentials = house.settings.tokens(tuple(chosen))
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
    with work.recorded(), contextlib.ExitStack() as open_ones:
        found = [work.assess(d, interval, open_ones) for d in chosen]
        for one in found:
            work.keep(one, one.gate)
        going = [one for one in found if one.gate.verdict == "pass"]
        tallies = work.deliver(going)
        report = RunReport(
            run_id,
            interval,
            tuple(Ran(one.name, one.gate, tallies.get(one.name)) for one in found),
        )
        work.finish(report)
    return report


def approve(
    house: House,
    name: str,
    *,
    destination: str | None,
    because: str,
    actor: str,
    watcher: Watcher,
    deliver: bool = True,
) -> RunReport:
    """Approve what a run found, then deliver it, up to what was shown."""
    now = house.clock.now()
    waiting = house.ledger.run(name)
    names = [
        one.destination
        for one in waiting.destinations.values()
        if one.status is RunStatus.WAITING and destination in {None, one.destination}
    ]
    chosen = house.settings.chosen(tuple(names)) if names else ()
    credentials = house.settings.tokens(chosen)
    decided = house.ledger.decide(
        waiting.run_id,
        destination,
        Decision.APPROVED,
        actor=actor,
        reason=because,
        now=now,
    )
    if not deliver:
        return RunReport(decided.run_id, decided.interval)
    house.ledger.sweep(now, actor=actor)
    work = Work(house, decided.run_id, actor, credentials, watcher)
    with work.recorded(), contextlib.ExitStack() as open_ones:
        found = [
            (work.assess(d, decided.interval, open_ones), decided.destinations[d.name])
            for d in chosen
        ]
        gates = {one.name: work.gate_again(one, shown) for one, shown in found}
        going = [one for one, _ in found if gates[one.name].verdict == "pass"]
        tallies = work.deliver(going)
        report = RunReport(
            decided.run_id,
            decided.interval,
            tuple(Ran(name, gate, tallies.get(name)) for name, gate in gates.items()),
        )
        work.finish(report)
    return report


def hold(
    house: House, name: str, *, destination: str | None, because: str, actor: str
) -> RunReport:
    """Turn down what a run found: nothing of it is sent."""
    now = house.clock.now()
    decided = house.ledger.decide(
        name, destination, Decision.HELD, actor=actor, reason=because, now=now
    )
    return RunReport(decided.run_id, decided.interval)
