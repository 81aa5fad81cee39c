"""What delivery tells of its calls: a span, a line and figures each, none per event.

The books are kept in `attempt.py`; this is for whoever watches.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

from capi_jobs.delivery.means import Lane
from capi_jobs.errors import DestinationStopped
from capi_jobs.ledger.values import Claim
from capi_jobs.model import Accepted, Answer, Deferred, Lost, NoAnswer, Outcome, Refused
from capi_jobs.telemetry import bound, count, span, tell, timed

log = logging.getLogger(__name__)

# What a call was answered, and what that means for each of its events.
Heard = Callable[[Answer | NoAnswer, Sequence[Outcome]], Sequence[Outcome]]
_WORDS: dict[type, str] = {
    Accepted: "accepted",
    Refused: "refused",
    Deferred: "deferred",
    Lost: "lost",
}
# Events of one call had different fates.
_MIXED = "mixed"
_USUAL = {"accepted", "deferred"}


@contextmanager
def lane_told(lane: Lane, run_id: str) -> Iterator[None]:
    """Name the run and the destination in all that is told within."""
    with (
        bound(run_id=run_id, destination=lane.name, platform=lane.platform.name),
        span("deliver"),
    ):
        yield


@contextmanager
def call_told(batch_id: str, events: int, attempt: int) -> Iterator[Heard]:
    """Tell one call; what is yielded is called with the answer and hands it on."""
    with bound(batch_id=batch_id), span("call", events=events, attempt=attempt) as note:
        began = perf_counter()

        def heard(
            answer: Answer | NoAnswer, outcomes: Sequence[Outcome]
        ) -> Sequence[Outcome]:
            found = {
                _WORDS[kind]: n for kind, n in Counter(map(type, outcomes)).items()
            }
            outcome = next(iter(found)) if len(found) == 1 else _MIXED
            seconds = perf_counter() - began
            status = answer.status if isinstance(answer, Answer) else None
            note(outcome=outcome, status=status)
            count("capi_jobs.calls", 1, outcome=outcome)
            timed("capi_jobs.call.duration", seconds, outcome=outcome)
            for word, number in found.items():
                count("capi_jobs.events", number, outcome=word)
            tell(
                log.info if outcome in _USUAL else log.warning,
                "call answered",
                outcome=outcome,
                events=events,
                **({} if len(found) == 1 else found),
                status=status,
                seconds=seconds,
                attempt=attempt,
                reason=None if outcome == "accepted" else _reason(outcomes),
            )
            return outcomes

        yield heard


def _reason(outcomes: Sequence[Outcome]) -> str | None:
    """Return why not, of the first that says so; nothing personal is in it."""
    for one in outcomes:
        if isinstance(one, Deferred | Lost):
            return one.reason
        if isinstance(one, Refused):
            return one.code
    return None


def dropped_told(claim: Claim) -> None:
    """Tell that others have some of the events that were to be sent."""
    if claim.dropped:
        statuses = Counter(str(one.status) for one in claim.dropped)
        tell(
            log.info,
            "claim dropped",
            batch_id=claim.batch_id or None,
            events=len(claim.dropped),
            outcome=dict(statuses),
        )


def throttled_told(seconds: float | None) -> None:
    """Tell that the platform wants fewer calls."""
    tell(log.warning, "throttled", pause=seconds)


def stopped_told(fault: Exception) -> None:
    """Tell that no further call is begun; another's exception by its kind alone."""
    reason = str(fault) if isinstance(fault, DestinationStopped) else None
    tell(log.error, "destination stopped", error=type(fault).__name__, reason=reason)
