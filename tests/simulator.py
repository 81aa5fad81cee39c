"""A platform played by one function, and a clock that only tests move.

The simulator speaks Meta's answers and counts as Meta does: by (event name, event id)
within its window, counted from the receipt of the first copy. What goes wrong is
scripted; nothing here is by chance.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from orjson import dumps, loads

from capi_jobs.model import Answer, Call, NoAnswer

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WINDOW = timedelta(hours=48)
AGE_MAX = timedelta(days=7)
EventId = str
# What may befall a call, by the names of docs/sandbox.md, and "never" connected.
Fault = str
# Shorter ones only space the calls.
_PAUSE = 0.5
Script = Callable[[int, Sequence[EventId]], Fault | None]


class FakeClock:
    """The time of day and the seconds that only grow; sleeping moves both on."""

    def __init__(self, start: datetime = NOON) -> None:
        self._now, self._seconds = start, 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        if seconds >= _PAUSE:
            self.slept.append(seconds)
        self._now += timedelta(seconds=seconds)
        self._seconds += seconds
        await asyncio.sleep(0)

    def pass_by(self, time: timedelta) -> None:
        self._now += time
        self._seconds += time.total_seconds()

    def jump(self, by: timedelta) -> None:
        """Somebody sets the time of day."""
        self._now += by


def nothing_befalls(number: int, ids: Sequence[EventId]) -> None:
    return None


async def at_once(ids: Sequence[EventId]) -> None:
    return


@dataclass
class Simulator:
    """One dataset of a platform; `send` is the seam that delivery calls."""

    clock: FakeClock
    script: Script = nothing_befalls
    # Ids of events that no local check can see to be bad.
    bad: Collection[EventId] = ()
    names_the_bad: bool = False
    names_one_at_a_time: bool = False
    window: timedelta = WINDOW
    retry_after: int | None = None
    # While the request is on its way, and while the answer is.
    before: Callable[[Sequence[EventId]], Awaitable[None]] = at_once
    after: Callable[[Sequence[EventId]], Awaitable[None]] = at_once
    requests: list[list[EventId]] = field(default_factory=list)
    counted: Counter[EventId] = field(default_factory=Counter)
    times: dict[EventId, set[int]] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    _counted_at: dict[tuple[str, EventId], datetime] = field(default_factory=dict)

    async def send(self, call: Call) -> Answer | NoAnswer:
        """Make the call once."""
        body = loads(call.body)
        events, ids = body["data"], [event["event_id"] for event in body["data"]]
        self.requests.append(ids)
        self.tokens.append(body["access_token"])
        number = len(self.requests)
        await self.before(ids)
        fault = self.script(number, ids)
        answer = _REFUSALS[fault](self) if fault in _REFUSALS else self._judge(events)
        await self.after(ids)
        lost = NoAnswer(sent=True, reason="the connection was reset")
        return lost if fault == "drop_after" else answer

    def _judge(self, events: Sequence[dict[str, object]]) -> Answer:
        bad = [i for i, event in enumerate(events) if event["event_id"] in self.bad]
        if bad:
            named = bad[: 1 if self.names_one_at_a_time else None]
            named = named if self.names_the_bad else []
            blamed = {"blame_field_specs": [["data", i, "user_data"] for i in named]}
            return _error(100, error_subcode=2804001, error_data=blamed)
        for event in events:
            self._count(event)
        body = {"events_received": len(events), "messages": [], "fbtrace_id": "Trace1"}
        return Answer(200, {}, dumps(body))

    def _count(self, event: dict[str, object]) -> None:
        name, event_id = str(event["event_name"]), str(event["event_id"])
        time, now = int(str(event["event_time"])), self.clock.now()
        age = now - datetime.fromtimestamp(time, UTC)
        assert age <= AGE_MAX, f"{event_id} was sent too old for the platform: {age}"
        self.times.setdefault(event_id, set()).add(time)
        counted_at = self._counted_at.get((name, event_id))
        if counted_at is None or now - counted_at >= self.window:
            self.counted[event_id] += 1
            self._counted_at[name, event_id] = now

    def counted_once(self) -> set[EventId]:
        """The ids that were counted; fails where one was counted twice."""
        twice = {event_id: n for event_id, n in self.counted.items() if n > 1}
        assert twice == {}, "counted more than once"
        return set(self.counted)


def _error(code: int, status: int = 400, **more: object) -> Answer:
    return Answer(status, {}, dumps({"error": {"code": code} | more}))


def _throttled(simulator: Simulator) -> Answer:
    answer = _error(17)
    if simulator.retry_after is None:
        return answer
    return Answer(400, {"retry-after": str(simulator.retry_after)}, answer.body)


# Nothing is counted by these.
_REFUSALS: dict[str | None, Callable[[Simulator], Answer | NoAnswer]] = {
    "throttle": _throttled,
    "transient": lambda _: _error(100, is_transient=True),
    "never": lambda _: NoAnswer(sent=False, reason="could not connect"),
    "drop_before": lambda _: NoAnswer(sent=True, reason="the connection was reset"),
    "nonsense": lambda _: Answer(200, {}, b"<html>"),
    "expire_token": lambda _: _error(190, 401),
}
