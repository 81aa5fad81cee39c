"""What Meta's answers mean: one table of codes, and how a code is found.

Pure. What Meta takes and how it is written is `meta.py`.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType

from capi_jobs.model import Answer, Outcome, Refused
from capi_jobs.platforms import reading as read
from capi_jobs.platforms import words
from capi_jobs.platforms.reading import Meaning, Reading, Verdict


def outcomes(size: int, answer: Answer) -> list[Outcome]:
    """Accept on the one proof there is: 200 and as many received as were sent."""
    body = read.an_object(read.parsed(answer.body))
    if "error" in body:
        return _settled_error(read.an_object(body["error"]), answer, size)
    received = read.an_integer(body.get("events_received"))
    proves = answer.status == read.HTTP_OK and read.unambiguous(answer.body)
    if not proves or received is None:
        return read.lost(f"unreadable answer, HTTP {answer.status}", size)
    if received != size:
        return read.lost(f"{received} of {size} events received", size)
    note = "the answer has messages" if body.get("messages") else ""
    return read.accepted(read.a_trace(body.get("fbtrace_id")), size, note)


def probed(answer: Answer) -> str:
    """Too old: then Meta had let us in, and knew the dataset. S."""
    [outcome] = outcomes(1, answer)
    if isinstance(outcome, Refused) and outcome.code == "100/2804003":
        return "Meta refused a probe as too old: token and dataset are right"
    return ""


def pressure(answer: Answer) -> float:
    """Read the usage headers; Meta advises to back off before 100 %. C(2)."""
    percent = max(used for usage in _usages(answer) for used in _used(usage))
    return max(read.asked_to_slow(answer), min(percent, 100) / 100)


_RENEW = "make a new token for this dataset in Events Manager"
_PERMIT = "give the token's system user the dataset and its permission"
_TOO_FAST = Verdict(Meaning.THROTTLED, "rate limit reached")
_NO_PERMISSION = Verdict(Meaning.CONFIGURATION, "permission is missing", _PERMIT)


def _bad(why: str) -> Verdict:
    return Verdict(Meaning.REFUSED, why)


# Code, or code/subcode, which wins. HTTP status is no guide: 17 and 190 come as 500,
# throttling as 400. Whatever is not listed is lost.
ANSWERS: Mapping[str, Verdict] = MappingProxyType(
    {
        "1": Verdict(Meaning.LOST, "unknown error"),
        "2": Verdict(Meaning.LOST, "service unavailable"),
        "3": _NO_PERMISSION,
        "4": _TOO_FAST,
        "10": _NO_PERMISSION,
        "17": _TOO_FAST,
        "32": _TOO_FAST,
        "100": _bad("a parameter is invalid"),
        "100/33": Verdict(
            Meaning.CONFIGURATION, "dataset unknown or not permitted", _PERMIT
        ),
        "100/34": _bad("a parameter is invalid or not supported"),
        "100/38": _bad("a parameter is invalid or not supported"),
        # Known to others as permanent; what they mean is not published.
        "100/2804001": _bad("event invalid"),
        "100/2804007": _bad("event invalid"),
        "100/2804016": _bad("event invalid"),
        "100/2804017": _bad("event invalid"),
        "100/2804048": _bad("event invalid"),
        "100/2804003": _bad("event too old"),
        "100/2804009": _bad("value missing"),
        "100/2804019": _bad("a value is invalid"),
        "100/2804030": _bad("limited data use not selected"),
        "100/2804036": _bad("lead_id invalid"),
        "100/2804050": _bad("not enough customer information"),
        "100/2804116": _bad("messaging event lacks its page"),
        "102": Verdict(Meaning.CREDENTIAL, "session invalid", _RENEW),
        "105": _bad("too many parameters"),
        "190": Verdict(Meaning.CREDENTIAL, "token invalid, expired, revoked", _RENEW),
        **read.every(range(200, 300), _NO_PERMISSION),
        "341": Verdict(Meaning.THROTTLED, "temporarily limited"),
        "368": Verdict(
            Meaning.CONFIGURATION, "blocked for policy", "look at Account Quality"
        ),
        "613": _TOO_FAST,
        # Not in the fact sheet: what Graph answers for a version that has ended.
        "2635": Verdict(
            Meaning.CONFIGURATION,
            "this API version has ended",
            "set api_version to a newer one",
        ),
        "5000": Verdict(Meaning.LOST, "temporary error"),
        "21009": Verdict(Meaning.NOT_NOW, "dataset not ready"),
        **read.every(range(80000, 80015), _TOO_FAST),
    }
)
_TRANSIENT = Verdict(Meaning.NOT_NOW, "transient")
_FIELDS = words(
    """
    event_name event_time event_id event_source_url action_source user_data custom_data
    app_data extinfo advertiser_tracking_enabled application_tracking_enabled lead_id
    data_processing_options em ph fn ln ct st zp country db ge external_id
    client_ip_address client_user_agent fbc fbp madid value currency content_ids
    contents content_type num_items order_id item_price quantity
    """
)
# "data[3][event_time]", ["data", 3, "event_time"] once joined by dots, and the like.
_POSITION = re.compile(r"\bdata\W{1,4}(\d{1,4})\b")


def _settled_error(
    error: Mapping[str, object], answer: Answer, size: int
) -> list[Outcome]:
    code = read.an_integer(error.get("code"))
    subcode = read.an_integer(error.get("error_subcode"))
    exact = f"{code}/{subcode}"
    verdict = ANSWERS.get(exact) or ANSWERS.get(str(code))
    if verdict is None:
        return read.lost(f"unlisted code, HTTP {answer.status}", size)
    # A code that is certainly no acceptance, and that Meta itself calls passing.
    if error.get("is_transient") is True and verdict.meaning is not Meaning.LOST:
        verdict = _TRANSIENT
    paths = _blamed(error)
    reading = Reading(
        platform="Meta",
        code=exact if subcode is not None else str(code),
        verdict=verdict,
        named={int(i) for path in paths for i in _POSITION.findall(path)},
        detail=read.safe_words(" ".join(paths), _FIELDS),
        wait=read.retry_after(answer) or regain(answer),
    )
    return read.settled(reading, size)


def _blamed(error: Mapping[str, object]) -> list[str]:
    """Return the paths of bad fields; `error_data` may be JSON in a text."""
    data = error.get("error_data")
    specs = read.an_object(read.parsed(data) if isinstance(data, str) else data)
    paths = specs.get("blame_field_specs")
    if not isinstance(paths, list):
        return []
    nested = [path if isinstance(path, list) else [path] for path in paths]
    if nested and not any(isinstance(path, list) for path in paths):
        nested = [paths]
    # Anything else is no part of a path, and may be nested beyond what str() can write.
    return [
        ".".join(str(p) for p in path if isinstance(p, str | int)) for path in nested
    ]


def _usages(answer: Answer) -> Iterator[Mapping[str, object]]:
    """Read the usage headers; the business one lists its use cases per business."""
    for name in ("x-app-usage", "x-ad-account-usage"):
        yield read.an_object(read.parsed(answer.headers.get(name, "")))
    header = answer.headers.get("x-business-use-case-usage", "")
    for uses in read.an_object(read.parsed(header)).values():
        yield from map(read.an_object, uses if isinstance(uses, list) else ())


def _used(usage: Mapping[str, object]) -> Iterator[int]:
    """Percentages, as Meta writes them."""
    for name in ("call_count", "total_cputime", "total_time"):
        yield max(read.an_integer(usage.get(name)) or 0, 0)


def regain(answer: Answer) -> timedelta | None:
    """Wait as long as Meta estimates, in minutes."""
    minutes = [
        read.an_integer(usage.get("estimated_time_to_regain_access")) or 0
        for usage in _usages(answer)
    ]
    return read.waited(60 * max(minutes)) if max(minutes) > 0 else None
