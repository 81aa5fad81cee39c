"""Types of settings: spans of time, database URLs, secrets by reference, addresses.

They are checked when the configuration is read; secrets are resolved only when they
are needed, and never shown. What a fault reads like is `faults.py`.
"""

import ipaddress
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote_plus, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
)

from capi_jobs.errors import ConfigFault

_SPAN = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(s|m|h|d|w)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
# Far beyond any window, retention or deadline; keeps dates computable.
SPAN_MAX = timedelta(days=36_500)

# sqlite:///shop.db and duckdb:///shop.duckdb; an empty path is a database in memory.
_FILE_URL = re.compile(
    r"(?P<scheme>(?:sqlite|duckdb)(?:\+\w+)?):///(?P<path>[^?]+)(?P<query>\?.*)?",
    re.DOTALL,
)
_ANY_URL = re.compile(r"[A-Za-z][\w+.-]*://")
_SECRET_WORDS = re.compile(r"pass|pwd|secret|token|key|cred", re.IGNORECASE)
# What Compose and Kubernetes call a service; platforms' names all have dots.
_NEIGHBOUR = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
# POSIX writes the names of variables so; a token pasted after `env:` hardly ever is.
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,99}")
_CONNECTION = "airflow:"
# What Airflow takes as the id of a connection.
_CONNECTION_ID = re.compile(r"[\w#:.+-]{1,200}", re.ASCII)
_DO_ADDRESS = "base_url must be https, or http on this machine (loopback)"
_DO_NEIGHBOUR = "base_url must be https, or http on this machine or a host without dots"
_DO_URL = "write a URL such as sqlite:///shop.db, or env:NAME to read it from there"


class Section(BaseModel):
    """A table of capi_jobs.toml: unknown keys are refused, values never change."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False
    )


Text = Annotated[str, Field(min_length=1)]


def _read_span(value: Any) -> Any:  # noqa: ANN401  # whatever TOML holds
    if isinstance(value, timedelta):
        return value
    found = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError('write a span of time as "45s", "30m", "48h", "7d" or "2w"')
    span = timedelta(**{_UNITS[found[2]]: float(found[1])})
    if span > SPAN_MAX:
        raise ValueError(f"a span can be {SPAN_MAX.days:,} days at most")
    return span


def _not_negative(value: timedelta) -> timedelta:
    if value < timedelta(0):
        raise ValueError("a span cannot be negative")
    return value


def span_text(span: timedelta) -> str:
    """Write a span as the configuration takes it."""
    seconds = span.total_seconds()
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{int(seconds // size)}{unit}"
    return f"{seconds:.6f}".rstrip("0").rstrip(".") + "s"


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
    """A database URL. Libraries read it whole; its str, repr and JSON are `shown`."""

    __slots__ = ()

    @property
    def shown(self) -> str:
        """The URL without password; where one cannot be told apart, without more."""
        text = str.__str__(self)
        if text.startswith(("env:", _CONNECTION)):
            return text
        scheme, _, rest = text.partition("://")
        if not _ANY_URL.match(text):
            return "***"
        if rest.startswith("/"):
            return f"{scheme}://{_without_secrets(rest)}"
        user, at, place = rest.rpartition("@")
        if "?" in user:
            # An @ after a ? may belong to either password: show neither.
            return f"{scheme}://***"
        who, colon, _ = user.partition(":")
        hidden = f"{who}:***" if colon else who
        return f"{scheme}://{hidden}{at}{_without_secrets(place)}"

    def __str__(self) -> str:
        """Never the password."""
        return self.shown

    def __format__(self, spec: str) -> str:
        """Never the password."""
        return format(self.shown, spec)

    def __repr__(self) -> str:
        """Never the password."""
        return repr(self.shown)

    @property
    def connection(self) -> str:
        """The Airflow connection that holds it; "" where the URL itself is here."""
        text = str.__str__(self)
        return text.removeprefix(_CONNECTION) if text.startswith(_CONNECTION) else ""

    def resolved(self, folder: Path, environment: Mapping[str, str]) -> "DatabaseUrl":
        """Look up `env:NAME`, and read a relative file from `folder`."""
        text = str.__str__(self)
        if text.startswith("env:"):
            name = text.removeprefix("env:")
            text = environment.get(name, "").strip()
            if not text:
                raise ConfigFault(f"the environment variable {name} is not set")
            if not _ANY_URL.match(text):
                raise ConfigFault(f"the environment variable {name} holds no URL")
        found = _FILE_URL.fullmatch(text)
        if found and not found["path"].startswith(("/", ":memory:", "file:")):
            where = folder / found["path"]
            return DatabaseUrl(f"{found['scheme']}:///{where}{found['query'] or ''}")
        return DatabaseUrl(text)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> Any:  # noqa: ANN401
        from pydantic_core import core_schema  # noqa: PLC0415  # pydantic's own way

        return core_schema.no_info_after_validator_function(
            _database_url,
            core_schema.str_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )


def _without_secrets(place: str) -> str:
    """Leave out a query that may hold a secret (`?password=…`, `?sslkey=…`)."""
    before, _, query = place.partition("?")
    secret = _SECRET_WORDS.search(unquote_plus(query))
    return f"{before}?***" if secret else place


def _database_url(text: str) -> DatabaseUrl:
    # The text is not shown: it may hold a password in a form of its own.
    url = DatabaseUrl(text.strip())
    if url.startswith("env:"):
        if not _VARIABLE.fullmatch(url, len("env:")):
            raise ValueError(_DO_VARIABLE)
    elif url.startswith(_CONNECTION):
        if not _CONNECTION_ID.fullmatch(url, len(_CONNECTION)):
            raise ValueError("write airflow:CONN_ID, with the id of a connection")
    elif not _ANY_URL.match(url):
        raise ValueError(_DO_URL)
    return url


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


_DO_VARIABLE = "write env:NAME, with the variable's name in capitals"


def _secret_ref(text: str) -> SecretRef:
    # The text is not shown: somebody may have pasted the token itself.
    ref = SecretRef(text.strip())
    if ref.scheme not in {"env", "file", "airflow"} or not ref.place.strip():
        raise ValueError("secrets never stand here; write env:NAME or file:PATH")
    if ref.scheme == "env" and not _VARIABLE.fullmatch(ref.place):
        raise ValueError(_DO_VARIABLE)
    return ref


def _safe_address(text: str, info: ValidationInfo) -> str:
    address = text.strip().rstrip("/")
    # Not shown, for the same reason: a URL may have its token inside.
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise ValueError("not an address") from None
    if not address.isprintable() or " " in address or not parts.hostname:
        raise ValueError("not an address; write https://host or https://host/path")
    if "@" in parts.netloc or "?" in address or "#" in address:
        raise ValueError("no user, query or fragment belongs in base_url")
    # A field of the same table says so; a type alone has no fields beside it.
    neighbours = bool((info.data or {}).get("plain_http"))
    plain = _is_loopback(parts.hostname) or (neighbours and _is_alone(parts.hostname))
    if parts.scheme != "https" and not (parts.scheme == "http" and plain):
        raise ValueError(_DO_ADDRESS if not neighbours else _DO_NEIGHBOUR)
    return address


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_alone(host: str) -> bool:
    """Whether this names a neighbour: no dots, so neither a domain nor an address."""
    return _NEIGHBOUR.fullmatch(host) is not None


BaseUrl = Annotated[str, AfterValidator(_safe_address)]
