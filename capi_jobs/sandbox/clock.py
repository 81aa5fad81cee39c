"""The sandbox's clock: the machine's time, moved by as much as a test asks for.

Every receipt, window and age is measured on it; nothing else here reads the time.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def machine_time() -> datetime:
    return datetime.now(UTC)


class SandboxClock:
    """What time it is, in the sandbox."""

    __slots__ = ("_machine", "shift")

    def __init__(self, machine: Callable[[], datetime] = machine_time) -> None:
        self._machine = machine
        self.shift = timedelta()

    def now(self) -> datetime:
        return self._machine() + self.shift

    def reset(self) -> None:
        self.shift = timedelta()
