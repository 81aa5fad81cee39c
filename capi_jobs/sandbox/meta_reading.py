"""Meta's read APIs: stats by the hour, offline uploads, dataset quality.

Facts: https://developers.facebook.com/docs/marketing-api/reference/ads-pixel/stats.
"""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

from .settings import SandboxSettings
from .tallies import Line, Matched, Tally
from .wire import Answer, Json, Kind, Question, Refused, json_answer

BACK_MAX = timedelta(days=7)  # by the page on stats
EVENTS_TOLD_MAX = 100  # "the top 100 events broken down by hour"
HOUR = timedelta(hours=1)
SOURCES = {"SERVER_ONLY": False, "WEB_ONLY": True}
# Ours to choose: Meta does not say what its score is made of.
SCORE_MAX = 10
SCORED = ("em", "ph", "external_id", "fbc", "fbp", "client_ip_address", "fn", "ln")


def stats(tally: Tally, settings: SandboxSettings, question: Question) -> Answer:
    """Answer /{dataset}/stats: events by hour and name."""
    query = question.query
    if query.get("aggregation", "event") != "event":
        raise Refused(Kind.INVALID, "this aggregation is not played", "aggregation")
    browser = SOURCES.get(query.get("event_source", ""))
    agent = query.get("agent")

    def asked(line: Line) -> bool:
        if browser is not None and line.origin.browser is not browser:
            return False
        return agent is None or line.origin.agent == agent

    hours: defaultdict[datetime, Counter[str]] = defaultdict(Counter)
    start, end = _span(question)
    zone = question.zone or UTC
    for at, line, count in tally.lines(
        question.account, start, end, by_event_time=settings.stats_by_event_time
    ):
        if asked(line) and (line.fresh or not settings.stats_after_dedup):
            local = at.astimezone(zone)
            hours[local.replace(minute=0)][line.event_name] += count
    rows = [_hour(hour, hours[hour], question) for hour in sorted(hours)]
    return _page(rows, question)


def uploads(tally: Tally, settings: SandboxSettings, question: Question) -> Answer:
    """Answer /{dataset}/offline_event_uploads: the entries of a tag."""
    tag = question.query.get("upload_tag", "")
    start, end = _span(question)
    valid = doubles = 0
    for _, line, count in tally.lines(
        question.account, start, end, by_event_time=settings.stats_by_event_time
    ):
        if line.store and line.origin.tag == tag:
            valid += count
            doubles += 0 if line.fresh else count
    if not valid:
        return _page([], question)
    row: Json = {
        "valid_entries": valid,
        "duplicate_entries": doubles,
        "matched_entries": valid - doubles,
        "match_rate_approx": 100,
    }
    return _page([row], question)


def quality(tally: Tally, settings: SandboxSettings, question: Question) -> Answer:
    """Answer /dataset_quality: what its server events hold, told as Meta tells it."""
    del settings
    agent = question.query.get("agent_name", "")
    found = tally.quality(question.account, agent)
    return json_answer({"web": [_quality(one) for one in found if one.server]})


def _quality(one: Matched) -> Json:
    shares = {key: _percent(count, one.server) for key, count in one.keys.items()}
    score = SCORE_MAX * sum(shares.get(key, 0) for key in SCORED) / len(SCORED) / 100
    return {
        "event_name": one.event_name,
        "event_match_quality": {
            "composite_score": round(score, 1),
            "match_key_feedback": [
                {"identifier": key, "coverage": {"percentage": share}}
                for key, share in sorted(shares.items())
            ],
        },
        "event_coverage": {"percentage": min(100.0, _percent(one.server, one.browser))},
        "dedupe_key_feedback": [
            {
                "dedupe_key": "event_id",
                "browser_events_with_dedupe_key": {
                    "percentage": _percent(one.browser_with_id, one.browser)
                },
                "server_events_with_dedupe_key": {
                    "percentage": _percent(one.server_with_id, one.server)
                },
            }
        ],
    }


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def _span(question: Question) -> tuple[datetime, datetime]:
    query, now = question.query, question.now
    end = _moment(query.get("end_time"), "end_time") or now
    start = _moment(query.get("start_time"), "start_time") or end - timedelta(days=1)
    if start < now - BACK_MAX:
        raise Refused(Kind.INVALID, "is more than seven days ago", "start_time")
    return start, end


def _moment(text: str | None, name: str) -> datetime | None:
    """Read Unix seconds or ISO 8601."""
    if text is None:
        return None
    try:
        if text.isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        told = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise Refused(Kind.INVALID, "is no time", name) from None
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def _hour(hour: datetime, counts: Counter[str], question: Question) -> Json:
    written = "%Y-%m-%dT%H:%M:%S" if question.zone_hidden else "%Y-%m-%dT%H:%M:%S%z"
    return {
        "aggregation": "event",
        "start_time": hour.strftime(written),
        "data": [
            {"value": name, "count": count}
            for name, count in counts.most_common(EVENTS_TOLD_MAX)
        ],
    }


def _page(rows: list[Json], question: Question) -> Answer:
    """Tell a page of them; the next one by its cursor."""
    after = question.query.get("after", "0")
    if not after.isdecimal():
        raise Refused(Kind.INVALID, "is no cursor", "after")
    begin, size = int(after), question.page_rows
    paging: dict[str, object] = {}
    if begin + size < len(rows):
        cursor = str(begin + size)
        # Graph's own has the token in it; nothing here repeats one.
        paging = {"cursors": {"after": cursor}, "next": f"?after={cursor}"}
    return json_answer({"data": rows[begin : begin + size], "paging": paging})
