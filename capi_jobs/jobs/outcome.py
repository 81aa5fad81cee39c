"""What a run did: for the terminal, for programs, and for its exit code."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from capi_jobs.delivery import Tally
from capi_jobs.gate import Gate
from capi_jobs.ledger.values import RunStatus, worst
from capi_jobs.model import DataInterval


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run did for one destination."""

    destination: str
    gate: Gate
    tally: Tally | None  # None: the gate asks, nothing was sent
    held: Mapping[str, int] = field(default_factory=dict)  # by rule


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did."""

    run_id: str
    interval: DataInterval
    destinations: tuple[Ran, ...] = ()
    # Where nothing was done because a person said so: how the run stands, and whose.
    decided: RunStatus | None = None
    held: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether a destination stopped, or the run was interrupted."""
        tallies = [ran.tally for ran in self.destinations if ran.tally]
        return any(tally.stopped or tally.interrupted for tally in tallies)

    @property
    def needs_person(self) -> bool:
        """Whether somebody must approve, or look at what is in doubt or rejected."""
        return any(
            ran.tally is None or ran.tally.in_doubt or ran.tally.rejected
            for ran in self.destinations
        )

    def as_json(self) -> dict[str, object]:
        """Write the stable JSON of `run --json`."""
        return {
            "run_id": self.run_id,
            "interval": {
                "start": self.interval.start.isoformat(),
                "end": self.interval.end.isoformat(),
            },
            "status": str(self.decided or status_of_run(self)),
            "destinations": [_ran_json(ran) for ran in self.destinations],
        }


def _ran_json(ran: Ran) -> dict[str, object]:
    return {
        "name": ran.destination,
        "status": str(status_of(ran.tally) if ran.tally else RunStatus.WAITING),
        "gate": ran.gate.verdict,
        "gate_reasons": [
            {"rule": reason.rule, "says": reason.says, "figures": dict(reason.figures)}
            for reason in ran.gate.reasons
        ],
        "sent": ran.tally.as_json() if ran.tally else None,
        "held": dict(ran.held),
    }


def status_of(tally: Tally) -> RunStatus:
    if tally.stopped:
        return RunStatus.FAILED
    return RunStatus.INTERRUPTED if tally.interrupted else RunStatus.DONE


def status_of_run(report: RunReport) -> RunStatus:
    return worst(
        status_of(ran.tally) if ran.tally else RunStatus.WAITING
        for ran in report.destinations
    )
