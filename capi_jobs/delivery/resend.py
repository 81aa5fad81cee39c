"""What is in doubt is sent again, with the same id and time, inside the dedup window.

The orders are read again from the warehouse; an order that is no longer to be sent
stays in doubt for a person. Which batch may be claimed, and until when, the ledger
decides: the window counts from the first send.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from capi_jobs.batching import halves
from capi_jobs.delivery.attempt import Attempts, move_of
from capi_jobs.ledger.values import Doubt, EventKey, key_of
from capi_jobs.model import Deferred, Entry, Lost, Outcome, Prepared, Refused

# Rebuild entries from the warehouse: event → prepared, or why it cannot be.
Rebuilt = Mapping[EventKey, Prepared | str]
Rebuild = Callable[[Sequence[Entry]], Rebuilt]
AsyncRebuild = Callable[[Sequence[Entry]], Awaitable[Rebuilt]]

# A refused batch of 1,000 is split about ten times until its bad event is alone.
PASSES_MAX = 12


async def resend_doubtful(attempts: Attempts, rebuild: AsyncRebuild) -> None:
    """Send again what is in doubt, batch after batch; split what is refused whole."""
    for _ in range(PASSES_MAX):
        if not await _one_pass(attempts, rebuild):
            return


async def _one_pass(attempts: Attempts, rebuild: AsyncRebuild) -> bool:
    """Try every doubtful batch once; say whether one was split and needs another."""
    began, split = attempts.clock.now(), False
    while True:
        if not await attempts.turn():
            return False
        # The lease runs while we wait for the ledger, too.
        asked = attempts.clock.monotonic()
        doubt = await attempts.books(
            attempts.ledger.claim_in_doubt,
            attempts.lane.name,
            now=attempts.clock.now(),
            lease=attempts.settings.lease,
            dedup_window=attempts.lane.limits.dedup_window,
            attempts_max=attempts.settings.in_doubt_attempts_max,
            sent_before=began,
            actor=attempts.actor,
        )
        if doubt is None:
            return split
        outcomes = await _resend(attempts, doubt, rebuild, asked)
        if any(isinstance(o, Deferred) and o.batch_refused for o in outcomes):
            split |= await _split(attempts, doubt, outcomes)


async def _resend(
    attempts: Attempts, doubt: Doubt, rebuild: AsyncRebuild, began: float
) -> list[Outcome]:
    entries, batch = doubt.entries, doubt.batch
    rebuilt = await rebuild(entries)
    latest = attempts.clock.now() + attempts.settings.lease
    ready, told = list[Prepared](), dict[EventKey, Outcome]()
    for entry in entries:
        item = rebuilt.get(key_of(entry), "the order is no longer in the warehouse")
        if isinstance(item, str):
            told[key_of(entry)] = Deferred(item)
        elif not attempts.in_time(item, latest):
            told[key_of(entry)] = Deferred("too old for the platform by now")
        else:
            ready.append(item)
    sent = (
        await attempts.call_in_lease(batch.batch_id, ready, began, batch.attempts)
        if ready
        else ()
    )
    told |= zip((key_of(item.entry) for item in ready), sent, strict=True)
    attempts.tally.resent += len(ready)
    moves = {key: move_of(outcome) for key, outcome in told.items()}
    await attempts.settle_each(batch.batch_id, moves, batch.attempts)
    _observe(attempts, sent)
    return [told[key_of(entry)] for entry in entries]


def _observe(attempts: Attempts, outcomes: Sequence[Outcome]) -> None:
    """A refusal rejects nothing here: the first send may have counted."""
    attempts.observe([o for o in outcomes if not isinstance(o, Refused)])
    attempts.tally.in_doubt -= sum(isinstance(o, Lost) for o in outcomes)


async def _split(attempts: Attempts, doubt: Doubt, outcomes: Sequence[Outcome]) -> bool:
    """Part a refused batch, so that one bad event keeps no other in doubt."""
    if any(isinstance(o, Refused) for o in outcomes):
        # The answer named it: settling moved it to a batch of its own.
        return True
    together = [
        key_of(entry)
        for entry, outcome in zip(doubt.entries, outcomes, strict=True)
        if isinstance(outcome, Deferred) and outcome.batch_refused
    ]
    if len(together) < len(doubt.entries):
        # Others left the batch: what was refused together is tried alone first.
        return bool(together)
    if len(together) < _PAIR:
        return False
    await attempts.books(
        attempts.ledger.split_in_doubt,
        doubt.batch.batch_id,
        # The other half stays where it is: a batch without events is none.
        [halves(together)[0]],
        now=attempts.clock.now(),
        actor=attempts.actor,
    )
    return True


# One event alone cannot be split.
_PAIR = 2
