"""How often a platform counts an order, as far as can be known from its copies; pure.

Copies with one name and one id count once within the dedup window of the first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Copy:
    """One event that told of the order."""

    name: str  # canonical, in lower case
    event_id: str | None
    at: datetime | None
    certain: bool = True  # False: the platform's answer was lost
    ours: bool = False
    refused: bool = False  # the platform said no


@dataclass(frozen=True, slots=True)
class Counted:
    """At least and at most so often, and why it is not one number."""

    least: int
    most: int
    unsure: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Both in one: 1, or 1 to 2."""
        same = self.least == self.most
        return f"{self.least}" if same else f"{self.least}–{self.most}"


def counted(copies: Iterable[Copy], window: timedelta) -> Counted:
    """Count as the platform does."""
    sales = [one for one in copies if not one.refused]
    named: dict[tuple[str, str], list[Copy]] = {}
    for one in sales:
        if one.event_id:
            named.setdefault((one.name, one.event_id), []).append(one)
    nameless = sum(not one.event_id for one in sales)
    unsure = []
    least, most = 0, 0
    for same in named.values():
        times = _windows(same, window)
        most += times
        least += times if any(one.certain for one in same) else 0
    if any(not one.certain for one in sales):
        unsure.append("an answer was lost")
    if nameless:
        # The log may keep no ids, though the event had one.
        least, most = max(least, 1), most + nameless
        unsure.append("copies without an id in the log")
    if any(one.at is None for one in sales):
        unsure.append("times that cannot be read")
    return Counted(least, most, tuple(unsure))


def _windows(same: Iterable[Copy], window: timedelta) -> int:
    """Count anew once the window of the last counted copy is over."""
    counts, until = 0, None
    times = sorted(one.at for one in same if one.at is not None)
    for at in times:
        if until is None or at > until:
            counts, until = counts + 1, at + window
    return max(counts, 1)
