"""What a platform's read API is asked, and what it tells: the contract, and its nouns.

Each platform's own file is `<name>_arrival.py`; all are pure. What our ledger says
beside it, and the verdict, is `capi_jobs/arrival.py`; calls are made in `jobs/`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from importlib import import_module
from typing import Protocol
from zoneinfo import ZoneInfo

from capi_jobs.model import Answer, Call, DataInterval
from capi_jobs.platforms import NAMES, Target
from capi_jobs.platforms import reading as read
from capi_jobs.platforms.reading import Meaning, Verdict

# ── What an API can tell at all ─────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a read API can tell. Each number's source stands where it is written."""

    delay: timedelta  # after so long, what was received is told
    back: timedelta  # it tells of the time since then
    bucket: timedelta  # counts are told for so long a time
    server_only: bool  # counts hold no browser events
    zone_told: bool  # the answer says in which zone its hours or days are
    # Buckets move with the question instead of standing on the clock.
    rolling: bool = False
    # Sources whose events are not said to stand in these counts.
    apart: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What is asked about one destination, and how."""

    target: Target
    token: str = field(repr=False)
    interval: DataInterval
    now: datetime
    advertiser: str = ""  # TikTok
    zone: ZoneInfo | None = None  # of days or hours that come without one


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: its call, and the time that it is about."""

    what: str
    call: Call = field(repr=False)
    start: datetime
    end: datetime


# ── What it tells ───────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Arrival:
    """So many events were received; `event_name` is "" where all are one number."""

    start: datetime
    end: datetime
    event_name: str
    count: int


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the platform's own about the quality of an event's matching."""

    event_name: str
    metric: str  # match_quality, coverage.email, dedup.event_id.server …
    value: Decimal


@dataclass(frozen=True, slots=True)
class Told:
    """What one answer holds, and what must be asked next to have all of it."""

    arrivals: tuple[Arrival, ...] = ()
    figures: tuple[Figure, ...] = ()
    following: tuple[Asked, ...] = ()


class Trouble(StrEnum):
    """Why nothing is told, sorted by what the operator does next."""

    NOT_POSSIBLE = "not_possible"  # this API cannot tell, or a setting is missing
    FORBIDDEN = "forbidden"  # the token may not read, or the account is another
    CREDENTIAL = "credential"  # the token is refused
    THROTTLED = "throttled"
    DOWN = "down"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Untold:
    """Nothing is told: why, and what to do."""

    trouble: Trouble
    why: str
    do: str = ""
    wait: timedelta | None = None


class ReadApi(Protocol):
    """What a platform says of its own read API."""

    reach: Reach

    def arrival_calls(self, inquiry: Inquiry) -> Sequence[Asked] | Untold:
        """Ask how many events were received."""

    def read_arrivals(
        self, asked: Asked, answer: Answer, inquiry: Inquiry
    ) -> Told | Untold:
        """Read an answer; `following` asks for the pages behind it."""

    def quality_calls(self, inquiry: Inquiry) -> Sequence[Asked] | Untold:
        """Ask how well events are matched."""

    def read_quality(
        self, asked: Asked, answer: Answer, inquiry: Inquiry
    ) -> Told | Untold:
        """Read an answer about matching."""


def read_api_of(platform: str) -> ReadApi:
    """Return the read API of a platform; KeyError for an unknown one."""
    if platform not in NAMES:
        raise KeyError(platform)
    api: ReadApi = import_module(f"capi_jobs.platforms.{platform}_arrival").READ_API
    return api


# ── What several read alike ─────────────────────────────────────────────────────

# An event has no such name: names are cut before they reach a table or the ledger.
NAME_CHARACTERS_MAX = 100
# Nobody counts more in an hour; a larger number is a misread one.
COUNT_MAX = 10**12

_TROUBLES: Mapping[Meaning, Trouble] = {
    Meaning.CREDENTIAL: Trouble.CREDENTIAL,
    Meaning.CONFIGURATION: Trouble.FORBIDDEN,
    Meaning.THROTTLED: Trouble.THROTTLED,
    Meaning.NOT_NOW: Trouble.DOWN,
    Meaning.LOST: Trouble.DOWN,
}


def untold(
    platform: str,
    code: str,
    verdict: Verdict | None,
    answer: Answer,
    wait: timedelta | None = None,
) -> Untold:
    """Say why an answer tells nothing, by the table that sending is read by."""
    if verdict is None:
        return _unlisted(platform, answer, wait)
    trouble = _TROUBLES.get(verdict.meaning, Trouble.NOT_POSSIBLE)
    return Untold(trouble, f"{platform}: {verdict.why} ({code})", verdict.do, wait)


def unreadable(platform: str) -> Untold:
    """Say that an answer has another shape than is known."""
    why = f"{platform} answered in a shape that is not known"
    return Untold(Trouble.UNREADABLE, why, "look at base_url and api_version")


def _unlisted(platform: str, answer: Answer, wait: timedelta | None) -> Untold:
    status = answer.status
    if status == read.HTTP_TOO_MANY_REQUESTS:
        return Untold(Trouble.THROTTLED, f"{platform}: too many requests", "", wait)
    if status >= _HTTP_SERVER_ERROR:
        return Untold(Trouble.DOWN, f"{platform} is down (HTTP {status})", "", wait)
    return unreadable(platform)


def a_count(value: object) -> int | None:
    """Return a whole number from 0 on, or None; text of digits is one, too."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value[:20])
    count = read.an_integer(value)
    return count if count is not None and 0 <= count <= COUNT_MAX else None


def a_name(value: object) -> str | None:
    """Return an event's name, or None."""
    if not isinstance(value, str) or not value.isprintable():
        return None
    return value[:NAME_CHARACTERS_MAX] or None


def a_number(value: object) -> Decimal | None:
    """Return a finite figure of the size that scores and percentages have, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Scores end at 10 and percentages at 100; gains may be larger.
    return Decimal(str(value)) if abs(value) <= 1_000_000 else None  # noqa: PLR2004


def objects(value: object) -> list[Mapping[str, object]]:
    """Return the objects of a list; anything else holds none."""
    listed = value if isinstance(value, list) else []
    return [each for each in listed if isinstance(each, dict)]


_HTTP_SERVER_ERROR = 500
