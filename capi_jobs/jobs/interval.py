"""`--interval 2026-11-20..2026-11-22` and friends → a half-open DataInterval.

A date as the end means that whole day; a time as the end is not included. Dates and
times without an offset are the shop's, in the zone of the balance's days.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from capi_jobs.errors import ConfigFault
from capi_jobs.model import DataInterval

# Ten years: more is a slip of the finger, and no platform takes a fraction of it.
DAYS_MAX = 3_653
# Orders are from 1970 on; beyond, a year is a slip of the finger, and look-back or log
# margins would leave the calendar.
YEARS = range(1970, 3000)

_DO = "write 2026-11-20, 2026-11-20..2026-11-22 or 2026-11-20T06:00..2026-11-20T18:00"


def read_interval(text: str, zone: ZoneInfo, now: datetime) -> DataInterval:
    """Read one day, two ends, or `yesterday`, `today`; ConfigFault otherwise."""
    first, dots, last = text.strip().partition("..")
    try:
        start = _moment(first, zone, now, end=False)
        end = _moment(last if dots else first, zone, now, end=True)
    except (ValueError, OverflowError):
        raise ConfigFault("the interval cannot be read", do=_DO) from None
    if start.year not in YEARS or end.year not in YEARS:
        raise ConfigFault("the interval has no such orders", do=_DO)
    if start >= end:
        raise ConfigFault("the interval ends before it begins", do=_DO)
    if end - start > timedelta(days=DAYS_MAX):
        raise ConfigFault(f"the interval is longer than {DAYS_MAX} days", do=_DO)
    return DataInterval(start, end)


def yesterday(zone: ZoneInfo, now: datetime) -> DataInterval:
    """Return the day that ended last: what a nightly run is about."""
    return read_interval("yesterday", zone, now)


def days_from(first: date, last: date, zone: ZoneInfo) -> DataInterval:
    """Return these days whole, both of them too."""
    return DataInterval(_midnight(first, zone), _midnight(last + timedelta(1), zone))


def days_within(interval: DataInterval, zone: ZoneInfo) -> tuple[date, date]:
    """Return the first and the last day of which at least a moment is in it."""
    last = (interval.end - timedelta(microseconds=1)).astimezone(zone).date()
    return interval.start.astimezone(zone).date(), last


def _moment(text: str, zone: ZoneInfo, now: datetime, *, end: bool) -> datetime:
    text = text.strip()
    ago = {"today": 0, "yesterday": 1}.get(text)
    if ago is not None:
        return _midnight(now.astimezone(zone).date() - timedelta(ago - end), zone)
    if len(text) == len("2026-11-20"):
        return _midnight(date.fromisoformat(text) + timedelta(end), zone)
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return aware.astimezone(UTC)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
