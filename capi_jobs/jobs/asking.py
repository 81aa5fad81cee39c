"""Asks one destination's read API, page by page, a bounded number of times.

What is asked and how answers read is `platforms/`; this is the only place that waits
and asks again, because reading counts nothing twice.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from capi_jobs.config import Verify
from capi_jobs.delivery import Clock, Transport
from capi_jobs.model import Answer, NoAnswer
from capi_jobs.platforms.arrival import (
    Arrival,
    Asked,
    Figure,
    Inquiry,
    Told,
    Trouble,
    Untold,
)

Reader = Callable[[Asked, Answer, Inquiry], Told | Untold]
# Platforms that say "not now" without a time: wait this, doubled each time.
_WAIT_FIRST = timedelta(seconds=1)
# What may be over in a moment.
_PASSING = frozenset({Trouble.THROTTLED, Trouble.DOWN})


@dataclass(frozen=True, slots=True)
class Heard:
    """Everything that a platform told."""

    arrivals: tuple[Arrival, ...] = ()
    figures: tuple[Figure, ...] = ()
    windows: tuple[tuple[datetime, datetime], ...] = ()


@dataclass(slots=True)
class Asker:
    """One destination's questions, counted."""

    transport: Transport
    settings: Verify
    clock: Clock
    calls: int = 0

    async def hear(
        self, first: Sequence[Asked] | Untold, reader: Reader, inquiry: Inquiry
    ) -> Heard | Untold:
        """Ask everything, with what answers lead to; the first trouble ends it."""
        if isinstance(first, Untold):
            return first
        waiting, heard = deque(first), Heard()
        while waiting:
            asked = waiting.popleft()
            told = await self._ask(asked, reader, inquiry)
            if isinstance(told, Untold):
                return told
            waiting.extend(told.following)
            # A question that only leads to others is about no time of its own.
            leads = {each.what for each in told.following} - {asked.what}
            window = () if leads else ((asked.start, asked.end),)
            heard = Heard(
                heard.arrivals + told.arrivals,
                heard.figures + told.figures,
                tuple(dict.fromkeys(heard.windows + window)),
            )
        return heard

    async def _ask(
        self, asked: Asked, reader: Reader, inquiry: Inquiry
    ) -> Told | Untold:
        for attempt in range(self.settings.attempts_max):
            told = await self._once(asked, reader, inquiry)
            passing = isinstance(told, Untold) and told.trouble in _PASSING
            if not passing or attempt + 1 == self.settings.attempts_max:
                break
            wait = getattr(told, "wait", None) or _WAIT_FIRST * 2**attempt
            await self.clock.sleep(min(wait, self.settings.wait_max).total_seconds())
        return told

    async def _once(
        self, asked: Asked, reader: Reader, inquiry: Inquiry
    ) -> Told | Untold:
        most = self.settings.calls_max
        if self.calls >= most:
            why = f"there are more pages than {most} calls read"
            do = "ask about a shorter interval, or raise [verify] calls_max"
            return Untold(Trouble.NOT_POSSIBLE, why, do)
        self.calls += 1
        answer = await self.transport.send(asked.call)
        if isinstance(answer, NoAnswer):
            return Untold(
                Trouble.DOWN, f"no answer: {answer.reason}", "look at base_url"
            )
        return reader(asked, answer, inquiry)
