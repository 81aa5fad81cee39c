"""Find the bad event of a refused batch in about log2(n) calls, or two when named.

After a refusal one half is sent as a probe. Is it taken, the culprit is in the other
half, which needs no call of its own; is it refused, the culprit is in it, and the
other half is spared: all that was spared goes out together at the end. So one bad
event among 1,000 costs 1 + 10 + 1 calls, and 999 are delivered.
"""

from collections.abc import Sequence

from capi_jobs.batching import halves
from capi_jobs.delivery.attempt import Attempts, Result
from capi_jobs.lifecycle import Event
from capi_jobs.model import Deferred, Prepared, Receipt, Refused


async def isolate(attempts: Attempts, refused: Result) -> Sequence[Prepared]:
    """Return what the refusal spared, to be sent; the bad event is rejected.

    When the answer named the bad event, it is rejected already, and the others are
    what was spared.
    """
    if any(isinstance(outcome, Refused) for outcome in refused.outcomes):
        return refused.left
    suspects, spared = list(refused.left), list[Prepared]()
    last = refused
    while len(suspects) > 1 and not attempts.over:
        probe, rest = halves(suspects)
        result = await attempts.send(probe, parent_id=last.batch_id)
        if result.taken and len(result.outcomes) == len(probe):
            suspects = rest
            if len(rest) == 1 and not _as_a_batch(last):
                await _reject_by_elimination(attempts, rest[0], last)
                return spared
        elif result.batch_refused and not _named(result):
            suspects, last = list(result.left), result
            spared += rest
        else:
            # Named, lost, put off or too late: the rest is as good as unknown again.
            return [*spared, *rest, *result.left]
    return [*spared, *suspects]


def _as_a_batch(refused: Result) -> bool:
    """Nothing is found by elimination where only the batch was bad."""
    return any(isinstance(o, Deferred) and o.as_a_batch for o in refused.outcomes)


def _named(result: Result) -> bool:
    return any(isinstance(outcome, Refused) for outcome in result.outcomes)


async def _reject_by_elimination(
    attempts: Attempts, culprit: Prepared, refused: Result
) -> None:
    """Reject without a call what was refused together with events that were taken."""
    claim = await attempts.books(
        attempts.ledger.claim,
        [culprit.entry],
        run_id=attempts.run_id,
        now=attempts.clock.now(),
        lease=attempts.settings.lease,
        actor=attempts.actor,
        parent_id=refused.batch_id,
    )
    if not claim:
        return
    reason = refused.outcomes[0]
    said = getattr(reason, "reason", "")
    await attempts.books(
        attempts.ledger.settle,
        claim.batch_id,
        Event.REFUSED,
        Receipt(f"{said} (found by elimination: its batch was taken without it)"),
        now=attempts.clock.now(),
        actor=attempts.actor,
    )
    attempts.observe([Refused("eliminated", said)])
