"""What one platform received, by the minute: what its read APIs tell from.

What counts once stands in counting.py; how each platform tells it in *_reading.py.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from .counting import Arrival

MILLISECONDS_FROM = 10**11  # in seconds that would be the year 5138


class Origin(NamedTuple):
    """Where events came from."""

    account: str
    browser: bool = False
    agent: str = ""  # partner_agent, of Meta's requests
    tag: str = ""  # upload_tag, likewise


class Line(NamedTuple):
    """Events that are told as one number."""

    origin: Origin
    event_name: str
    minute: int  # since 1970
    store: bool
    fresh: bool  # False: a copy, which the platform recognised


class Tally:
    """Counts what is told, not what is sent: an event that was lost is in none."""

    def __init__(self) -> None:
        self._received: Counter[Line] = Counter()
        self._happened: Counter[Line] = Counter()
        self._events: Counter[tuple[Origin, str]] = Counter()
        self._with_id: Counter[tuple[Origin, str]] = Counter()
        # One count for each set of keys that events came with: there are few.
        self._keys: Counter[tuple[Origin, str, tuple[str, ...]]] = Counter()
        # By account and moment of receipt: a rolling hour knows no minutes.
        self._moments: defaultdict[str, Counter[float]] = defaultdict(Counter)

    def add(self, origin: Origin, arrival: Arrival, at: float, *, fresh: bool) -> None:
        name, store = arrival.event_name, arrival.action_source == "physical_store"
        happened = _seconds(arrival.event_time, at)
        self._received[Line(origin, name, int(at // 60), store, fresh)] += 1
        self._happened[Line(origin, name, int(happened // 60), store, fresh)] += 1
        self._events[origin, name] += 1
        self._with_id[origin, name] += arrival.event_id is not None
        self._keys[origin, name, arrival.match_keys] += 1
        self._moments[origin.account][at] += 1

    def lines(
        self, account: str, start: datetime, end: datetime, *, by_event_time: bool
    ) -> Iterator[tuple[datetime, Line, int]]:
        """Yield the lines of an account from start to before end."""
        told = self._happened if by_event_time else self._received
        first, last = start.timestamp() / 60, end.timestamp() / 60
        for line, count in told.items():
            if line.origin.account == account and first <= line.minute < last:
                yield datetime.fromtimestamp(line.minute * 60, UTC), line, count

    def past_hour(self, account: str, now: datetime) -> tuple[int, int]:
        """Count the events of the past hour; say when the last one of all came."""
        moments = self._moments[account]
        since = (now - timedelta(hours=1)).timestamp()
        live = sum(count for at, count in moments.items() if at > since)
        return live, int(max(moments, default=0))

    def quality(self, account: str, agent: str = "") -> Iterator["Matched"]:
        """Tell of each event name of an account what its copies hold."""
        origins = {one for one, _ in self._events if one.account == account}
        for name in sorted({name for one, name in self._events if one in origins}):
            server = [
                one for one in origins if not one.browser and agent in {"", one.agent}
            ]
            browser = [one for one in origins if one.browser]
            keys = Counter[str]()
            for (origin, whose, held), count in self._keys.items():
                if origin in server and whose == name:
                    keys.update(dict.fromkeys(held, count))
            yield Matched(
                name,
                sum(self._events[one, name] for one in server),
                sum(self._with_id[one, name] for one in server),
                sum(self._events[one, name] for one in browser),
                sum(self._with_id[one, name] for one in browser),
                dict(keys),
            )

    def accounts(self) -> set[str]:
        return {origin.account for origin, _ in self._events}


class Matched(NamedTuple):
    """What is known of the copies of one event name."""

    event_name: str
    server: int
    server_with_id: int
    browser: int
    browser_with_id: int
    keys: dict[str, int]


def _seconds(told: float | None, at: float) -> float:
    if not isinstance(told, int | float):
        return at
    return told / 1000 if told > MILLISECONDS_FROM else told
