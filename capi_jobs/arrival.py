"""What a platform says it received beside what the ledger says we delivered: pure.

What is asked and how answers read is `platforms/`, our own count `ledger/readings.py`,
who asks and keeps it `jobs/verifying.py`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from capi_jobs.ledger.readings import SentMinute
from capi_jobs.platforms.arrival import Arrival, Reach

_MINUTE = timedelta(minutes=1)
# Clocks differ, and a call takes its time: what is sent so near to the end of an hour
# may be counted in the next one, and the other way round.
_EDGE = timedelta(minutes=2)


class Verdict(StrEnum):
    """What can be said about the arrival of what was delivered."""

    ARRIVED = "arrived"
    SHORT = "short"
    TOO_EARLY = "too_early"
    CANNOT_KNOW = "cannot_know"


# The reason that decides: what is wrong first, then what nobody knows.
_GRAVEST = (Verdict.SHORT, Verdict.CANNOT_KNOW, Verdict.ARRIVED, Verdict.TOO_EARLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One hour or day of one event name: ours beside theirs."""

    start: datetime
    end: datetime
    event_name: str  # "": all together
    delivered: int = 0
    due: int = 0  # delivered so long ago that the platform must tell of it
    certain: int = 0  # due, and surely one event more at the platform
    doubtful: int = 0
    others: int = 0  # what logs say that others sent
    theirs: int = 0
    moved: int = 0  # of ours, those that stand in the hour beside; less: theirs here
    short: int = 0
    verdict: Verdict = Verdict.ARRIVED
    why: str = ""

    @property
    def heard(self) -> int:
        """What the platform says of what was sent in this hour."""
        return self.theirs + self.moved

    @property
    def most(self) -> int:
        """All that is known to have been sent, counted twice where it may be."""
        twice = 2 * self.delivered - self.certain
        return twice + self.doubtful + self.others


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One destination: all its hours or days, and what they say together."""

    rows: tuple[Row, ...]
    verdict: Verdict
    why: str = ""
    counted_by: str = ""  # the reading that was taken: "receipt" or "event_time"

    @property
    def delivered(self) -> int:
        """Events that we delivered in that time."""
        return sum(row.delivered for row in self.rows)

    @property
    def due(self) -> int:
        """Those of them that the platform must tell of by now."""
        return sum(row.due for row in self.rows)

    @property
    def theirs(self) -> int:
        """Events that the platform says it received, of these names and hours."""
        return sum(row.theirs for row in self.rows)

    @property
    def short(self) -> int:
        """Events that surely did not arrive."""
        return sum(row.short for row in self.rows)

    @property
    def misfit(self) -> int:
        """How far ours and theirs are apart, hour by hour."""
        return sum(abs(row.heard - row.delivered - row.others) for row in self.rows)

    def alarms(self, share_max: float, floor: int) -> bool:
        """Say whether so many did not arrive that a person must look."""
        return self.short > max(floor, share_max * self.due)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What both sides are compared by."""

    reach: Reach
    windows: Sequence[tuple[datetime, datetime]]  # that the platform was asked about
    now: datetime
    delay: timedelta
    aliases: Mapping[str, str]  # names that the platform files as one
    names: frozenset[str]  # of our events, as they are sent
    alone: bool  # the counts hold nobody else's events


def judge(
    arrivals: Sequence[Arrival],
    sent: Sequence[SentMinute],
    others: Mapping[tuple[datetime, str], int],
    by: Comparison,
) -> Judged:
    """Compare, for one reading of the platform's hours."""
    whole = any(arrival.event_name == "" for arrival in arrivals)
    aliases = {} if whole else by.aliases

    def name_of(name: str) -> str:
        return "" if whole else aliases.get(name, name)

    theirs = Counter[tuple[datetime, str]]()
    for arrival in arrivals:
        theirs[arrival.start, name_of(arrival.event_name)] += arrival.count
    rows: list[Row] = []
    for name in sorted({name_of(one) for one in by.names}):
        mine = [one for one in sent if name_of(one.event_name) == name]
        logged = {at: n for (at, who), n in others.items() if name_of(who) == name}
        line = [
            _counted(bucket, name, mine, logged, theirs[bucket[0], name], by)
            for bucket in _buckets(arrivals, by)
        ]
        rows += [_ruled(row, by) for row in _evened(line, mine)]
    told = tuple(row for row in rows if row.delivered or row.doubtful or row.theirs)
    return together(told)


def best(candidates: Mapping[str, Judged]) -> Judged:
    """Take the reading that fits better; of two that fit alike, the first."""
    name = min(candidates, key=lambda one: candidates[one].misfit)
    return replace(candidates[name], counted_by=name)


# ── Hours and days ──────────────────────────────────────────────────────────────


def _buckets(
    arrivals: Sequence[Arrival], by: Comparison
) -> list[tuple[datetime, datetime]]:
    """List all hours or days asked about; those without events are not told."""
    told = {(one.start, one.end) for one in arrivals}
    found: list[tuple[datetime, datetime]] = []
    for window in by.windows:
        if window in told or by.reach.rolling:
            found.append(window)
        else:
            found += _grid(window, told, by.reach.bucket)
    return found


def _grid(
    window: tuple[datetime, datetime],
    told: set[tuple[datetime, datetime]],
    bucket: timedelta,
) -> Iterator[tuple[datetime, datetime]]:
    """Cut a window up; hours of another zone may begin at half past."""
    start, end = window
    if end - start <= bucket * 1.1:  # a day of 25 hours
        yield window
        return
    inside = [at for at, _ in told if start <= at < end]
    offset = (min(inside) - start) % bucket if inside else timedelta(0)
    at = start + offset
    while at < end:
        yield at, at + bucket
        at += bucket


def _counted(
    bucket: tuple[datetime, datetime],
    name: str,
    sent: Sequence[SentMinute],
    others: Mapping[datetime, int],
    theirs: int,
    by: Comparison,
) -> Row:
    start, end = bucket
    since = start - _MINUTE if by.reach.rolling else start
    within = [one for one in sent if since <= one.minute < end]
    due = [one for one in within if one.minute <= by.now - by.delay]
    # A rolling hour begins in the middle of a minute.
    certain = [one for one in due if one.minute >= start]
    if by.reach.rolling:
        certain = [one for one in due if one.minute >= start + _EDGE]
    return Row(
        start=start,
        end=end,
        event_name=name,
        delivered=sum(one.delivered for one in within),
        due=sum(one.delivered for one in due),
        certain=sum(one.certain for one in certain),
        doubtful=sum(one.doubtful for one in within),
        others=sum(n for at, n in others.items() if since <= at < end),
        theirs=theirs,
    )


# ── Verdicts ────────────────────────────────────────────────────────────────────


def _evened(line: Sequence[Row], sent: Sequence[SentMinute]) -> list[Row]:
    """Let what was sent at the edge of an hour count where the next one has it."""
    rows = list(line)
    for i, row in enumerate(rows):
        for j in (i - 1, i + 1):
            if not 0 <= j < len(rows):
                continue
            edge = rows[max(i, j)].start
            lacks = rows[i].certain - rows[i].heard
            spare = rows[j].heard - rows[j].most
            near = sum(
                one.certain
                for one in sent
                if abs(one.minute - edge) <= _EDGE and row.start <= one.minute < row.end
            )
            moved = max(0, min(lacks, spare, near))
            rows[i] = replace(rows[i], moved=rows[i].moved + moved)
            rows[j] = replace(rows[j], moved=rows[j].moved - moved)
    return rows


def _ruled(row: Row, by: Comparison) -> Row:
    short = max(0, row.certain - row.heard)
    if short:
        why = f"{short} of {row.due} did not arrive"
        return replace(row, short=short, verdict=Verdict.SHORT, why=why)
    if row.delivered and not row.due:
        return replace(row, verdict=Verdict.TOO_EARLY, why="the delay is not over")
    if not row.delivered:
        return row
    lacks = row.due + row.others - row.heard
    if lacks > 0:
        return replace(row, verdict=Verdict.CANNOT_KNOW, why=_unsure(row, lacks))
    beyond = row.heard - row.most
    if beyond > 0 and not by.alone:
        why = f"{beyond} more than all that is known to be sent: others send here, too"
        return replace(row, verdict=Verdict.CANNOT_KNOW, why=why)
    if row.moved > 0:
        return replace(row, why=f"{row.moved} of them counted in the hour beside")
    return row


def _unsure(row: Row, lacks: int) -> str:
    if row.others:
        return (
            f"{lacks} fewer than ours and the {row.others} that logs say others sent:"
            " whose are missing is not told"
        )
    return (
        f"{lacks} fewer, but {row.due - row.certain} are second copies, which the"
        " platform may have left out"
    )


def together(rows: tuple[Row, ...]) -> Judged:
    """Say what all hours or days of one destination say together."""
    ours = [row for row in rows if row.delivered]
    if not ours:
        return Judged(rows=rows, verdict=Verdict.ARRIVED, why="nothing was delivered")
    found = {row.verdict for row in ours}
    verdict = next(one for one in _GRAVEST if one in found)
    decisive = [row for row in ours if row.verdict is verdict]
    judged = Judged(rows=rows, verdict=verdict)
    if verdict is Verdict.SHORT:
        why = f"{judged.short:,} of {judged.due:,} did not arrive"
    else:
        why = decisive[0].why
        more = len(decisive) - 1
        why += f"; {more} more alike" if why and more else ""
    return replace(judged, why=why)
