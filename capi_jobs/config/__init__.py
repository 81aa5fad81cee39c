"""capi_jobs.toml and the environment → Settings; every fault is reported at once.

The only room that reads environment variables. Tables live in `sections.py` and
`destinations.py`, types in `types.py`, the look-up of secrets in `secrets.py`.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator, model_validator

from capi_jobs.config.destinations import Destination
from capi_jobs.config.secrets import Credentials, secret_of
from capi_jobs.config.sections import (
    Delivery,
    GateSettings,
    LedgerSettings,
    Orders,
    SentEvents,
    Validation,
    Warehouse,
)
from capi_jobs.config.types import DatabaseUrl, SecretRef, Section, Span, ZoneName
from capi_jobs.errors import ConfigFault

__all__ = [
    "Credentials",
    "DatabaseUrl",
    "Delivery",
    "Destination",
    "GateSettings",
    "LedgerSettings",
    "Orders",
    "SecretRef",
    "SentEvents",
    "Settings",
    "Span",
    "Validation",
    "Warehouse",
    "config_path",
    "load",
]

_Database = TypeVar("_Database", Warehouse, LedgerSettings)
_Source = TypeVar("_Source", Orders, SentEvents)

FILE_NAME = "capi_jobs.toml"
FILE_ENVIRONMENT = "CAPI_JOBS_CONFIG"


class Settings(Section):
    """All of capi_jobs.toml."""

    timezone: ZoneName | None = Field(
        None,
        description="zone of the balance's days; else that of the orders, else UTC",
    )
    warehouse: Warehouse | None = Field(None, description="needed but for `preview`")
    ledger: LedgerSettings = Field(
        default_factory=LedgerSettings, description="capi-jobs' own books"
    )
    orders: Orders | None = Field(None, description="needed but for `preview`")
    sent_events: tuple[SentEvents, ...] = Field(
        (), description="logs of what was sent already, any number"
    )
    validation: Validation = Field(
        default_factory=Validation, description="rules about rows"
    )
    gate: GateSettings = Field(
        default_factory=GateSettings, description="when a person is asked"
    )
    delivery: Delivery = Field(
        default_factory=Delivery, description="how calls are made"
    )
    destinations: tuple[Destination, ...] = Field(
        min_length=1, description="where conversions go, at least one"
    )

    @field_validator("warehouse", "ledger", mode="before")
    @classmethod
    def _url_alone(cls, value: object) -> object:
        """`warehouse = "sqlite:///shop.db"` says as much as the table."""
        return {"url": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        names = [d.name for d in self.destinations]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"destinations share a name: {', '.join(twice)}")
        for log in self.sent_events:
            if log.destination is not None and log.destination not in names:
                raise ValueError(
                    f"sent_events name the unknown destination {log.destination!r};"
                    f" known: {', '.join(names)}"
                )
        return self

    @property
    def day_zone(self) -> ZoneInfo:
        """The zone in which days of the balance begin and end."""
        naive = self.orders.timezone if self.orders else None
        return ZoneInfo(self.timezone or naive or "UTC")

    @property
    def orders_zone(self) -> ZoneInfo | None:
        """The zone of orders' times that have no offset."""
        zone = self.orders.timezone if self.orders else None
        return ZoneInfo(zone) if zone else None

    def chosen(self, names: tuple[str, ...]) -> tuple[Destination, ...]:
        """Return the destinations of these names, or all when none is named."""
        known = {d.name: d for d in self.destinations}
        unknown = [name for name in names if name not in known]
        if unknown:
            raise ConfigFault(
                "no such destination",
                ids=unknown,
                do=f"choose of {', '.join(known)}",
            )
        return tuple(known[name] for name in names) if names else self.destinations

    def tokens(self, chosen: tuple[Destination, ...]) -> dict[str, Credentials]:
        """Look up all secrets of these destinations; all that fail are named."""
        found, faults = {}, []
        for d in chosen:
            try:
                token = secret_of(d.token, os.environ)
                app = secret_of(d.app_secret, os.environ) if d.app_secret else None
                found[d.name] = Credentials(token, app)
            except ConfigFault as fault:
                faults.append(f"destination {d.name}: {fault.what}")
        if faults:
            raise _faults("secrets are missing", faults)
        return found


def config_path(given: Path | None = None) -> Path:
    """Find the file: the one given, $CAPI_JOBS_CONFIG, or ./capi_jobs.toml."""
    named = given or os.environ.get(FILE_ENVIRONMENT)
    path = Path(named) if named else Path(FILE_NAME)
    if not path.is_file():
        raise ConfigFault(
            f"there is no configuration at {path}",
            do="`capi-jobs init` writes one; --config names another",
        )
    return path


def load(given: Path | None = None) -> Settings:
    """Read, check and complete the configuration. Paths are relative to its file."""
    path = config_path(given)
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigFault(f"{path} is not TOML: {error}", do="mend that line") from None
    except OSError as error:
        raise ConfigFault(f"{path} cannot be read: {error.strerror}") from None
    return read(table, path)


def read(table: Mapping[str, Any], path: Path) -> Settings:
    """Check a table as if it stood in the file at `path`."""
    try:
        settings = Settings.model_validate(_lifted(table))
    except ValidationError as error:
        raise _faults(f"{path} cannot be used", list(_fault_lines(error))) from None
    return _anchored(settings, path.resolve().parent)


def _lifted(table: Mapping[str, Any]) -> dict[str, Any]:
    """Let `[[sent_events]]` stand alone as `[sent_events]`, as people write it."""
    lifted = dict(table)
    for name in ("sent_events", "destinations"):
        if isinstance(lifted.get(name), dict):
            lifted[name] = [lifted[name]]
    return lifted


def _fault_lines(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_input=False, include_url=False):
        place = "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}"
            for part in fault["loc"]
        ).lstrip(".")
        yield f"{place or 'file'}: {fault['msg'].removeprefix('Value error, ')}"


def _faults(what: str, lines: list[str]) -> ConfigFault:
    listed = "".join(f"\n  - {line}" for line in lines)
    return ConfigFault(
        f"{what}: {len(lines)} fault{'s' if len(lines) > 1 else ''}{listed}\n",
        do="mend them; docs/configuration.md lists every setting",
    )


def _anchored(settings: Settings, folder: Path) -> Settings:
    """Read relative paths from the folder of the file, not from where one stands."""
    changes: dict[str, Any] = {
        "ledger": _with_url(settings.ledger, folder),
        "destinations": tuple(_secret_paths(d, folder) for d in settings.destinations),
        "sent_events": tuple(_with_query(s, folder) for s in settings.sent_events),
    }
    if settings.warehouse:
        changes["warehouse"] = _with_url(settings.warehouse, folder)
    if settings.orders:
        changes["orders"] = _with_query(settings.orders, folder)
    if settings.validation.expectations:
        where = folder / settings.validation.expectations
        changes["validation"] = settings.validation.model_copy(
            update={"expectations": where}
        )
    return settings.model_copy(update=changes)


def _with_url(section: _Database, folder: Path) -> _Database:
    return section.model_copy(update={"url": section.url.resolved(folder, os.environ)})


def _with_query(section: _Source, folder: Path) -> _Source:
    if section.query is None:
        return section
    return section.model_copy(update={"query": str(folder / section.query)})


def _secret_paths(d: Destination, folder: Path) -> Destination:
    changes = {
        name: SecretRef(f"file:{folder / ref.place}")
        for name in ("token", "app_secret")
        if (ref := getattr(d, name)) is not None and ref.scheme == "file"
    }
    return d.model_copy(update=changes) if changes else d
