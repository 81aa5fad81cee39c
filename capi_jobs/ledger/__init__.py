"""The ledger: what was sent, what became of it, who decided what. Never who bought.

`Ledger` is the only door; its parts: claims, moves, doubts and people move batches
(`capi_jobs/lifecycle.py` says how), holds keeps the quarantine, runs, slices and
assessments what runs found, readings what platforms say, audits how much was wrong,
keys, listing, balances, pages, past, waiting and decisions answer, forgetting and
retention remove.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory
from typing import Self

from capi_jobs.errors import LedgerMissing
from capi_jobs.ledger.assessments import Assessments
from capi_jobs.ledger.audits import Audits
from capi_jobs.ledger.balances import Balances
from capi_jobs.ledger.claims import Claims
from capi_jobs.ledger.decisions import Decisions
from capi_jobs.ledger.door import engine_for
from capi_jobs.ledger.doubts import Doubts
from capi_jobs.ledger.forgetting import Forgetting
from capi_jobs.ledger.holds import Holds
from capi_jobs.ledger.keys import Keys
from capi_jobs.ledger.latest import LatestBalances
from capi_jobs.ledger.listing import Listing
from capi_jobs.ledger.migrate import bring_up
from capi_jobs.ledger.moves import Moves
from capi_jobs.ledger.pages import Pages
from capi_jobs.ledger.past import Past
from capi_jobs.ledger.people import Chosen, People
from capi_jobs.ledger.readings import Readings
from capi_jobs.ledger.reasons import Standstill
from capi_jobs.ledger.retention import Retention
from capi_jobs.ledger.runs import Runs
from capi_jobs.ledger.slices import Slices
from capi_jobs.ledger.waiting import WaitingRoom

__all__ = ["Chosen", "Ledger"]


class Ledger(
    Claims,
    Moves,
    Doubts,
    People,
    Holds,
    Runs,
    Slices,
    Assessments,
    Keys,
    Listing,
    Balances,
    LatestBalances,
    Pages,
    Past,
    WaitingRoom,
    Decisions,
    Standstill,
    Audits,
    Readings,
    Forgetting,
    Retention,
):
    """Open one per process; it may be used by many threads at once."""

    @classmethod
    def open(cls, url: str, *, create: bool = True) -> Self:
        """Open the ledger at `url`; make or migrate it where that is needed."""
        ledger = cls(engine_for(url, create=create))
        try:
            bring_up(ledger, create=create)
        except BaseException:
            ledger.close()
            raise
        return ledger

    @classmethod
    @contextmanager
    def looked_into(cls, url: str) -> Iterator[Self]:
        """Open the ledger to look only; where there is none, an empty one for now."""
        with ExitStack() as stack:
            try:
                ledger = cls.open(url, create=False)
            except LedgerMissing:
                folder = stack.enter_context(TemporaryDirectory(prefix="capi-jobs-"))
                ledger = cls.open(f"sqlite:///{folder}/empty.db")
            stack.enter_context(ledger)
            yield ledger
