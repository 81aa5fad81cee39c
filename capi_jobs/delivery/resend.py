"""What is in doubt is sent again, with the same id and time, inside the dedup window.

The orders are read again from the warehouse; an order that is no longer to be sent
stays in doubt for a person. Which batch may be claimed, and until when, the ledger
decides: the window counts from the first send.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from capi_jobs.batching import halves
from capi_jobs.delivery.attempt import Attempts, move_of
from capi_jobs.ledger.values import Doubt, key_of
from capi_jobs.model import Accepted, Deferred, Entry, Lost, Outcome, Prepared, Refused

# Rebuild entries from the warehouse: event id → prepared, or why it cannot be.
Rebuild = Callable[[Sequence[Entry]], Mapping[str, Prepared | str]]
AsyncRebuild = Callable[[Sequence[Entry]], Awaitable[Mapping[str, Prepared | str]]]

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
        await attempts.pace.turn()
        if attempts.over:
            return False
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
        outcomes = await _resend(attempts, doubt, rebuild)
        if any(isinstance(o, Deferred) and o.batch_refused for o in outcomes):
            split |= await _split(attempts, doubt, outcomes)


async def _resend(
    attempts: Attempts, doubt: Doubt, rebuild: AsyncRebuild
) -> list[Outcome]:
    entries, began = doubt.entries, attempts.clock.monotonic()
    rebuilt = await rebuild(entries)
    latest = attempts.clock.now() + attempts.settings.lease
    ready, unsendable = list[Prepared](), dict[str, Outcome]()
    for entry in entries:
        item = rebuilt.get(entry.event_id, "the order is no longer in the warehouse")
        if isinstance(item, str):
            unsendable[entry.event_id] = Deferred(item)
        elif not attempts.in_time(item, latest):
            unsendable[entry.event_id] = Deferred("too old for the platform by now")
        else:
            ready.append(item)
    batch_id = doubt.batch.batch_id
    sent = await attempts.call_in_lease(batch_id, ready, began) if ready else []
    answered = dict(zip((item.entry.event_id for item in ready), sent, strict=True))
    outcomes = [(unsendable | answered)[entry.event_id] for entry in entries]
    attempts.tally.resent += len(ready)
    await _settle(attempts, doubt, outcomes)
    _observe(attempts, sent)
    return outcomes


async def _settle(
    attempts: Attempts, doubt: Doubt, outcomes: Sequence[Outcome]
) -> None:
    moves = {
        key_of(entry): move_of(outcome)
        for entry, outcome in zip(doubt.entries, outcomes, strict=True)
    }
    await attempts.books(
        attempts.ledger.settle_each,
        doubt.batch.batch_id,
        moves,
        now=attempts.clock.now(),
        actor=attempts.actor,
        attempt=doubt.batch.attempts,
    )


def _observe(attempts: Attempts, outcomes: Sequence[Outcome]) -> None:
    """Only what is settled for good is counted: the rest is in doubt as before."""
    attempts.observe([o for o in outcomes if isinstance(o, Accepted | Lost)])
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
        list(halves(together)),
        now=attempts.clock.now(),
        actor=attempts.actor,
    )
    return True


# One event alone cannot be split.
_PAIR = 2
