"""A process that dies at a commit or around a call: then nothing of it works."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from capi_jobs.model import Answer, Call, NoAnswer
from capi_jobs.transport import Transport

# What may befall a call, beside what the platform says.
LOST_AFTER, LOST_BEFORE, NEVER = "lost after", "lost before", "never connected"


class CrashError(Exception):
    """The process died here: whatever it does from now on fails."""


@dataclass
class Process:
    """One process: dies at its n-th commit or call; its calls have their fates."""

    dies_at: int | None
    fates: Sequence[str]
    moments: int = 0
    calls: int = 0

    def on_commit(self, connection: Connection) -> None:
        try:
            self.live_on()
        except CrashError:
            connection.invalidate()
            raise

    def live_on(self) -> None:
        self.moments += 1
        if self.dies_at is not None and self.moments >= self.dies_at:
            raise CrashError

    def fate(self) -> str:
        """Return what befalls the next call."""
        self.calls += 1
        return self.fates[self.calls % len(self.fates)]

    def transport(self, **kwargs: Any) -> Transport:  # noqa: ANN401 - as Transport's
        return _Mortal(self, **kwargs)


class _Mortal(Transport):
    """Real calls of a process that may die before and after each."""

    def __init__(self, process: Process, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(**kwargs)
        self._process = process

    async def send(self, call: Call) -> Answer | NoAnswer:
        self._process.live_on()
        fate = self._process.fate()
        if fate == NEVER:
            return NoAnswer(sent=False, reason="could not connect")
        if fate == LOST_BEFORE:
            return NoAnswer(sent=True, reason="the connection was reset")
        answer = await super().send(call)
        self._process.live_on()
        if fate == LOST_AFTER:
            return NoAnswer(sent=True, reason="the connection was reset")
        return answer
