"""`deliver`: send one slice of what was assessed, and no more than was shown.

Slices of a run may be delivered at the same time, in different processes. Each judges
the whole interval anew, so that an order which shares an id with one of another slice
is held as it was shown, and sends its own part.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from capi_jobs.config import Destination
from capi_jobs.delivery import Tally
from capi_jobs.errors import DestinationStopped, GateClosed
from capi_jobs.gate import Gate, GateLimits, GateReason, grown, log_stopped
from capi_jobs.jobs.assessing import Assessed, reconciled
from capi_jobs.jobs.house import House, Watcher
from capi_jobs.jobs.observing import gate_told, slice_ended, step_told
from capi_jobs.jobs.outcome import status_of
from capi_jobs.jobs.steps.finding import UNWATCHED
from capi_jobs.jobs.work import Work, recorded
from capi_jobs.ledger.values import Decision, RunDestination, RunStatus, Slice


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of a slice."""

    delivered: int
    rejected: int
    in_doubt: int  # of the whole destination, whoever sent them
    too_late: int
    requests: int
    status: RunStatus  # done, failed or interrupted
    stopped: DestinationStopped | None = None
    out_of_time: bool = False  # `run_deadline` was over before all was sent

    def as_json(self) -> dict[str, object]:
        """Return counts under stable names."""
        return {
            "delivered": self.delivered,
            "rejected": self.rejected,
            "in_doubt": self.in_doubt,
            "too_late": self.too_late,
            "requests": self.requests,
            "status": str(self.status),
            "stopped": type(self.stopped).__name__ if self.stopped else None,
        }


def deliver(
    house: House,
    run_id: str,
    destination: Destination,
    slice_: int,
    *,
    actor: str,
    watcher: Watcher = UNWATCHED,
) -> Sent:
    """Send what is missing now in this slice; slices are numbered from 0.

    GateClosed where more is missing than was shown: the whole run asks again.
    """
    now, name = house.clock.now(), destination.name
    house.ledger.sweep(now, actor=actor)
    begun = house.ledger.start_slice(run_id, name, slice_, now=now)
    part = house.ledger.run(run_id).destinations[name]
    with (
        step_told("slice", run_id, destination, slice=slice_ + 1),
        recorded(partial(_broke_off, house, begun)),
        contextlib.ExitStack() as open_ones,
    ):
        credentials = house.tokens((destination,))
        work = Work(house, run_id, actor, credentials, watcher, marks_start=False)
        found = open_ones.enter_context(
            reconciled(house, destination, part.interval, watcher)
        )
        found.reconciliation.keep_only(begun.due.interval)
        reason = work.too_much(found, partial(_judged, house, part, begun))
        if reason is None:
            return _delivered(work, found, begun)
    return _close_gate(house, begun, reason)


def _judged(
    house: House,
    part: RunDestination,
    begun: Slice,
    orders: int,
    values: Mapping[str, Decimal],
) -> GateReason | None:
    """A person approved these counts; the gate alone passes what is usual."""
    shown = begun.due
    if part.decision is Decision.APPROVED:
        return grown(shown.orders, shown.values, orders, values)
    limits = GateLimits(**house.settings.gate.model_dump())
    return log_stopped(shown.orders, orders, limits)


def _delivered(work: Work, found: Assessed, begun: Slice) -> Sent:
    tally = work.deliver([found])[found.name]
    work.house.ledger.finish_slice(
        begun,
        status_of(tally),
        now=work.house.clock.now(),
        requests=tally.requests,
        note=str(tally.stopped or ""),
    )
    slice_ended(tally)
    return _sent(tally)


def _sent(tally: Tally) -> Sent:
    return Sent(
        delivered=tally.delivered,
        rejected=tally.rejected,
        in_doubt=tally.in_doubt,
        too_late=tally.too_late,
        requests=tally.requests,
        status=status_of(tally),
        stopped=tally.stopped,
        out_of_time=tally.out_of_time,
    )


def _close_gate(house: House, begun: Slice, reason: GateReason) -> Sent:
    said = f"{reason.rule}: {reason.says}"
    house.ledger.ask_again(begun, [said], now=house.clock.now())
    gate_told(begun.destination, Gate("ask", (reason,)))
    raise GateClosed(
        f"{begun.destination}: {said}",
        ids=[begun.run_id],
        do="look at the run, then start its assessment again",
    )


def _broke_off(house: House, begun: Slice, status: RunStatus, note: str) -> None:
    house.ledger.finish_slice(begun, status, now=house.clock.now(), note=note)
