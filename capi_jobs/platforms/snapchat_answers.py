"""What Snapchat's answers mean: HTTP statuses, and how a bad event is found.

Pure. What Snapchat takes and how it is written is `snapchat.py`.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from capi_jobs.model import Answer, Outcome
from capi_jobs.platforms import reading as read
from capi_jobs.platforms import words
from capi_jobs.platforms.reading import Meaning, Reading, Verdict


def outcomes(size: int, answer: Answer) -> list[Outcome]:
    """Decide on `status`: VALID with HTTP 200 is the one proof there is."""
    body = read.an_object(read.parsed(answer.body))
    status = body.get("status")
    proves = answer.status == read.HTTP_OK and read.unambiguous(answer.body)
    if status == "VALID" and proves:
        return read.accepted("", size)
    verdict = ANSWERS.get(answer.status)
    # A server that broke down may say INVALID of events that nobody looked at.
    judged = status == "INVALID" and answer.status not in _BROKEN
    if status == "VALID" or not (judged or verdict):
        return read.lost(f"unreadable answer, HTTP {answer.status}", size)
    if verdict is None:
        return _invalid(body, size)
    code, wait = f"HTTP {answer.status}", read.retry_after(answer)
    reading = Reading(platform="Snapchat", code=code, verdict=verdict, wait=wait)
    return read.settled(reading, size)


def probed(answer: Answer) -> str:
    """Read what `validate` said: it judges events only for whom it lets in."""
    outcomes(1, answer)  # stops where the token or the account is refused
    body = read.an_object(read.parsed(answer.body))
    judged = body.get("status") in {"VALID", "INVALID"} and body.get("event_logs")
    if judged and isinstance(judged, list):
        return "Snapchat validated a probe: token and account are right"
    return ""


def pressure(answer: Answer) -> float:
    """No quota headers are known (S)."""
    return read.asked_to_slow(answer)


_RENEW = Verdict(
    Meaning.CREDENTIAL,
    "token refused",
    "make a Conversions API token in the organisation that owns the pixel",
)
_NOT_THERE = Verdict(
    Meaning.CONFIGURATION, "asset or path unknown", "look at account and api_version"
)
_BAD = Verdict(Meaning.REFUSED, "an event is invalid")

# Time-outs, and whatever is the server's own fault.
_BROKEN = frozenset({408, *range(500, 600)})
# Snap publishes no codes: its HTTP statuses are all the code there is, with or without
# JSON. 410 is what an outdated path answers (S).
ANSWERS: Mapping[int, Verdict] = MappingProxyType(
    {
        401: _RENEW,
        403: _RENEW,
        404: _NOT_THERE,
        410: _NOT_THERE,
        429: Verdict(Meaning.THROTTLED, "too many requests"),
    }
)
_FIELDS = words(
    """
    event_name event_time event_id event_source_url action_source user_data
    custom_data app_data extinfo advertiser_tracking_enabled value currency order_id
    data_processing_options content_ids contents item_price quantity content_type
    em ph fn ln ge db ct st zp country external_id client_ip_address
    client_user_agent sc_click_id sc_cookie1 madid
    """
)
# The one text we must read: bad tokens come as 400 INVALID, too. Taken for a bad event,
# one would reject a whole day, so a stop is the safer misreading.
_TOKEN = re.compile(
    r"access.?token|(invalid|expired|bad|missing|revoked) token"
    r"|token (is|was|has)|unauthori[sz]ed|authenticat",
    re.IGNORECASE,
)
_REASON_READ_MAX = 500  # a first sentence is shorter
# Not published; what looks like a constant or a number can hold no person.
_CODE = re.compile(r"[A-Z][A-Z_]{2,47}(?:_[0-9]{1,4})?|[0-9]{1,6}")


def _invalid(body: Mapping[str, object], size: int) -> list[Outcome]:
    position = read.an_integer(body.get("event"))
    reason = body.get("reason")
    text = reason[:_REASON_READ_MAX] if isinstance(reason, str) else ""
    about_token = position is None and _TOKEN.search(text)
    reading = Reading(
        platform="Snapchat",
        code=_code(body),
        verdict=_RENEW if about_token else _BAD,
        named=() if position is None else (position,),
        detail=read.safe_words(text, _FIELDS),
    )
    return read.settled(reading, size)


def _code(body: Mapping[str, object]) -> str:
    """Return the first error code that is fit to be kept."""
    codes = read.an_object(body.get("errors")).get("codes")
    for code in codes if isinstance(codes, list) else ():
        if isinstance(code, str) and _CODE.fullmatch(code):
            return code
    return "INVALID"
