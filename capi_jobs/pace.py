"""How fast one destination is called: a rate that throttling brings down, and time up.

Additive increase, multiplicative decrease, as congestion control does it. Knows no
wall clock: `Ticker` gives seconds that only grow, and sleeps.
"""

import asyncio
from typing import Protocol


class Ticker(Protocol):
    """Seconds that only grow, and a way to wait for them."""

    def monotonic(self) -> float:
        """Seconds since some moment."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


# A throttled destination is called half as often; ten good answers restore that.
_DECREASE = 0.5
_INCREASE_SHARE = 0.05
# Never slower than one call in ten seconds: throttling pauses do the rest.
RATE_MIN = 0.1
# Platforms that say "too many" without a time (TikTok, Snapchat): wait this, doubled.
PAUSE_FIRST_SECONDS = 1.0
# Longer waits belong to the next run; Meta's hour of regaining access is cut to it.
PAUSE_MAX_SECONDS = 300.0
# The ninth pause without a time reaches the longest.
_DOUBLINGS_MAX = 9
# Meta advises to back off before its percentages reach 100.
_PRESSURE_HIGH = 0.9


class Pace:
    """Turns for calls, spaced by the present rate."""

    def __init__(self, rate_max: float, ticker: Ticker) -> None:
        """Begin at the platform's own rate (calls a second)."""
        self._rate_max = rate_max
        self._rate = rate_max
        self._ticker = ticker
        self._next = self._paused_until = ticker.monotonic()
        self._throttled_in_a_row = 0
        self._lock = asyncio.Lock()

    @property
    def rate(self) -> float:
        """Calls a second, at present."""
        return self._rate

    async def turn(self) -> None:
        """Wait for the next turn."""
        async with self._lock:
            while (wait := self._next - self._ticker.monotonic()) > 0:
                await self._ticker.sleep(wait)
            self._next = self._ticker.monotonic() + 1 / self._rate

    def throttled(self, retry_after: float | None) -> None:
        """Slow down, and pause for as long as the platform asks.

        Answers that come during a pause were called for before it: calls in flight
        that are throttled together count as one.
        """
        now = self._ticker.monotonic()
        pause = retry_after
        if now >= self._paused_until:
            self._slow_down()
            if pause is None:
                pause = PAUSE_FIRST_SECONDS * 2.0**self._throttled_in_a_row
            doubled = self._throttled_in_a_row + 1
            self._throttled_in_a_row = min(doubled, _DOUBLINGS_MAX)
        until = now + min(pause or 0.0, PAUSE_MAX_SECONDS)
        self._paused_until = max(self._paused_until, until)
        self._next = max(self._next, until)

    def pressed(self, pressure: float) -> None:
        """Keep below the limit that the platform's usage headers tell (0 to 1)."""
        if pressure >= _PRESSURE_HIGH:
            self._slow_down()

    def answered(self) -> None:
        """Recover a little."""
        self._throttled_in_a_row = 0
        step = self._rate_max * _INCREASE_SHARE
        self._rate = min(self._rate_max, self._rate + step)

    def _slow_down(self) -> None:
        # A destination that is set to be slower than the least stays so.
        least = min(RATE_MIN, self._rate_max)
        self._rate = max(least, self._rate * _DECREASE)
