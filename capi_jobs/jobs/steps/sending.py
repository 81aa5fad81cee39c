"""`deliver`: send one slice of what was assessed, and no more than was shown.

Slices of a run may be delivered at the same time, in different processes.
"""

from dataclasses import dataclass

from capi_jobs.config import Destination
from capi_jobs.errors import DestinationStopped
from capi_jobs.jobs.house import House, Watcher
from capi_jobs.jobs.steps.finding import UNWATCHED
from capi_jobs.ledger.values import RunStatus


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
    """Send what is missing now in this slice; slices are numbered from 0."""
    raise NotImplementedError
