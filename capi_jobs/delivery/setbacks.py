"""Lost answers and refused events in a row: when each further call only does harm.

What a single answer means for its events is `attempt.py`'s.
"""

from collections import Counter

from capi_jobs.errors import DestinationStopped
from capi_jobs.model import Accepted, Lost, Outcome, Refused

# So many answers lost one after the other, with none between: the platform is down,
# and each further call would only put more orders in doubt.
LOST_IN_A_ROW_MAX = 16
# So many events refused with none taken between: not the events are bad, the set-up is.
REFUSED_IN_A_ROW_MAX = 50


class Setbacks:
    """Counted for one destination; whatever it takes begins the count anew."""

    def __init__(self, destination: str) -> None:
        """Begin with none."""
        self._destination = destination
        self._lost = self._refused = 0

    def after(self, answer: Counter[type[Outcome]]) -> DestinationStopped | None:
        """Count an answer, told by kinds of outcome; say why to stop, if so."""
        if answer[Accepted]:
            self._lost = self._refused = 0
        self._refused += answer[Refused]
        self._lost += bool(answer[Lost])
        if self._refused >= REFUSED_IN_A_ROW_MAX:
            return DestinationStopped(
                f"{self._destination}: {REFUSED_IN_A_ROW_MAX} events in a row were"
                " refused and none was taken",
                do="see `ledger list --status rejected` for the platform's reason",
            )
        if self._lost >= LOST_IN_A_ROW_MAX:
            return DestinationStopped(
                f"{self._destination}: {LOST_IN_A_ROW_MAX} answers in a row were lost",
                do="run again when the platform answers; what is in doubt is kept",
            )
        return None
