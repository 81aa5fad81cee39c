"""What Meta says it received, and how well it matches: stats, uploads, dataset quality.

Pure. Sending is `meta.py`, the codes of errors `meta_answers.py`. C(n), S and I say how
sure a fact is: n sources, one, inferred.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from capi_jobs.model import Answer, Call
from capi_jobs.platforms import meta_answers
from capi_jobs.platforms import reading as read
from capi_jobs.platforms import writing as write
from capi_jobs.platforms.arrival import (
    Arrival,
    Asked,
    Figure,
    Inquiry,
    Reach,
    ReadApi,
    Told,
    Trouble,
    Untold,
    a_count,
    a_name,
    a_number,
    objects,
    unreadable,
    untold,
)

_HOUR = timedelta(hours=1)
_REACH = Reach(
    # Events Manager shows new events after about 20 minutes (S); the API is not said
    # to be as quick, so three times that.
    delay=_HOUR,
    back=timedelta(days=7),  # C(2)
    bucket=_HOUR,  # C(2)
    server_only=True,  # `event_source=SERVER_ONLY`, C(2)
    zone_told=True,  # `2026-11-22T10:00:00+0000`: the text is I
    # Store orders have uploads of their own; whether stats count them is not said.
    apart=frozenset({"physical_store"}),
)
_STATS, _UPLOADS, _QUALITY = "stats", "offline_event_uploads", "dataset_quality"
# The fields of the official page that are kept; S.
_FIELDS = (
    "web{event_name,event_match_quality{composite_score,"
    "match_key_feedback{identifier,coverage{percentage}}},"
    "event_coverage{percentage},"
    "dedupe_key_feedback{dedupe_key,browser_events_with_dedupe_key{percentage},"
    "server_events_with_dedupe_key{percentage},"
    "overall_browser_coverage_from_dedupe_key{percentage}}}"
)
# The page's table has one spelling, its examples the other.
_DEDUP = ("dedupe_key_feedback", "dedup_key_feedback")
_SHARES = {
    "browser_events_with_dedupe_key": "browser",
    "server_events_with_dedupe_key": "server",
    "overall_browser_coverage_from_dedupe_key": "overall",
}
_NOT_THERE = "2044055"  # dataset does not exist (official)


class MetaReadApi:
    """Hourly counts of server events; with a tag, the entries of offline uploads."""

    reach: Reach = _REACH

    def arrival_calls(self, inquiry: Inquiry) -> Sequence[Asked] | Untold:
        """Ask for whole hours, as far back as Meta tells; the last one may go on."""
        oldest = _hour(inquiry.now - _REACH.back) + _HOUR
        start = max(_hour(inquiry.interval.start), oldest)
        ends = min(inquiry.interval.end, inquiry.now)
        end = _hour(ends - timedelta(microseconds=1)) + _HOUR
        if end <= oldest:
            return Untold(Trouble.NOT_POSSIBLE, "Meta tells of the last 7 days only")
        if start >= end:
            return []
        asked_end = min(end, inquiry.now + timedelta(seconds=1))  # the second goes on
        span = {"start_time": _seconds(start), "end_time": _seconds(asked_end)}
        if tag := inquiry.target.upload_tag:
            asks = {"upload_tag": tag, **span}
            return [_asked(_UPLOADS, inquiry, asks, start, end)]
        asks = {"aggregation": "event", "event_source": "SERVER_ONLY", **span}
        if agent := inquiry.target.agent:
            asks["agent"] = agent
        return [_asked(_STATS, inquiry, asks, start, end)]

    def read_arrivals(
        self, asked: Asked, answer: Answer, inquiry: Inquiry
    ) -> Told | Untold:
        """Read one page of hours, or of uploads."""
        body = _body(answer)
        if isinstance(body, Untold):
            return body
        rows = body.get("data")
        if not isinstance(rows, list):
            return unreadable("Meta")
        following = _next_page(asked, body)
        if isinstance(following, Untold):
            return following
        reader = _uploads if asked.what == _UPLOADS else _hours
        told = reader(objects(rows), asked, inquiry)
        if isinstance(told, Untold):
            return told
        return Told(arrivals=tuple(told), following=following)

    def quality_calls(self, inquiry: Inquiry) -> Sequence[Asked] | Untold:
        """Ask for the dataset's quality; it has no time, so it is of now."""
        target = inquiry.target
        asks = {"dataset_id": target.account, "fields": _FIELDS}
        if target.agent:
            asks["agent_name"] = target.agent
        url = write.hosted(target.base_url, target.api_version, _QUALITY)
        call = _get(url, asks, inquiry)
        return [Asked(_QUALITY, call, inquiry.now, inquiry.now)]

    def read_quality(
        self, asked: Asked, answer: Answer, inquiry: Inquiry
    ) -> Told | Untold:
        """Read the figures of web events; there are none of others yet."""
        del asked, inquiry
        body = _body(answer)
        if isinstance(body, Untold):
            return body
        # "data" around it: what Graph does with other lists (I).
        rows = body.get("web")
        if rows is None and (inner := objects(body.get("data"))):
            rows = inner[0].get("web")
        if not isinstance(rows, list):
            return unreadable("Meta")
        return Told(figures=tuple(f for row in objects(rows) for f in _figures(row)))


# ── Asking ──────────────────────────────────────────────────────────────────────


def _asked(
    what: str, inquiry: Inquiry, asks: Mapping[str, str], start: datetime, end: datetime
) -> Asked:
    target = inquiry.target
    url = write.hosted(target.base_url, target.api_version, target.account, what)
    return Asked(what, _get(url, asks, inquiry), start, end)


def _get(url: str, asks: Mapping[str, str], inquiry: Inquiry) -> Call:
    secret = {"access_token": inquiry.token}
    if app := inquiry.target.app_secret:
        proof = hmac.new(app.encode(), inquiry.token.encode(), hashlib.sha256)
        secret["appsecret_proof"] = proof.hexdigest()
    return Call("GET", f"{url}?{urlencode({**asks, **secret})}", {}, b"")


def _next_page(asked: Asked, body: Mapping[str, object]) -> tuple[Asked, ...] | Untold:
    """Ask for what follows by cursor; never go where an answer says, with the token."""
    paging = read.an_object(body.get("paging"))
    if not paging.get("next"):
        return ()
    after = read.an_object(paging.get("cursors")).get("after")
    if after is None:
        asks = dict(parse_qsl(urlsplit(str(paging["next"])).query))
        after = asks.get("after")
    if not isinstance(after, str) or not after:
        return unreadable("Meta")
    parts = urlsplit(asked.call.url)
    query = {**dict(parse_qsl(parts.query)), "after": after}
    url = urlunsplit(parts._replace(query=urlencode(query)))
    return (Asked(asked.what, Call("GET", url, {}, b""), asked.start, asked.end),)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _seconds(moment: datetime) -> str:
    return str(write.seconds(moment))


# ── Reading ─────────────────────────────────────────────────────────────────────


def _body(answer: Answer) -> Mapping[str, object] | Untold:
    body = read.an_object(read.parsed(answer.body))
    if "error" not in body and answer.status == read.HTTP_OK and body:
        return body
    error = read.an_object(body.get("error"))
    code = str(read.an_integer(error.get("code")))
    exact = f"{code}/{read.an_integer(error.get('error_subcode'))}"
    wait = read.retry_after(answer) or meta_answers.regain(answer)
    if _NOT_THERE in exact.split("/"):
        why = f"Meta: dataset unknown ({_NOT_THERE})"
        return Untold(Trouble.FORBIDDEN, why, "look at account")
    known = meta_answers.ANSWERS
    verdict = known.get(exact) or known.get(code)
    if verdict and verdict.meaning is read.Meaning.CONFIGURATION:
        do = (
            "give the token's system user ads_read and ads_management, or arrival.token"
        )
        return Untold(Trouble.FORBIDDEN, f"Meta: {verdict.why} ({code})", do)
    return untold("Meta", exact if exact in known else code, verdict, answer, wait)


def _hours(
    rows: Sequence[Mapping[str, object]], asked: Asked, inquiry: Inquiry
) -> list[Arrival] | Untold:
    del asked
    found: list[Arrival] = []
    for row in rows:
        start = _moment(row.get("start_time"), inquiry)
        if isinstance(start, Untold):
            return start
        counts = row.get("data")
        if not isinstance(counts, list):
            return unreadable("Meta")
        for each in objects(counts):
            name, count = a_name(each.get("value")), a_count(each.get("count"))
            if name is None or count is None:
                return unreadable("Meta")
            found.append(Arrival(start, start + _HOUR, name, count))
    return found


def _moment(text: object, inquiry: Inquiry) -> datetime | Untold:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return unreadable("Meta")
    if moment.tzinfo is None:
        if inquiry.zone is None:
            why = "Meta's hours came without a time zone"
            return Untold(Trouble.NOT_POSSIBLE, why, "set arrival.timezone")
        moment = moment.replace(tzinfo=inquiry.zone)
    return moment


def _uploads(
    rows: Sequence[Mapping[str, object]], asked: Asked, inquiry: Inquiry
) -> list[Arrival] | Untold:
    del inquiry
    total = 0
    for row in rows:
        count = a_count(row.get("valid_entries"))
        if count is None:
            return unreadable("Meta")
        total += count
    return [Arrival(asked.start, asked.end, "", total)]


def _figures(row: Mapping[str, object]) -> Iterator[Figure]:
    name = a_name(row.get("event_name"))
    if name is None:
        return
    for metric, value in (*_matching(row), *_deduplication(row)):
        if (number := a_number(value)) is not None:
            yield Figure(name, metric, number)


def _matching(row: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    quality = read.an_object(row.get("event_match_quality"))
    yield "match_quality", quality.get("composite_score")
    for key in objects(quality.get("match_key_feedback")):
        if identifier := a_name(key.get("identifier")):
            yield f"coverage.{identifier}", _percent(key, "coverage")
    yield "event_coverage", _percent(row, "event_coverage")


def _deduplication(row: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for key in (each for spelt in _DEDUP for each in objects(row.get(spelt))):
        if name := a_name(key.get("dedupe_key") or key.get("dedup_key")):
            for field, short in _SHARES.items():
                yield f"dedup.{name}.{short}", _percent(key, field)


def _percent(row: Mapping[str, object], field: str) -> object:
    return read.an_object(row.get(field)).get("percentage")


READ_API: ReadApi = MetaReadApi()
