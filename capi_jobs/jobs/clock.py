"""The time of day, for the whole house: everyone else is told what time it is."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

# Linux's goes on while the machine sleeps: a lease ends meanwhile, too.
_GROWING = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """This machine's clock."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only grow, whatever happens to the time of day."""
        return time.clock_gettime(_GROWING)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class ClockAsOf(SystemClock):
    """As if it were another time: for `plan` and `preview`, which send nothing."""

    def __init__(self, as_of: datetime) -> None:
        """Begin at `as_of` and go on from there."""
        self._ahead: timedelta = as_of - super().now()

    def now(self) -> datetime:
        """Aware UTC, shifted."""
        return super().now() + self._ahead
