"""What several platforms read alike: a code's verdict becomes outcomes or a stop.

Pure. Which code means what is a table in each platform's file; nothing here knows one.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from orjson import JSONDecodeError, loads

from capi_jobs.errors import ConfigurationRefused, CredentialRefused
from capi_jobs.model import Accepted, Answer, Deferred, Lost, Outcome, Refused
from capi_jobs.platforms import words

# ── Verdicts ────────────────────────────────────────────────────────────────────


class Meaning(StrEnum):
    """What a code says about the events of its batch."""

    REFUSED = "refused"  # an event is bad, so the whole batch was turned away
    SPLIT = "split"  # the batch is bad as a batch; its events may be fine
    THROTTLED = "throttled"  # certainly not taken: too fast
    NOT_NOW = "not_now"  # certainly not taken: not ready
    LOST = "lost"  # nobody knows
    CREDENTIAL = "credential"  # the destination stops: renew the token
    CONFIGURATION = "configuration"  # the destination stops: mend account or version


@dataclass(frozen=True, slots=True)
class Verdict:
    """A code's meaning, why (never the platform's own text), and what to do."""

    meaning: Meaning
    why: str
    do: str = ""


def every(codes: Iterable[int], verdict: Verdict) -> dict[str, Verdict]:
    """Give a range of codes one verdict."""
    return {str(code): verdict for code in codes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One answer, understood as far as it can be."""

    platform: str
    code: str
    verdict: Verdict
    named: Collection[int] = ()  # positions that the answer blames
    detail: str = ""  # field names and plain words, see `safe_words`
    wait: timedelta | None = None


def settled(reading: Reading, size: int) -> list[Outcome]:
    """Turn a reading into one outcome per event; stop the destination if it says so."""
    stop = _STOPS.get(reading.verdict.meaning)
    if stop is not None:
        raise stop(
            f"{reading.platform}: {reading.verdict.why} ({reading.code})",
            do=reading.verdict.do,
        )
    if reading.verdict.meaning is Meaning.REFUSED:
        return _refused(reading, size)
    return [_alike(reading, size)] * size


_STOPS = {
    Meaning.CREDENTIAL: CredentialRefused,
    Meaning.CONFIGURATION: ConfigurationRefused,
}


def _alike(reading: Reading, size: int) -> Outcome:
    why = f"{reading.verdict.why} ({reading.code})"
    match reading.verdict.meaning:
        case Meaning.THROTTLED:
            return Deferred(f"throttled: {why}", reading.wait)
        case Meaning.NOT_NOW:
            return Deferred(why, reading.wait)
        case Meaning.SPLIT if size > 1:
            return Deferred(why, batch_refused=True, as_a_batch=True)
        case Meaning.SPLIT:
            return Refused(reading.code, reading.verdict.why)
        case _:
            return Lost(why)


def _refused(reading: Reading, size: int) -> list[Outcome]:
    """Refuse who is named and spare the others; if nobody is, somebody must look."""
    why = reading.verdict.why
    refused = Refused(
        reading.code, f"{why}: {reading.detail}" if reading.detail else why
    )
    if size == 1:
        return [refused]
    # A position outside of the batch shows that it was misread: trust none of them.
    named = reading.named if all(0 <= i < size for i in reading.named) else ()
    spared = Deferred(f"refused with others ({reading.code})", batch_refused=True)
    return [refused if i in named else spared for i in range(size)]


def lost(reason: str, size: int) -> list[Outcome]:
    """Say of each event that nobody knows."""
    return [Lost(reason)] * size


def accepted(trace_id: str, size: int, note: str = "") -> list[Outcome]:
    """Say of each event that it was taken."""
    return [Accepted(trace_id, note)] * size


# ── Parsing what may be anything ────────────────────────────────────────────────


def parsed(body: bytes | str) -> object:
    """Parse JSON; None for whatever is none (HTML, invalid UTF-8, cut off)."""
    try:
        return loads(body)
    except JSONDecodeError:
        return None


def unambiguous(body: bytes) -> bool:
    """Whether no object tells a name twice: then nobody knows which one is meant."""
    try:
        json.loads(body, object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        return False
    return True


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    told = dict(pairs)
    if len(told) < len(pairs):
        raise ValueError("a name stands twice")
    return told


def an_object(value: object) -> Mapping[str, object]:
    """Return a JSON object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def an_integer(value: object) -> int | None:
    """Return a JSON integer; None for true, 1.0 or "1", which prove nothing."""
    return value if type(value) is int else None


def a_trace(value: object) -> str:
    """Return an id that support can find the call by, if it looks like one."""
    return value if isinstance(value, str) and _TRACE.fullmatch(value) else ""


def retry_after(answer: Answer) -> timedelta | None:
    """Read Retry-After as seconds; a date would need a clock and is left aside."""
    text = answer.headers.get("retry-after", "").strip()
    return waited(int(text)) if _SECONDS.fullmatch(text) else None


def waited(seconds: float) -> timedelta:
    """Cap a wait that was asked for."""
    return timedelta(seconds=min(max(seconds, 0), _WAIT_MAX_SECONDS))


def asked_to_slow(answer: Answer) -> float:
    """Full pressure on 429, whatever the body says; it is only about speed."""
    return 1.0 if answer.status == HTTP_TOO_MANY_REQUESTS else 0.0


def safe_words(text: object, fields: Collection[str]) -> str:
    """Keep of a platform's message field names and plain words, drop the rest.

    Messages echo values, and values are personal data.
    """
    if not isinstance(text, str):
        return ""
    found = _WORD.findall(text[:_TEXT_READ_MAX])
    kept = [w if w in fields or w.lower() in _PLAIN_WORDS else "…" for w in found]
    shown = _GAPS.sub("…", " ".join(kept)).strip("… ")
    return shown[:_TEXT_SHOWN_MAX]


HTTP_OK = 200
HTTP_TOO_MANY_REQUESTS = 429

# Facebook's are 25 letters, TikTok's 34 digits; a longer one is no id.
_TRACE = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Nine digits are thirty years: more is no wait.
_SECONDS = re.compile(r"[0-9]{1,9}")
# Longer than an hour is for the next run, which asks anew.
_WAIT_MAX_SECONDS = 3600
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*|\S")
_GAPS = re.compile(r"…(?: …)*")
# The first sentence is in it; a platform that sends more is broken.
_TEXT_READ_MAX = 500
# One line of a terminal.
_TEXT_SHOWN_MAX = 160
_PLAIN_WORDS = words(
    """
    a an and are array at batch be below but by cannot contain data date does empty
    error event events exceeds expected expired failed field fields for format found
    future given greater has hash hashed have identifier identifiers in incorrect
    insufficient integer invalid is it json least less limit list long malformed match
    maximum minimum missing more most must name no not null number object of old one
    only or out parameter parameters past pii plain property range required sha256
    short should string supported than the this time timestamp to too type unhashed
    unix unknown unsupported valid value was were with without wrong
    """
)
