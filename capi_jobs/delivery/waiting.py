"""Wait for calls that others left unanswered: a run that was killed, or one at work.

A killed run leaves batches in flight until their lease is over; only then are they in
doubt, and may be sent again. Without the wait they would stay so until the next run.
"""

from datetime import datetime

from capi_jobs.delivery.attempt import Attempts

# Often enough that a run which goes on is not kept, rarely enough for a ledger.
_LOOK_SECONDS = 1.0


async def await_others(attempts: Attempts, began: datetime) -> None:
    """Return when no call of this destination is open, or its lease is over.

    All calls of this run are settled by now. What others began since this one did is
    theirs: slices of a day, side by side, would else wait for each other.
    """
    clock, lane = attempts.clock, attempts.lane.name
    longest = clock.monotonic() + attempts.settings.lease.total_seconds()
    while not attempts.over and clock.monotonic() <= longest:
        until = await attempts.books(attempts.ledger.awaited_until, lane, began)
        if until is None or until <= clock.now():
            break
        await clock.sleep(_LOOK_SECONDS)
    if not attempts.over:
        now = clock.now()
        await attempts.books(attempts.ledger.sweep, now, actor=attempts.actor)
