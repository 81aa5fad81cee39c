"""What passes between a route, a platform and the books: requests, refusals, answers.

How a platform reads and words them stands in its own file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias
from zoneinfo import ZoneInfo

import orjson

from .counting import Arrival

Json: TypeAlias = dict[str, object]


class Kind(StrEnum):
    """Why a request is refused; each platform has its own code for it."""

    TOKEN_MISSING = "token_missing"  # noqa: S105 - a reason, not a secret
    TOKEN_INVALID = "token_invalid"  # noqa: S105 - a reason, not a secret
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a reason, not a secret
    PROOF = "proof"
    ACCOUNT = "account"
    VERSION = "version"
    MALFORMED = "malformed"
    BATCH_SIZE = "batch_size"
    MISSING = "missing"
    INVALID = "invalid"
    TOO_OLD = "too_old"
    FUTURE = "future"
    UNHASHED = "unhashed"
    IDENTIFIERS = "identifiers"
    MONEY = "money"
    LEAD = "lead"
    PAGE = "page"
    SCRIPTED = "scripted"
    FORBIDDEN = "forbidden"
    THROTTLED = "throttled"
    TRANSIENT = "transient"


class Refused(Exception):
    """A whole request is refused: why, and the first event and field to blame."""

    def __init__(self, kind: Kind, reason: str, field_path: str = "") -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.field = field_path
        self.index: int | None = None
        self.names_index: bool | None = None  # None: as the platform does
        self.code: int | None = None
        self.subcode: int | None = None
        self.status: int | None = None
        self.retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """One HTTP request, read."""

    path: Mapping[str, str]
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Submission:
    """What a request asks to be counted."""

    account: str
    token: str | None = field(repr=False)
    body: Json = field(repr=False)
    events: list[Json] = field(repr=False)
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a read API is asked, and how a script bends the answer."""

    account: str
    query: Mapping[str, str] = field(repr=False)
    now: datetime
    page_rows: int
    zone: ZoneInfo | None = None  # None: UTC
    zone_hidden: bool = False  # hours are told without their zone


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


class Platform(Protocol):
    """One platform's strictness and manner of speaking."""

    name: str
    names_index: bool  # whether a refusal says which event was bad
    # Names under which the platform files one and the same conversion.
    same_conversion: Mapping[str, str]

    def read(self, incoming: Incoming) -> Submission: ...

    def check(self, submission: Submission, now: datetime) -> None:
        """Raise `Refused` for the first thing that is wrong."""

    def arrivals(self, submission: Submission) -> Iterable[Arrival]: ...

    def pixel(self, seen: Mapping[str, str | None]) -> Arrival: ...

    def order_id(self, event: Json) -> object: ...

    def accepted(self, request: int, events: int) -> Answer: ...

    def partly(self, request: int, events: int) -> Answer:
        """Say, as far as the platform can, that only the first events count."""

    def refused(self, request: int, refused: Refused) -> Answer: ...


def json_answer(
    content: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    return Answer(orjson.dumps(content), status, headers or {})


def bearer(headers: Mapping[str, str]) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def read_json(body: bytes) -> Json:
    """The body as an object; NaN, infinity and broken UTF-8 are no JSON."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(Kind.MALFORMED, "The body is not JSON") from None
    if not isinstance(content, dict):
        raise Refused(Kind.MALFORMED, "The body is not a JSON object")
    return content


def read_events(content: object) -> list[Json]:
    """The list under `data`; anything else cannot be judged event by event."""
    if not isinstance(content, list):
        raise Refused(Kind.MALFORMED, "data is not a list", "data")
    for index, event in enumerate(content):
        if not isinstance(event, dict):
            refused = Refused(Kind.MALFORMED, "the event is not an object")
            refused.index = index
            raise refused
    return content
