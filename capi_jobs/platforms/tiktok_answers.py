"""What TikTok's answers mean: one table of codes, and how a bad event is found.

Pure. What TikTok takes and how it is written is `tiktok.py`.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from capi_jobs.model import Answer, Outcome, Refused
from capi_jobs.platforms import reading as read
from capi_jobs.platforms import words
from capi_jobs.platforms.reading import Meaning, Reading, Verdict


def outcomes(size: int, answer: Answer) -> list[Outcome]:
    """Decide on `code`: HTTP says 200 for nearly everything. C(5)."""
    body = read.an_object(read.parsed(answer.body))
    code = read.an_integer(body.get("code"))
    trace = read.a_trace(body.get("request_id"))
    proves = answer.status == read.HTTP_OK and read.unambiguous(answer.body)
    if code == 0 and proves:
        return read.accepted(trace, size)
    verdict = ANSWERS.get(str(code))
    if verdict is None:
        return read.lost(f"no listed code, HTTP {answer.status}", size)
    message = body.get("message")
    text = message[:_MESSAGE_READ_MAX] if isinstance(message, str) else ""
    reading = Reading(
        platform="TikTok",
        code=str(code),
        verdict=verdict,
        named={int(position) for position, _ in _PATH.findall(text)},
        detail=read.safe_words(text, _FIELDS),
        wait=read.retry_after(answer),
    )
    return read.settled(reading, size)


def probed(answer: Answer) -> str:
    """Refused for its fields. Whether the token is looked at before is not told."""
    [outcome] = outcomes(1, answer)
    if isinstance(outcome, Refused):
        return (
            "TikTok refused an empty probe for its fields, not for its token; whether"
            " it looks at the token first is not documented"
        )
    return ""


def pressure(answer: Answer) -> float:
    """No quota headers are known."""
    return read.asked_to_slow(answer)


_RENEW = Verdict(
    Meaning.CREDENTIAL,
    "token missing, invalid or expired",
    "make a new token in Events Manager, or refresh the app's",
)
_PERMIT = Verdict(
    Meaning.CONFIGURATION,
    "not permitted",
    "make the token's user operator of the advertiser that owns the event source",
)
_VERSION = Verdict(Meaning.CONFIGURATION, "API version refused", "set api_version")
_NOT_THERE = Verdict(
    Meaning.CONFIGURATION, "event source or route unknown", "look at account, base_url"
)
_HOST = Verdict(Meaning.CONFIGURATION, "not possible on this host", "look at base_url")
_PARTNER = Verdict(
    Meaning.CONFIGURATION, "partner refused", "report it: capi-jobs names no partner"
)
_BLOCKED = Verdict(Meaning.CONFIGURATION, "account blocked", "ask TikTok's support why")
_BAD = Verdict(Meaning.REFUSED, "a parameter is invalid")
_TOO_FAST = Verdict(Meaning.THROTTLED, "too many requests")
_SYSTEM = Verdict(Meaning.LOST, "system error or time-out on TikTok's side")

# Names of codes: C [SDK]; classes of 40001, 40002, 40100: C(2), of the others I.
# Whatever is not listed is lost.
ANSWERS: Mapping[str, Verdict] = MappingProxyType(
    {
        # Partial success: which part is not told. The same ids may go again.
        "20001": Verdict(Meaning.LOST, "accepted in part"),
        "40000": _BAD,
        "40001": _PERMIT,
        "40002": _BAD,
        "40003": _PERMIT,
        "40006": _VERSION,
        "40007": _NOT_THERE,
        "40009": _HOST,
        "40010": _HOST,
        # Perhaps the first copy was taken. "Perhaps" is a doubt, not a receipt.
        "40050": Verdict(Meaning.LOST, "duplicated request"),
        "40051": _VERSION,
        "40061": Verdict(Meaning.SPLIT, "batch size invalid"),
        "40062": Verdict(Meaning.REFUSED, "personal data not hashed"),
        "40063": _PARTNER,
        "40100": _TOO_FAST,
        "40101": _PARTNER,
        "40102": _RENEW,
        "40103": _RENEW,
        "40104": _RENEW,
        "40105": _RENEW,
        "40107": _RENEW,
        "40113": _PERMIT,
        "40117": _PERMIT,
        "40118": _PERMIT,
        "40130": _PERMIT,
        "40132": _TOO_FAST,
        "40201": Verdict(Meaning.NOT_NOW, "task not ready"),
        "40202": Verdict(Meaning.NOT_NOW, "write conflict"),
        "40400": _NOT_THERE,
        "40700": Verdict(Meaning.REFUSED, "refused by validation"),
        "41000": _BLOCKED,
        "50000": _SYSTEM,
        "50002": _SYSTEM,
        **read.every(range(51000, 51060), _SYSTEM),
        **read.every(range(52000, 52205), _SYSTEM),
        "60001": Verdict(Meaning.NOT_NOW, "maintenance"),
        "61000": _TOO_FAST,
    }
)

_FIELDS = words(
    """
    event event_time event_id user properties page url app app_id limited_data_use
    event_source event_source_id test_event_code email phone external_id first_name
    last_name zip_code city state country ttclid ttp ip user_agent locale att_status
    value currency contents content_id content_ids content_type content_name price
    quantity num_items order_id
    """
)
# "Batch.0." is 1.0's; 2.0 is expected to say "data.0." (I). A field of ours must
# follow: an order number that a message echoes may look like a path, too.
_PATH = re.compile(rf"\b(?:data|Batch)\.(\d{{1,4}})\.({'|'.join(sorted(_FIELDS))})\b")
# The path stands in the first sentence.
_MESSAGE_READ_MAX = 500
