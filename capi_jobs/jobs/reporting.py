"""`report`: which days and destinations; what is told of them stands in `report/`."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from capi_jobs.config import Destination, Settings
from capi_jobs.jobs.interval import read_interval
from capi_jobs.ledger import Ledger
from capi_jobs.report import Report, Target, gather, rule_words

# A month and a week: enough to see a trend, and every day that a platform takes.
DAYS_SHOWN = 38


def gathered(
    settings: Settings,
    ledger: Ledger,
    chosen: Sequence[Destination],
    interval: str | None,
    now: datetime,
) -> Report:
    """Collect the report of these destinations; the last weeks without an interval."""
    first, last = _days(settings, interval, now)
    return gather(
        ledger,
        [Target(one.name, one.platform, one.limits().dedup_window) for one in chosen],
        first,
        last,
        now=now,
        timezone=settings.day_zone.key,
        words=rule_words(settings.validation.expectations),
    )


def _days(settings: Settings, interval: str | None, now: datetime) -> tuple[date, date]:
    zone = settings.day_zone
    if interval is None:
        # Tomorrow is among them: shops east of the reporting zone are ahead.
        today = now.astimezone(zone).date()
        return today - timedelta(days=DAYS_SHOWN), today + timedelta(days=1)
    span = read_interval(interval, zone, now)
    last = span.end.astimezone(zone) - timedelta(microseconds=1)
    return span.start.astimezone(zone).date(), last.date()
