"""Relative paths of a configuration start at its file's folder, not where one stands.

Also looks up database URLs that the environment holds; all that are missing are named.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from capi_jobs.config.destinations import Destination
from capi_jobs.config.sections import LedgerSettings, Orders, SentEvents, Warehouse
from capi_jobs.config.types import SecretRef
from capi_jobs.errors import ConfigFault

if TYPE_CHECKING:
    from capi_jobs.config import Settings

_Database = TypeVar("_Database", Warehouse, LedgerSettings)
_Source = TypeVar("_Source", Orders, SentEvents)

# What DuckDB reads as a file; any other relation is a table or view.
_FILES = (".parquet", ".csv", ".tsv", ".csv.gz", ".tsv.gz", ".csv.zst")


def anchored(
    settings: "Settings", folder: Path, environment: Mapping[str, str]
) -> tuple["Settings", list[str]]:
    """Return the settings with all paths made absolute, and what cannot be found."""
    faults: list[str] = []

    def database(section: _Database, name: str) -> _Database:
        try:
            url = section.url.resolved(folder, environment)
        except ConfigFault as fault:
            faults.append(f"{name}.url: {fault.what}")
            return section
        return section.model_copy(update={"url": url})

    changes: dict[str, Any] = {
        "ledger": database(settings.ledger, "ledger"),
        "destinations": tuple(_secret_paths(d, folder) for d in settings.destinations),
    }
    files = False
    if settings.warehouse:
        changes["warehouse"] = database(settings.warehouse, "warehouse")
        files = changes["warehouse"].url.startswith("duckdb")
    if settings.orders:
        changes["orders"] = _source(settings.orders, folder, files=files)
    changes["sent_events"] = tuple(
        _source(log, folder, files=files) for log in settings.sent_events
    )
    if settings.validation.expectations:
        where = folder / settings.validation.expectations
        changed = settings.validation.model_copy(update={"expectations": where})
        changes["validation"] = changed
    return settings.model_copy(update=changes), faults


def _source(section: _Source, folder: Path, *, files: bool) -> _Source:
    changes = {}
    if section.query is not None:
        changes["query"] = str(folder / section.query)
    if files and section.relation and _is_file(section.relation):
        changes["relation"] = str(folder / section.relation)
    return section.model_copy(update=changes) if changes else section


def _is_file(relation: str) -> bool:
    return relation.lower().endswith(_FILES) and "://" not in relation


def _secret_paths(d: Destination, folder: Path) -> Destination:
    changes: dict[str, object] = {
        name: _anchored_ref(ref, folder)
        for name in ("token", "app_secret")
        if (ref := getattr(d, name)) is not None
    }
    if (ref := d.arrival.token) is not None:
        update = {"token": _anchored_ref(ref, folder)}
        changes["arrival"] = d.arrival.model_copy(update=update)
    return d.model_copy(update=changes)


def _anchored_ref(ref: SecretRef, folder: Path) -> SecretRef:
    if ref.scheme != "file":
        return ref
    return SecretRef(f"file:{folder / ref.place}")
