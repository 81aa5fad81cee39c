"""Types of settings: spans of time, database URLs, secrets by reference, addresses.

They are checked when the configuration is read; secrets are resolved only when they
are needed, and never shown.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
)

from capi_jobs.errors import ConfigFault

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d|w)")
# sqlite:///shop.db and duckdb:///shop.duckdb; an empty path is a database in memory.
_FILE_URL = re.compile(r"(?P<scheme>(?:sqlite|duckdb)(?:\+\w+)?):///(?P<path>[^?]+)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Section(BaseModel):
    """A table of capi_jobs.toml: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _read_span(value: Any) -> Any:  # noqa: ANN401  # whatever TOML holds
    if isinstance(value, str):
        found = _SPAN.fullmatch(value.strip())
        if not found:
            raise ValueError("write a span as 45s, 30m, 48h, 7d or 2w")
        return timedelta(**{_UNITS[found[2]]: float(found[1])})
    if isinstance(value, timedelta):
        return value
    raise ValueError("write a span as text: 45s, 30m, 48h, 7d or 2w")


def _not_negative(value: timedelta) -> timedelta:
    if value < timedelta(0):
        raise ValueError("a span cannot be negative")
    return value


def span_text(span: timedelta) -> str:
    """Write a span as the configuration takes it."""
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


Span = Annotated[
    timedelta,
    BeforeValidator(_read_span),
    AfterValidator(_not_negative),
    PlainSerializer(span_text),
]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("not a known time zone; write it as Europe/Berlin") from None
    return name


ZoneName = Annotated[str, AfterValidator(_known_zone)]


class DatabaseUrl(str):
    """A database URL; `shown` leaves out the password, and so does its repr."""

    __slots__ = ()

    @property
    def shown(self) -> str:
        """The URL without its password."""
        return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", str.__str__(self))

    def __repr__(self) -> str:
        """Never the password."""
        return repr(self.shown)

    def resolved(self, folder: Path, environment: Mapping[str, str]) -> "DatabaseUrl":
        """Look up `env:NAME`, and read a relative file from `folder`."""
        text = str.__str__(self)
        if text.startswith("env:"):
            name = text.removeprefix("env:")
            text = environment.get(name, "")
            if not text:
                raise ConfigFault(f"the environment variable {name} is not set")
        found = _FILE_URL.fullmatch(text)
        if found and not found["path"].startswith(("/", ":memory:")):
            return DatabaseUrl(f"{found['scheme']}:///{folder / found['path']}")
        return DatabaseUrl(text)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> Any:  # noqa: ANN401
        from pydantic_core import core_schema  # noqa: PLC0415  # pydantic's own way

        return core_schema.no_info_after_validator_function(
            cls, core_schema.str_schema(min_length=1)
        )


class SecretRef(str):
    """Where a secret lies: `env:NAME`, `file:PATH` or `airflow:CONN_ID`."""

    __slots__ = ()

    @property
    def scheme(self) -> str:
        """`env`, `file` or `airflow`."""
        return self.partition(":")[0]

    @property
    def place(self) -> str:
        """The variable, path or connection."""
        return self.partition(":")[2]

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> Any:  # noqa: ANN401
        from pydantic_core import core_schema  # noqa: PLC0415  # pydantic's own way

        return core_schema.no_info_after_validator_function(
            _secret_ref, core_schema.str_schema()
        )


def _secret_ref(text: str) -> SecretRef:
    ref = SecretRef(text.strip())
    if ref.scheme not in {"env", "file", "airflow"} or not ref.place.strip():
        # The text is not shown: somebody may have pasted the token itself.
        raise ValueError("secrets never stand here; write env:NAME or file:PATH")
    return ref


def _safe_address(text: str) -> str:
    parts = urlsplit(text.strip())
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("no user, query or fragment belongs in base_url")
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return text.strip().rstrip("/")
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("base_url must be https, or http on this machine (loopback)")
    return text.strip().rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_safe_address)]
