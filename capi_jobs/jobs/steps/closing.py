"""`close`: how a destination's day ended, counted anew; the report's, in `report/`."""

from dataclasses import dataclass

from capi_jobs.config import Destination
from capi_jobs.jobs.house import House
from capi_jobs.ledger.values import Decision, RunStatus
from capi_jobs.model import OrderClass
from capi_jobs.report.amounts import Amount
from capi_jobs.report.balance import Balance


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


def close(house: House, run_id: str, destination: Destination, *, actor: str) -> Closed:
    """Count the run's days anew and say how they stand."""
    raise NotImplementedError
