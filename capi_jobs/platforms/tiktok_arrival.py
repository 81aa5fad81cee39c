"""What TikTok says it received: counts a day of a pixel, of browser and server alike.

Pure. Sending is `tiktok.py`, the codes of errors `tiktok_answers.py`. C(n), S and I say
how sure a fact is: n sources, one, inferred.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from orjson import dumps

from capi_jobs.model import Answer, Call
from capi_jobs.platforms import reading as read
from capi_jobs.platforms import tiktok_answers
from capi_jobs.platforms import writing as write
from capi_jobs.platforms.arrival import (
    Arrival,
    Asked,
    Inquiry,
    Reach,
    ReadApi,
    Told,
    Trouble,
    Untold,
    a_count,
    a_name,
    objects,
    unreadable,
    untold,
)

_DAY = timedelta(days=1)
# So many single days are asked for: what an audit of a month needs (own choice).
_DAYS_MAX = 31
_REACH = Reach(
    # Not published; diagnostics look at the previous 24 h.
    delay=_DAY,
    back=_DAY * _DAYS_MAX,
    bucket=_DAY,
    server_only=False,  # nothing in the answer tells a pixel's events apart (I)
    zone_told=False,  # days have no zone: `arrival.timezone` must say it
)
_LIST, _STATS = "pixel/list", "pixel/event/stats"
# The list's fields are known from one reader only (S): total counts, and their names.
_NAMES = ("event_type", "event", "event_name")
_COUNTS = ("total_count", "total", "count")


class TikTokReadApi:
    """The pixel's numeric id is looked up by its code, then a call for each day."""

    reach: Reach = _REACH

    def arrival_calls(self, inquiry: Inquiry) -> Sequence[Asked] | Untold:
        """Ask for the pixel's numeric id: days are asked for by that."""
        if inquiry.target.source not in {"", "web"}:
            why = "TikTok tells counts of pixels only, not of apps or offline sets"
            return Untold(Trouble.NOT_POSSIBLE, why)
        if not inquiry.advertiser:
            why = "TikTok tells counts to whoever names the advertiser"
            return Untold(Trouble.NOT_POSSIBLE, why, "set arrival.advertiser")
        if inquiry.zone is None:
            why = "TikTok does not say in which time zone its days are"
            return Untold(Trouble.NOT_POSSIBLE, why, "set arrival.timezone")
        days = list(_days(inquiry, inquiry.zone))
        if not days:
            return []
        asks = {"advertiser_id": inquiry.advertiser, "code": inquiry.target.account}
        call = _get(_LIST, asks, inquiry)
        return [Asked(_LIST, call, days[0][0], days[-1][1])]

    def read_arrivals(
        self, asked: Asked, answer: Answer, inquiry: Inquiry
    ) -> Told | Untold:
        """Read the pixel's id, or the counts of one day."""
        body = read.an_object(read.parsed(answer.body))
        code = read.an_integer(body.get("code"))
        if code != 0 or answer.status != read.HTTP_OK:
            return _refused(code, answer)
        data = body.get("data")
        rows = data if isinstance(data, list) else _listed(read.an_object(data))
        if rows is None:
            return unreadable("TikTok")
        if asked.what == _LIST:
            return _pixel(objects(rows), inquiry)
        return _counts(objects(rows), asked)

    def quality_calls(self, inquiry: Inquiry) -> Sequence[Asked] | Untold:
        """Ask nothing: match quality is shown in Events Manager only, C(2)."""
        del inquiry
        why = "TikTok shows match quality in Events Manager only"
        return Untold(Trouble.NOT_POSSIBLE, why)

    def read_quality(
        self, asked: Asked, answer: Answer, inquiry: Inquiry
    ) -> Told | Untold:
        """Nothing is asked, so nothing is read."""
        del asked, answer, inquiry
        return unreadable("TikTok")


def _days(inquiry: Inquiry, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Cut the interval into whole days, the last ones if many; today goes on."""
    ends = min(inquiry.interval.end, inquiry.now) - timedelta(microseconds=1)
    last = ends.astimezone(zone).date()
    first = inquiry.interval.start.astimezone(zone).date()
    first = max(first, last - _DAY * (_DAYS_MAX - 1))
    for number in range((last - first).days + 1):
        day = first + _DAY * number
        span = [datetime.combine(d, time(), zone) for d in (day, day + _DAY)]
        yield span[0].astimezone(UTC), span[1].astimezone(UTC)


def _get(what: str, asks: Mapping[str, str], inquiry: Inquiry) -> Call:
    target = inquiry.target
    path = ("open_api", target.api_version, *what.split("/"))
    url = f"{write.hosted(target.base_url, *path)}/?{urlencode(asks)}"
    return Call("GET", url, {"access-token": inquiry.token}, b"")


def _listed(data: Mapping[str, object]) -> list[object] | None:
    """Return the list under its usual names; other members are about pages."""
    for name in ("list", "pixels"):
        rows = data.get(name)
        if isinstance(rows, list):
            return rows
    return None


def _refused(code: int | None, answer: Answer) -> Untold:
    verdict = tiktok_answers.ANSWERS.get(str(code))
    wait = read.retry_after(answer)
    if verdict and verdict.meaning is read.Meaning.CONFIGURATION:
        why = f"TikTok: {verdict.why} ({code})"
        do = "a Marketing-API token with Pixel scope may read: set arrival.token"
        return Untold(Trouble.FORBIDDEN, why, do)
    return untold("TikTok", str(code), verdict, answer, wait)


def _pixel(rows: Sequence[Mapping[str, object]], inquiry: Inquiry) -> Told | Untold:
    """Find our pixel among those listed, and ask for each day."""
    account = inquiry.target.account
    ours = [row for row in rows if row.get("pixel_code") == account]
    numbers = [a_name(str(row.get("pixel_id", ""))) for row in ours]
    if len(numbers) != 1 or not str(numbers[0]).isdecimal():
        why = "TikTok lists no pixel of this account for the advertiser"
        return Untold(Trouble.FORBIDDEN, why, "look at account and arrival.advertiser")
    zone = inquiry.zone or ZoneInfo("UTC")
    following = []
    for start, end in _days(inquiry, zone):
        day = start.astimezone(zone).date().isoformat()
        asks = {
            "advertiser_id": inquiry.advertiser,
            "pixel_ids": dumps([numbers[0]]).decode(),
            "date_range": dumps({"start_date": day, "end_date": day}).decode(),
        }
        following.append(Asked(_STATS, _get(_STATS, asks, inquiry), start, end))
    return Told(following=tuple(following))


def _counts(rows: Sequence[Mapping[str, object]], asked: Asked) -> Told | Untold:
    found = []
    for row in rows:
        name = a_name(next((row[key] for key in _NAMES if key in row), None))
        count = a_count(next((row[key] for key in _COUNTS if key in row), None))
        if name is None or count is None:
            return unreadable("TikTok")
        found.append(Arrival(asked.start, asked.end, name, count))
    return Told(arrivals=tuple(found))


READ_API: ReadApi = TikTokReadApi()
