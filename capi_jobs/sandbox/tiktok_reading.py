"""TikTok's read APIs: the list of pixels, and their events by the day.

Facts: https://business-api.tiktok.com/portal/docs?id=1740858904557570. The names of the
list's fields are not published; these are what a reader of it uses.
"""

import zlib
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import orjson

from .settings import SandboxSettings
from .tallies import Tally
from .tiktok import told
from .wire import Answer, Kind, Question, Refused

DAYS_MAX = 366


def pixels(tally: Tally, settings: SandboxSettings, question: Question) -> Answer:
    """Answer pixel/list: the numeric id of a pixel's code."""
    del tally
    _advertiser(question)
    code = question.query.get("code", "")
    known = settings.accounts.get("tiktok")
    found = [code] if code and (known is None or code in known) else []
    listed = [
        {"pixel_id": number_of(each), "pixel_code": each, "pixel_name": each}
        for each in found
    ]
    return told({"pixels": listed, "page_info": {"page": 1, "total_page": 1}})


def stats(tally: Tally, settings: SandboxSettings, question: Question) -> Answer:
    """Answer pixel/event/stats: events of some days, of browser and server alike."""
    _advertiser(question)
    wanted = _json(question, "pixel_ids")
    if not isinstance(wanted, list) or not all(
        isinstance(each, str) and each.isdecimal() for each in wanted
    ):
        raise Refused(Kind.INVALID, "Not a list of numeric ids", "pixel_ids")
    start, end = _days(question)
    rows = []
    for account in sorted(tally.accounts()):
        if number_of(account) not in wanted:
            continue
        counts = Counter[str]()
        for _, line, count in tally.lines(
            account, start, end, by_event_time=settings.stats_by_event_time
        ):
            if line.fresh or not settings.stats_after_dedup:
                counts[line.event_name] += count
        rows += [
            {"pixel_id": number_of(account), "event_type": name, "total_count": count}
            for name, count in counts.most_common()
        ]
    return told({"list": rows})


def number_of(code: str) -> str:
    """Return the numeric id of a pixel: the same each time, and only here."""
    return str(7_000_000_000_000_000_000 + zlib.crc32(code.encode()))


def _advertiser(question: Question) -> None:
    if not question.query.get("advertiser_id", "").isdecimal():
        raise Refused(Kind.INVALID, "Not a valid integer", "advertiser_id")


def _json(question: Question, name: str) -> object:
    try:
        return orjson.loads(question.query.get(name, ""))
    except orjson.JSONDecodeError:
        raise Refused(Kind.INVALID, "Not valid JSON", name) from None


def _days(question: Question) -> tuple[datetime, datetime]:
    span = _json(question, "date_range")
    try:
        first, last = (
            date.fromisoformat(span[name])  # type: ignore[index] # or refused
            for name in ("start_date", "end_date")
        )
    except (TypeError, KeyError, ValueError):
        raise Refused(Kind.INVALID, "Not a valid date range", "date_range") from None
    if not timedelta(0) <= last - first <= timedelta(days=DAYS_MAX):
        raise Refused(Kind.INVALID, "Not a valid date range", "date_range")
    zone = question.zone or UTC
    ends = (first, last + timedelta(days=1))
    start, end = (datetime.combine(day, time(), zone) for day in ends)
    return start, end
