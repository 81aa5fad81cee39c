"""capi_jobs.toml and the environment → Settings; every fault is reported at once.

The only room that reads environment variables. Tables live in `sections.py`,
`working.py` and `destinations.py`, types in `types.py`, the words of faults in
`faults.py`, the look-up of secrets in `secrets.py`, paths in `anchoring.py`.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator

from capi_jobs.config.anchoring import anchored
from capi_jobs.config.auditing import AuditSettings
from capi_jobs.config.destinations import Destination
from capi_jobs.config.faults import config_fault, fault_lines, meant
from capi_jobs.config.scheduling import Airflow, Notification
from capi_jobs.config.secrets import Credentials, Vault, secret_of
from capi_jobs.config.sections import LedgerSettings, Orders, SentEvents, Warehouse
from capi_jobs.config.types import DatabaseUrl, SecretRef, Section, Span, ZoneName
from capi_jobs.config.verifying import ArrivalSettings, Verify
from capi_jobs.config.working import Delivery, GateSettings, Validation
from capi_jobs.errors import ConfigFault

__all__ = [
    "Airflow",
    "ArrivalSettings",
    "AuditSettings",
    "Credentials",
    "DatabaseUrl",
    "Delivery",
    "Destination",
    "GateSettings",
    "LedgerSettings",
    "Notification",
    "Orders",
    "SecretRef",
    "SentEvents",
    "Settings",
    "Span",
    "Validation",
    "Vault",
    "Verify",
    "Warehouse",
    "config_path",
    "load",
    "read",
]

FILE_NAME = "capi_jobs.toml"
FILE_ENVIRONMENT = "CAPI_JOBS_CONFIG"
# A hundred destinations take 30 KB; a larger file is something else.
FILE_BYTES_MAX = 1_048_576


class Settings(Section):
    """All of capi_jobs.toml."""

    timezone: ZoneName | None = Field(
        None,
        description="zone in which the days of the balance begin, such as"
        " `Europe/Berlin`; else that of the orders, else UTC",
    )
    warehouse: Warehouse | None = Field(None, description="all but `preview` needs it")
    ledger: LedgerSettings = Field(
        default_factory=LedgerSettings, description="capi-jobs' own books"
    )
    orders: Orders | None = Field(None, description="all but `preview` needs it")
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
    audit: AuditSettings = Field(
        default_factory=AuditSettings, description="what still counts as the same"
    )
    verify: Verify = Field(
        default_factory=Verify, description="what platforms say they received"
    )
    airflow: Airflow = Field(
        default_factory=Airflow, description="the DAGs; nothing else reads it"
    )
    destinations: tuple[Destination, ...] = Field(
        min_length=1, description="where conversions go, at least one"
    )

    @field_validator("warehouse", "ledger", mode="before")
    @classmethod
    def _url_alone(cls, value: object) -> object:
        """`warehouse = "sqlite:///shop.db"` says as much as the table."""
        return {"url": value} if isinstance(value, str) else value

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

    def tokens(
        self, chosen: tuple[Destination, ...], vault: Vault | None = None
    ) -> dict[str, Credentials]:
        """Look up all secrets of these destinations; all that fail are named.

        `vault` opens what stands as `airflow:…`; without one, that is a fault.
        """
        found: dict[str, Credentials] = {}
        faults: list[str] = []
        for d in chosen:
            token = _secret(d, "token", faults, vault)
            app = _secret(d, "app_secret", faults, vault) if d.app_secret else None
            found[d.name] = Credentials(token, app)
        if faults:
            raise config_fault("secrets cannot be read", faults)
        return found

    def reading_secrets(
        self, d: Destination, vault: Vault | None = None
    ) -> Credentials:
        """Look up what may read of one destination: ConfigFault where it is missing."""
        ref = d.arrival.token or d.token
        token = secret_of(ref, os.environ, "token", vault)
        if d.app_secret is None or d.arrival.token is not None:
            return Credentials(token)
        return Credentials(
            token, secret_of(d.app_secret, os.environ, "app_secret", vault)
        )


# The keys of each table, for those who mistype one.
KEYS = {
    "": tuple(Settings.model_fields),
    "warehouse": tuple(Warehouse.model_fields),
    "ledger": tuple(LedgerSettings.model_fields),
    "orders": tuple(Orders.model_fields),
    "sent_events": tuple(SentEvents.model_fields),
    "validation": tuple(Validation.model_fields),
    "gate": tuple(GateSettings.model_fields),
    "delivery": tuple(Delivery.model_fields),
    "audit": tuple(AuditSettings.model_fields),
    "verify": tuple(Verify.model_fields),
    "airflow": tuple(Airflow.model_fields),
    "airflow.notifications": tuple(Notification.model_fields),
    "destinations": tuple(Destination.model_fields),
    "destinations.arrival": tuple(ArrivalSettings.model_fields),
}


def config_path(given: Path | None = None) -> Path:
    """Find the file: the one given, $CAPI_JOBS_CONFIG, or ./capi_jobs.toml."""
    named = given or os.environ.get(FILE_ENVIRONMENT)
    path = Path(named) if named else Path(FILE_NAME)
    try:
        if path.is_file():
            return path
    except OSError as error:
        raise ConfigFault(f"{path} cannot be read: {error.strerror}") from None
    raise ConfigFault(
        f"there is no configuration at {path}",
        do="`capi-jobs init` writes one; --config names another",
    )


def load(given: Path | None = None) -> Settings:
    """Read, check and complete the configuration. Paths are relative to its file."""
    path = config_path(given)
    return read(_table(path), path)


def _table(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise ConfigFault(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > FILE_BYTES_MAX:
        raise ConfigFault(f"{path} is larger than {FILE_BYTES_MAX:,} bytes")
    try:
        # Editors on Windows put a byte order mark before the text.
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        what = f"{path} is not UTF-8 (line {line})"
        raise ConfigFault(what, do="save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        what = f"{path} is not TOML: {error}"
        raise ConfigFault(what, do="mend that line") from None
    except (ValueError, RecursionError):
        # A number of thousands of digits, or brackets nested as deep.
        raise ConfigFault(f"{path} is not TOML that can be read") from None


def read(table: Mapping[str, Any], path: Path) -> Settings:
    """Check a table as if it stood in the file at `path`."""
    lifted = _lifted(table)
    faults = list(_name_faults(lifted))
    try:
        settings = Settings.model_validate(lifted)
    except ValidationError as error:
        faults = [*fault_lines(error, KEYS), *faults]
    if not faults:
        settings, faults = anchored(settings, path.resolve().parent, os.environ)
    if faults:
        raise config_fault(f"{path} cannot be used", faults)
    return settings


def _lifted(table: Mapping[str, Any]) -> dict[str, Any]:
    """Let `[[sent_events]]` stand alone as `[sent_events]`, as people write it."""
    lifted = dict(table)
    for name in ("sent_events", "destinations"):
        if isinstance(lifted.get(name), dict):
            lifted[name] = [lifted[name]]
    return lifted


def _name_faults(table: Mapping[str, Any]) -> Iterator[str]:
    """Compare names across tables, though these may have faults of their own."""
    names: list[str] = []
    for place, one in _tables(table, "destinations"):
        name = one.get("name")
        if isinstance(name, str):
            if name in names:
                first = names.index(name)
                yield f"{place}.name: destinations[{first}] has the same name"
            names.append(name)
        else:
            names.append("")
    for place, log in _tables(table, "sent_events"):
        wanted = log.get("destination")
        if isinstance(wanted, str) and wanted not in names:
            near = meant(wanted, names)
            yield f"{place}.destination: no destination of that name{near}"


def _tables(
    table: Mapping[str, Any], name: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    listed = table.get(name)
    for index, one in enumerate(listed if isinstance(listed, list) else ()):
        yield f"{name}[{index}]", one if isinstance(one, dict) else {}


def _secret(d: Destination, name: str, faults: list[str], vault: Vault | None) -> str:
    try:
        return secret_of(getattr(d, name), os.environ, name, vault)
    except ConfigFault as fault:
        faults.append(f"destination {d.name}, {name}: {fault.what}")
        return ""
