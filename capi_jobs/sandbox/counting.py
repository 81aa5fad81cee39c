"""Counts events as an ad platform does: the first of its keys counts, for a while.

Which keys an event has, and how long they hold, stands in the platforms.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple


class Key(NamedTuple):
    """Two events with one key are the same one, until the window has passed."""

    space: str  # what the id is unique in: kind of key, event name, source
    id: str
    seconds: float
    registers: bool = True  # False: looked up, but not left for later events


class Arrival(NamedTuple):
    """One event as it arrived, with all that counting needs."""

    event_name: str
    event_id: str | None
    order_id: str | None
    event_time: int | float | None
    value: int | float | str | None
    currency: str | None
    action_source: str | None
    keys: tuple[Key, ...]
    match_keys: tuple[str, ...] = ()  # names of what identifies the person


class Counted:
    """One conversion in the platform's eyes, and what became of its copies."""

    __slots__ = (
        "account",
        "action_source",
        "counted",
        "counted_at",
        "currency",
        "event_id",
        "event_name",
        "event_time",
        "first_received_at",
        "order_id",
        "received",
        "requests",
        "value",
    )

    def __init__(
        self, account: str, arrival: Arrival, at: float, requests: tuple[int, ...]
    ) -> None:
        self.account = account
        self.event_name = arrival.event_name
        self.event_id = arrival.event_id
        self.order_id = arrival.order_id
        self.event_time = arrival.event_time
        self.value = arrival.value
        self.currency = arrival.currency
        self.action_source = arrival.action_source
        self.counted = 1
        self.counted_at = at  # the windows run from the last copy that counted
        self.first_received_at = at
        self.received = 1
        self.requests = requests

    def receive(self, at: float, request: int) -> None:
        self.received += 1
        self.first_received_at = min(at, self.first_received_at)
        if self.requests[-1] != request:
            self.requests += (request,)

    def count_again(self, at: float) -> None:
        self.counted += 1
        self.counted_at = at


class Book:
    """What one platform received and counted."""

    def __init__(self, same_conversion: Mapping[str, str]) -> None:
        self._same_conversion = same_conversion
        self.received = 0
        self.counted = 0
        self._records: list[Counted] = []
        self._known: defaultdict[tuple[str, str], dict[str, Counted]] = defaultdict(
            dict
        )

    def receive(
        self,
        account: str,
        arrivals: Iterable[Arrival],
        request: int,
        at: float,
        note: Callable[[Arrival, bool], None] = lambda _arrival, _fresh: None,
    ) -> None:
        """Count what a request brought; `at` is when the platform received it.

        `note` is told of each event, and whether it counted.
        """
        requests = (request,)
        for arrival in arrivals:
            self.received += 1
            known, live = self._find(account, arrival.keys, at)
            note(arrival, live is None)
            if live is not None:
                live.receive(at, request)
                continue
            self.counted += 1
            if known is None:
                known = Counted(account, arrival, at, requests)
                self._records.append(known)
            else:
                known.receive(at, request)
                known.count_again(at)
            self._register(account, arrival.keys, known)

    def _find(
        self, account: str, keys: tuple[Key, ...], at: float
    ) -> tuple[Counted | None, Counted | None]:
        """The record of the first key, and the one whose window is still open."""
        first = None
        for key in keys:
            record = self._known[account, key.space].get(key.id)
            if record is None:
                continue
            if abs(at - record.counted_at) < key.seconds:
                return first, record
            if key is keys[0]:
                first = record
        return first, None

    def _register(self, account: str, keys: tuple[Key, ...], record: Counted) -> None:
        for key in keys:
            if key.registers:
                self._known[account, key.space][key.id] = record

    def totals(self) -> dict[str, int]:
        return {
            "received": self.received,
            "counted": self.counted,
            "deduplicated": self.received - self.counted,
            "orders_counted_more_than_once": self._orders_counted_more_than_once(),
        }

    def _orders_counted_more_than_once(self) -> int:
        """Orders whose conversion counted twice, under whatever id or spelling."""
        times: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        for record in self._records:
            if record.order_id is not None:
                name = record.event_name
                conversion = self._same_conversion.get(name, name)
                times[record.account, conversion, record.order_id] += record.counted
        return sum(1 for counted in times.values() if counted > 1)

    def events(self) -> Iterator[Counted]:
        return iter(self._records)
