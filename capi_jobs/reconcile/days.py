"""Which days of a zone an interval touches, and which lie wholly in it; pure.

What counts as a day's orders is decided in `classing.py`.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from capi_jobs.model import DataInterval

_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


def touched(interval: DataInterval, zone: ZoneInfo) -> tuple[date, date]:
    """Return the first and the last day of which at least a moment was read."""
    last = (interval.end - _MICROSECOND).astimezone(zone).date()
    return interval.start.astimezone(zone).date(), last


def whole(interval: DataInterval, zone: ZoneInfo) -> tuple[date, date]:
    """Return the first and the last day read whole; none if the first is later."""
    first, last = touched(interval, zone)
    if interval.start > _begin(first, zone):
        first += _DAY
    if interval.end < _begin(last + _DAY, zone):
        last -= _DAY
    return first, last


def _begin(day: date, zone: ZoneInfo) -> datetime:
    """Where clocks skip midnight, days begin later by the clock, at that moment."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
