"""One call: due → claim (commit) → call → settle (commit). The only place that sends.

Intent is committed before the call and the receipt after it, never a call inside a
transaction. What to do with what is left: `__init__.py`, `isolation.py`, `resend.py`.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from capi_jobs.delivery.means import Lane, Means
from capi_jobs.delivery.observing import (
    call_told,
    dropped_told,
    stopped_told,
    throttled_told,
)
from capi_jobs.delivery.setbacks import Setbacks
from capi_jobs.delivery.tally import Tally
from capi_jobs.errors import DestinationStopped
from capi_jobs.ledger.values import EventKey, Settlement, key_of
from capi_jobs.lifecycle import Event
from capi_jobs.model import (
    Accepted,
    Answer,
    Deferred,
    Lost,
    NoAnswer,
    Outcome,
    Prepared,
    Receipt,
    Refused,
)
from capi_jobs.pace import Pace

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Result:
    """What one call left to do."""

    outcomes: Sequence[Outcome] = ()
    # Certainly not taken, so each may be called again.
    left: Sequence[Prepared] = ()
    # The batch was refused because of one of its events; an answer that names it has
    # it rejected already, and only the others are left.
    batch_refused: bool = False
    batch_id: str | None = None

    @property
    def taken(self) -> bool:
        """Whether every event was accepted."""
        return bool(self.outcomes) and all(
            isinstance(outcome, Accepted) for outcome in self.outcomes
        )


class Attempts:
    """Makes calls for one destination and keeps the books of them."""

    def __init__(self, lane: Lane, means: Means, tally: Tally) -> None:
        """Open nothing; the run's time begins to count."""
        self.lane, self.tally = lane, tally
        self.ledger, self.transport = means.ledger, means.transport
        self.settings, self.clock, self.stop = means.settings, means.clock, means.stop
        self.run_id, self.actor = means.run_id, means.actor
        self.pace = Pace(lane.limits.requests_per_second_max, means.clock)
        self._ends = (
            means.clock.monotonic() + means.settings.run_deadline.total_seconds()
        )
        self._setbacks = Setbacks(lane.name)
        self._halted = asyncio.Event()
        self._in_flight = asyncio.Semaphore(means.settings.in_flight_max)
        # What broke this lane; raised when all that is in flight is settled.
        self.fault: Exception | None = None

    @property
    def over(self) -> bool:
        """Whether no new call may be begun."""
        if self.clock.monotonic() >= self._ends:
            self.tally.interrupted = self.tally.out_of_time = True
        if self.stop.is_set():
            self.tally.interrupted = True
        return self.tally.interrupted or self._halted.is_set()

    def halt(self, fault: DestinationStopped) -> None:
        """Begin no new call for this destination."""
        if self.tally.stopped is None:
            self.tally.stopped = fault
            stopped_told(fault)
        self._halted.set()

    def broke(self, fault: Exception) -> None:
        """Begin no new call, for ledger or warehouse failed; those in flight settle."""
        if self.fault is None:
            self.fault = fault
            stopped_told(fault)
        self._halted.set()

    async def turn(self) -> bool:
        """Wait for a turn, no longer than the run goes on; say whether it does."""
        waits = [
            asyncio.ensure_future(waiting)
            for waiting in (self.pace.turn(), self.stop.wait(), self._halted.wait())
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in waits:
                waiting.cancel()
        return not self.over

    async def books(self, move: Callable[..., T], *args: object, **kw: object) -> T:
        """Run a move of the ledger beside the event loop; a cancel cannot tear it."""
        return await asyncio.shield(asyncio.to_thread(move, *args, **kw))

    async def send(
        self, batch: Sequence[Prepared], parent_id: str | None = None
    ) -> Result:
        """Claim, call and settle. Who is known or too late by then is not left."""
        if not await self.turn():
            return Result(left=batch)
        due, began = self._due(batch), self.clock.monotonic()
        claim = await self.books(
            self.ledger.claim,
            [item.entry for item in due],
            run_id=self.run_id,
            now=self.clock.now(),
            lease=self.settings.lease,
            actor=self.actor,
            parent_id=parent_id,
        )
        self.tally.already_known += len(claim.dropped)
        dropped_told(claim)
        if not claim:
            return Result()
        # Events of another name may have the same id.
        claimed = {key_of(entry) for entry in claim.entries}
        kept = [item for item in due if key_of(item.entry) in claimed]
        outcomes = await self.call_in_lease(claim.batch_id, kept, began, claim.attempts)
        moves = {
            key_of(item.entry): move_of(outcome)
            for item, outcome in zip(kept, outcomes, strict=True)
        }
        await self.settle_each(claim.batch_id, moves, claim.attempts)
        return self._result(claim.batch_id, kept, outcomes)

    async def call_in_lease(
        self, batch_id: str, items: Sequence[Prepared], began: float, attempt: int
    ) -> Sequence[Outcome]:
        """Call when others let it, while the answer must come within the lease."""
        room = self.settings.lease - self.settings.call_deadline
        async with self._slot(batch_id, attempt):
            # Meanwhile another answer may have said that no call is welcome.
            if self.over:
                return [Deferred("the run ended before the call")] * len(items)
            if self.clock.monotonic() - began >= room.total_seconds():
                return [Deferred("the claim waited too long for its call")] * len(items)
            return await self._call(batch_id, items, attempt)

    @asynccontextmanager
    async def _slot(self, batch_id: str, attempt: int) -> AsyncIterator[None]:
        """Wait until fewer calls than allowed are under way, then be one of them."""
        try:
            await self._in_flight.acquire()
        except asyncio.CancelledError:
            # Known for sure, where another run would have to take it for in doubt.
            told = Receipt("the run was stopped before the call")
            await self._leave(batch_id, Event.DEFERRED, told, attempt)
            raise
        try:
            yield
        finally:
            self._in_flight.release()

    async def _leave(
        self, batch_id: str, event: Event, receipt: Receipt, attempt: int
    ) -> None:
        """Write down how far a batch came that this run leaves alone."""
        await self.books(
            self.ledger.settle,
            batch_id,
            event,
            receipt,
            now=self.clock.now(),
            actor=self.actor,
            attempt=attempt,
        )

    async def _call(
        self, batch_id: str, items: Sequence[Prepared], attempt: int
    ) -> Sequence[Outcome]:
        """Make the call of a claimed batch; an answer that nobody reads is lost."""
        platform = self.lane.platform
        call = platform.call(
            [item.event for item in items], self.lane.target, self.lane.token
        )
        self.tally.requests += 1
        with call_told(batch_id, len(items), attempt) as heard:
            try:
                answer = await self.transport.send(call)
            except asyncio.CancelledError:
                # Asked to stop at once: say that nobody knows, then stop.
                lost = Receipt("the run was stopped before the answer came")
                await self._leave(batch_id, Event.LOST, lost, attempt)
                raise
            return heard(answer, self._read(items, answer))

    def _read(
        self, items: Sequence[Prepared], answer: Answer | NoAnswer
    ) -> Sequence[Outcome]:
        if isinstance(answer, NoAnswer):
            lost: Outcome = Lost(answer.reason)
            return [lost if answer.sent else Deferred(answer.reason)] * len(items)
        platform = self.lane.platform
        self.pace.pressed(platform.pressure(answer))
        try:
            return platform.outcomes([item.conversion for item in items], answer)
        except DestinationStopped as fault:
            self.halt(fault)
            return [Deferred(fault.what)] * len(items)

    def _due(self, batch: Sequence[Prepared]) -> list[Prepared]:
        """Leave out what would be too old, or count twice, when the call ends."""
        latest = self.clock.now() + self.settings.lease
        due = [item for item in batch if self.in_time(item, latest)]
        self.tally.too_late += len(batch) - len(due)
        return due

    def in_time(self, item: Prepared, at: datetime) -> bool:
        """Say whether the platform still takes this event at that time."""
        made = item.conversion
        if self.lane.limits.too_old(made.source, made.event_time, at):
            return False
        return item.send_until is None or at <= item.send_until

    async def settle_each(
        self, batch_id: str, moves: Mapping[EventKey, Settlement], attempt: int
    ) -> None:
        """Write the receipt; `attempt` tells which call was answered."""
        await self.books(
            self.ledger.settle_each,
            batch_id,
            moves,
            now=self.clock.now(),
            actor=self.actor,
            attempt=attempt,
        )

    def _result(
        self, batch_id: str, items: Sequence[Prepared], outcomes: Sequence[Outcome]
    ) -> Result:
        self.observe(outcomes)
        left = [
            item
            for item, outcome in zip(items, outcomes, strict=True)
            if isinstance(outcome, Deferred)
        ]
        refused = any(isinstance(o, Deferred) and o.batch_refused for o in outcomes)
        return Result(outcomes, left, refused, batch_id)

    def observe(self, outcomes: Sequence[Outcome]) -> None:
        """Count outcomes, adapt the pace, and stop where going on does harm."""
        count = Counter(map(type, outcomes))
        self.tally.delivered += count[Accepted]
        self.tally.rejected += count[Refused]
        self.tally.in_doubt += count[Lost]
        self._adapt(outcomes)
        if harm := self._setbacks.after(count):
            self.halt(harm)
        self.tally.changed()

    def _adapt(self, outcomes: Sequence[Outcome]) -> None:
        if self.over:  # no call follows, and what was not called was not throttled
            return
        deferred = [o for o in outcomes if isinstance(o, Deferred)]
        if deferred and not any(o.batch_refused for o in deferred):
            waits = [o.retry_after for o in deferred if o.retry_after is not None]
            pause = max(waits).total_seconds() if waits else None
            throttled_told(pause)
            self.pace.throttled(pause)
        elif outcomes and not any(isinstance(o, Lost) for o in outcomes):
            self.pace.answered()


def move_of(outcome: Outcome) -> tuple[Event, Receipt]:
    """Translate what the platform said into a move of the ledger."""
    match outcome:
        case Accepted(trace_id, note):
            return Event.ACCEPTED, Receipt(note, trace_id)
        case Refused(code, message):
            return Event.REFUSED, Receipt(f"{code}: {message}" if message else code)
        case Deferred(reason):
            return Event.DEFERRED, Receipt(reason)
        case Lost(reason):
            return Event.LOST, Receipt(reason)
