"""Arrival: what platforms say they received beside what we delivered, hour by hour.

`verify` asks and keeps it (`jobs/verifying.py`); here nobody is asked.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import Query

from capi_jobs.arrival import Verdict
from capi_jobs.config import Destination
from capi_jobs.jobs.arrived import Arrived, last_verified, untellable
from capi_jobs.ledger.readings import Reading
from capi_jobs.model import DataInterval
from capi_jobs.platforms.arrival import Reach, read_api_of
from capi_jobs.web.office import Desk, Looked
from capi_jobs.web.page import Page, Shown
from capi_jobs.web.views.choosing import Chosen, chosen

# What the readiest platform tells of; older weeks are pages of their own.
DAYS = 7
# A week of hours of a dozen event names; a page stays readable for a browser.
ROWS_MAX = 2_000
# More pairs of bars than these are no longer told apart: then days are drawn.
_BARS_MAX = 48
_HOUR = timedelta(hours=1)
# Days that a calendar can be asked for, and still go a week back from.
_FIRST, _LAST = date(2000, 1, 1), date(9000, 1, 1)

Until = Annotated[
    date | None,
    Query(ge=_FIRST, le=_LAST, description="Last day (UTC) that is shown; else today."),
]


class Hour(Shown):
    """One hour or day of one event name."""

    start: datetime
    end: datetime
    event_name: str  # "": all together
    ours: int  # delivered
    theirs: int
    short: int
    verdict: Verdict
    why: str


class Bar(Shown):
    """What the chart draws: an hour, or a day where hours would be too many."""

    at: datetime
    ours: int
    theirs: int


class Told(Shown):
    """What the platform's interface can tell at all."""

    by_hours: int  # counts are told for so many hours
    rolling: bool  # these hours end when it is asked
    delay_hours: float  # so late it tells what was received
    back_hours: int  # it tells of the time since then
    browser_too: bool  # its counts hold browser events


class LastVerified(Shown):
    """What the last `verify` found."""

    at: datetime
    verdict: Verdict
    says: str  # the verdict in words: short by 12
    why: str
    alarm: bool  # more is short than tolerated
    ours: int
    theirs: int


class DestinationArrival(Shown):
    """What is known of one destination."""

    name: str
    platform: str
    last: LastVerified | None
    untold: str  # why the platform cannot be asked as it is configured; "": it can
    told: Told
    bars: tuple[Bar, ...]  # the oldest first
    by_day: bool  # whether the bars are days
    hours: tuple[Hour, ...]  # in which we delivered, the newest first
    others_only: int  # hours in which the platform tells of events, none of them ours
    more: bool  # there are more rows in these days than a page holds


class Arrivals(Shown):
    """All destinations, or the one that was asked for."""

    first_day: date  # UTC
    last_day: date
    earlier: date | None  # the last day of the week before, where there may be any
    later: date | None
    destinations: tuple[DestinationArrival, ...]


def read(desk: Looked, destination: Chosen = "", until: Until = None) -> Arrivals:
    """Look at what is kept of a week."""
    today = desk.now.astimezone(UTC).date()
    last = min(until or today, today)
    first = last - timedelta(days=DAYS - 1)
    span = DataInterval(_midnight(first), _midnight(last + timedelta(days=1)))
    found = tuple(_one(desk, one, span) for one in chosen(desk, destination))
    return Arrivals(
        first_day=first,
        last_day=last,
        earlier=_earlier(desk, found, first),
        later=min(last + timedelta(days=DAYS), today) if last < today else None,
        destinations=found,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _earlier(
    desk: Desk, found: Sequence[DestinationArrival], first: date
) -> date | None:
    """Say where to go on, if anything older is kept."""
    until = _midnight(first)
    older = (
        desk.ledger.readings(one.name, metric="events", until=until, limit=1)
        for one in found
    )
    starts = [kept[0].start.astimezone(UTC).date() for kept in older if kept]
    return max(starts, default=None)


def _one(
    desk: Desk, destination: Destination, span: DataInterval
) -> DestinationArrival:
    ledger, verify = desk.ledger, desk.settings.verify
    found = last_verified(ledger, destination, verify)
    api = read_api_of(destination.platform)
    kept = ledger.readings(
        destination.name,
        since=span.start,
        until=span.end,
        metric="events",
        limit=ROWS_MAX,
    )
    mine = [one for one in kept if one.ours or one.short]
    bars, by_day = _bars(mine)
    lookback = DataInterval(desk.now - verify.lookback, desk.now)
    untold = untellable(destination, lookback)
    return DestinationArrival(
        name=destination.name,
        platform=destination.platform,
        last=_last(found),
        untold="; ".join(filter(None, (untold.why, untold.do))) if untold else "",
        told=_told(api.reach, destination),
        bars=bars,
        by_day=by_day,
        hours=tuple(map(_hour, mine)),
        others_only=len({one.start for one in kept} - {one.start for one in mine}),
        more=len(kept) == ROWS_MAX,
    )


def _last(found: Arrived) -> LastVerified | None:
    one = found.verification
    if found.at is None or one.judged is None:
        return None
    return LastVerified(
        at=found.at,
        verdict=one.verdict,
        says=one.says,
        why=one.why,
        alarm=one.alarm,
        ours=one.judged.delivered,
        theirs=one.judged.theirs,
    )


def _told(reach: Reach, destination: Destination) -> Told:
    delay = destination.arrival.delay
    return Told(
        by_hours=round(reach.bucket / _HOUR),
        rolling=reach.rolling,
        delay_hours=(reach.delay if delay is None else delay) / _HOUR,
        back_hours=round(reach.back / _HOUR),
        browser_too=not reach.server_only,
    )


def _bars(mine: Sequence[Reading]) -> tuple[tuple[Bar, ...], bool]:
    by_day = len({one.start for one in mine}) > _BARS_MAX
    ours, theirs = Counter[datetime](), Counter[datetime]()
    for one in mine:
        at = _midnight(one.start.astimezone(UTC).date()) if by_day else one.start
        ours[at] += int(one.ours or 0)
        theirs[at] += int(one.theirs or 0)
    bars = (Bar(at=at, ours=ours[at], theirs=theirs[at]) for at in sorted(ours))
    return tuple(bars), by_day


def _hour(one: Reading) -> Hour:
    return Hour(
        start=one.start,
        end=one.end,
        event_name=one.event_name,
        ours=int(one.ours or 0),
        theirs=int(one.theirs or 0),
        short=one.short,
        verdict=Verdict(one.verdict),
        why=one.why,
    )


PAGE = Page(
    path="/arrival",
    name="arrival",
    title="Arrival",
    read=read,
    model=Arrivals,
    summary="What platforms say they received, beside what was delivered, by hour.",
    in_menu=True,
)
