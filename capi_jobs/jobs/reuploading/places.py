"""Where the orders lie that a person asks about: their days, and what is not there.

What was completed before anything is still taken is looked up in the ledger alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from capi_jobs.config import Destination
from capi_jobs.jobs.house import House
from capi_jobs.jobs.interval import days_from
from capi_jobs.jobs.reuploading.wish import Wish
from capi_jobs.model import DataInterval
from capi_jobs.orders.scalars import Unreadable, read_time
from capi_jobs.reconcile import Wanted
from capi_jobs.reconcile.days import touched

# Clocks differ by minutes, zones by a day; what lies further ahead was not completed.
_AHEAD_MAX = timedelta(days=1)

# First and last time of the rows with one id; None where no row tells a time.
_Times = dict[str, tuple[datetime, datetime] | None]


@dataclass(frozen=True, slots=True)
class Part:
    """What of a wish concerns one destination."""

    # Whole days, so that their balance may be taken; None: no such order.
    span: DataInterval | None
    wanted: Wanted
    # Older than the destination takes anything.
    old: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Places:
    """When the orders of a wish were completed, and which are not there."""

    wish: Wish
    zone: ZoneInfo
    now: datetime
    times: _Times
    not_found: tuple[str, ...] = ()

    def span(self) -> DataInterval:
        """Return the days of all orders; today, where none has a time."""
        if self.wish.interval is not None:
            return _whole(self.wish.interval, self.zone)
        ends = [each for each in self.times.values() if each]
        last = self.now + _AHEAD_MAX
        first = min((start for start, _ in ends), default=self.now)
        latest = max((end for _, end in ends), default=self.now)
        return self._days(min(first, last), min(latest, last))

    def part_of(self, destination: Destination) -> Part:
        """Tell what it could still take from what nobody takes any more."""
        if self.wish.interval is not None:
            return Part(_whole(self.wish.interval, self.zone), self.wish.wanted)
        oldest = self.now - max(destination.limits().event_age_max.values())
        near = [i for i, at in self.times.items() if at is None or at[1] >= oldest]
        told = [at for i in near if (at := self.times[i]) is not None]
        old = tuple(i for i, at in self.times.items() if at and at[1] < oldest)
        if not near:
            return Part(None, Wanted(), old)
        last = self.now + _AHEAD_MAX
        first = max(min((at[0] for at in told), default=self.now), oldest)
        latest = max((at[1] for at in told), default=self.now)
        return Part(self._days(min(first, last), min(latest, last)), Wanted(near), old)

    def _days(self, first: datetime, last: datetime) -> DataInterval:
        zone = self.zone
        return days_from(
            first.astimezone(zone).date(), last.astimezone(zone).date(), zone
        )


def places_of(house: House, wish: Wish, now: datetime) -> Places:
    """Look up in the warehouse when the named orders were completed."""
    zone = house.settings.day_zone
    if wish.interval is not None:
        return Places(wish, zone, now, {})
    times = _times(house, wish.order_ids)
    missed = tuple(each for each in wish.order_ids if each not in times)
    return Places(wish, zone, now, times, missed)


def _times(house: House, ids: Sequence[str]) -> _Times:
    orders = house.settings.orders
    # As reconcile reads a naive time where no zone is told: as a fault, lying in UTC.
    zone = ZoneInfo((orders and orders.timezone) or "UTC")
    times: _Times = {}
    for row in house.order_times(ids):
        order_id = str(row["order_id"]).strip()
        at = _time(row["completed_at"], zone)
        known = times.get(order_id)
        if at is None:
            times.setdefault(order_id, None)
        else:
            times[order_id] = (
                (min(at, known[0]), max(at, known[1])) if known else (at, at)
            )
    return times


def _time(value: object, zone: ZoneInfo) -> datetime | None:
    try:
        return read_time("completed_at", value, zone)
    except Unreadable:
        return None


def _whole(interval: DataInterval, zone: ZoneInfo) -> DataInterval:
    return days_from(*touched(interval, zone), zone)
