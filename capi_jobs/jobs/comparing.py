"""Sets what one platform told beside what the ledger, and logs of others, say.

The verdict is `capi_jobs/arrival.py`; who asks and keeps it, `verifying.py`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from capi_jobs.arrival import Comparison, Judged, Verdict, best, judge
from capi_jobs.config import Destination
from capi_jobs.coverage import FORECAST
from capi_jobs.errors import CapiJobsError
from capi_jobs.jobs.asking import Heard
from capi_jobs.jobs.house import House
from capi_jobs.jobs.others import sent_by_others
from capi_jobs.jobs.verified import Verification
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.readings import SentMinute
from capi_jobs.model import DataInterval
from capi_jobs.platforms import platform_named
from capi_jobs.platforms.arrival import Inquiry, Reach, Untold, read_api_of

# How a platform's hours may go by; the first is taken where both fit alike.
READINGS = ("receipt", "event_time")
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
Counts = Mapping[tuple[datetime, str], int]


def compared(
    house: House, destination: Destination, inquiry: Inquiry, heard: Heard | Untold
) -> Verification:
    """Say what can be said of one destination's arrival."""
    if isinstance(heard, Untold):
        return Verification(destination, untold=heard)
    if not heard.windows:
        why = "the platform can tell nothing of that time yet"
        nothing = Judged(rows=(), verdict=Verdict.TOO_EARLY, why=why)
        return Verification(destination, judged=nothing)
    reach = read_api_of(destination.platform).reach
    span, given = _span(heard, reach), destination.arrival.counted_by
    sent = {
        reading: _sent(house, destination, span, reading)
        for reading in ((given,) if given else READINGS)
    }
    by = Comparison(
        reach=reach,
        windows=heard.windows,
        now=inquiry.now,
        delay=_delay(destination, reach),
        aliases=platform_named(destination.platform).aliases,
        names=frozenset(one.event_name for each in sent.values() for one in each),
        alone=bool(inquiry.target.agent or inquiry.target.upload_tag),
    )
    logged, note = _logged(house, destination, span, by)
    candidates = {
        reading: judge(
            heard.arrivals,
            mine,
            _together(logged, _siblings(house, destination, span, reading, by)),
            by,
        )
        for reading, mine in sent.items()
    }
    judged = doubted(house.ledger, destination, best(candidates))
    verify = house.settings.verify
    alarms = judged.alarms(verify.short_share_max, verify.short_floor)
    return Verification(
        destination,
        judged=judged,
        assumed=given is None,
        note=note,
        alarm=alarms and judged.verdict is Verdict.SHORT,
    )


def _sent(
    house: House, destination: Destination, span: DataInterval, reading: str
) -> Sequence[SentMinute]:
    return house.ledger.sent_by_minute(
        destination.name, span.start, span.end, by_receipt=reading == READINGS[0]
    )


def _delay(destination: Destination, reach: Reach) -> timedelta:
    given = destination.arrival.delay
    return reach.delay if given is None else given


def _span(heard: Heard, reach: Reach) -> DataInterval:
    """Return the time of all windows, with room for hours that begin at half past."""
    start = min(start for start, _ in heard.windows) - _MINUTE
    end = max(end for _, end in heard.windows)
    return DataInterval(start, end if reach.rolling else end + _HOUR)


# ── Others ──────────────────────────────────────────────────────────────────────


def _logged(
    house: House, destination: Destination, span: DataInterval, by: Comparison
) -> tuple[Counts, str]:
    """Count what logs say of others; a log that cannot be read is said, not fatal."""
    if by.alone:
        return {}, ""
    try:
        browser = not by.reach.server_only
        return sent_by_others(house, destination, span, browser=browser), ""
    except CapiJobsError as fault:
        return {}, f"what others sent is not known: {fault.what}"


def _siblings(
    house: House,
    destination: Destination,
    span: DataInterval,
    reading: str,
    by: Comparison,
) -> Counts:
    """Count what our other destinations delivered to the same account."""
    mine = destination.platform, destination.account
    found = Counter[tuple[datetime, str]]()
    for other in house.settings.destinations:
        same = mine == (other.platform, other.account)
        # Asked for by agent, each must have one of its own to be told apart.
        apart = by.alone and other.arrival.agent != destination.arrival.agent
        if same and not apart and other.name != destination.name:
            for one in _sent(house, other, span, reading):
                found[one.minute, one.event_name] += one.delivered
    return found


def _together(*counts: Counts) -> Counts:
    total = Counter[tuple[datetime, str]]()
    for each in counts:
        total.update(each)
    return total


def doubted(ledger: Ledger, destination: Destination, judged: Judged) -> Judged:
    """Say nothing of losses where some sources may not stand in these counts."""
    apart_there = read_api_of(destination.platform).reach.apart
    tagged = destination.arrival.upload_tag
    if judged.verdict is not Verdict.SHORT or tagged or not apart_there:
        return judged
    found = ledger.last_forecasts(destination.name, FORECAST)
    apart = sorted(apart_there & found.keys())
    if not apart:
        return judged
    why = (
        f"{judged.why}, but {', '.join(apart)} events may not stand in these counts:"
        " give them a destination of their own, with arrival.upload_tag"
    )
    return replace(judged, verdict=Verdict.CANNOT_KNOW, why=why)
