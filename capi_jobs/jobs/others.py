"""What logs say that others sent to a destination, by the minute: counts, no rows.

They send to the same dataset, and so stand in the same counts of the platform.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from capi_jobs.config import Destination
from capi_jobs.jobs.house import House
from capi_jobs.model import DataInterval
from capi_jobs.orders.scalars import read_time
from capi_jobs.platforms import platform_named


def sent_by_others(
    house: House, destination: Destination, interval: DataInterval, *, browser: bool
) -> Mapping[tuple[datetime, str], int]:
    """Count logged events by minute and name; `browser`: the pixel's as well."""
    platform = platform_named(destination.platform)
    names = {**platform.event_names, **destination.event_names}
    found = Counter[tuple[datetime, str]]()
    for row in _rows(house, destination, interval, browser=browser):
        at = _moment(row)
        if at is not None and interval.start <= at < interval.end:
            name = str(row.get("event_name") or "Purchase")
            minute = at.replace(second=0, microsecond=0)
            found[minute, names.get(name, name)] += 1
    return found


def _rows(
    house: House, destination: Destination, interval: DataInterval, *, browser: bool
) -> Iterator[Mapping[str, object]]:
    for log in house.sent_events:
        pixel = log.channel == "browser" and not browser
        elsewhere = log.destination not in {None, destination.name}
        foreign = log.platform not in {None, destination.platform}
        if pixel or elsewhere or foreign:
            continue
        for batch in house.warehouse.sent_events(log, interval):
            rows = batch.to_pylist()
            yield from (row for row in rows if not _elsewhere(row, destination))


def _elsewhere(row: Mapping[str, object], destination: Destination) -> bool:
    where, platform = row.get("destination"), row.get("platform")
    return where not in {None, destination.name} or platform not in {
        None,
        destination.platform,
    }


def _moment(row: Mapping[str, object]) -> datetime | None:
    """Return the event's time, or None: then it is in no hour that could be named."""
    zone = row.get("timezone")
    try:
        return read_time("event_time", row["event_time"], _zone(zone))
    except ValueError:
        return None


def _zone(name: object) -> ZoneInfo | None:
    return ZoneInfo(str(name)) if name else None
