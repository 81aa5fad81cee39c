"""`ledger import`: events that were sent before capi-jobs existed → entries.

A file's rows need destination, order_id, event_id and event_time; event_name is
Purchase where it is not told. What it was worth, the warehouse says of its order.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from capi_jobs.config import Destination, Settings
from capi_jobs.errors import DataContractFault
from capi_jobs.jobs.reading_files import read_rows
from capi_jobs.model import Entry, Order, OwedAs
from capi_jobs.orders import read_order
from capi_jobs.platforms import platform_named

# Not every sender has kept what an event was worth: nothing, in no currency. The
# currency here is only for the reading.
_WORTHLESS = {"value": "0", "currency": "EUR"}
# The first few tell what is wrong with all.
_FAULTS_SHOWN = 20


def entries_of(settings: Settings, file: Path) -> list[Entry]:
    """Read a file of sent events; DataContractFault lists every row that is none."""
    known = {one.name: one for one in settings.destinations}
    entries, faults = list[Entry](), list[str]()
    for number, row in enumerate(read_rows(file), 1):
        destination = known.get(str(row.get("destination")))
        if destination is None:
            faults.append(f"row {number}: destination_unknown")
            continue
        order = read_order(_as_order(row), timezone=settings.orders_zone)
        if isinstance(order, tuple):
            faults += [f"row {number}: {fault.rule}" for fault in order]
        elif not order.event_id:
            faults.append(f"row {number}: event_id_missing")
        else:
            entry = _entry(order, order.event_id, destination, settings.day_zone)
            entries.append(entry if _tells_worth(row) else replace(entry, currency=""))
    if faults:
        listed = "".join(f"\n  - {fault}" for fault in faults[:_FAULTS_SHOWN])
        raise DataContractFault(
            f"{file.name} has {len(faults):,} faults, nothing was imported{listed}\n",
            do="mend these rows and import the file again",
        )
    return entries


def _as_order(row: Mapping[str, object]) -> dict[str, object]:
    """A sent event is read by the rules of an order: its time is the completion."""
    told = {**row, "completed_at": row.get("event_time")}
    names = (
        "order_id",
        "event_id",
        "event_name",
        "completed_at",
        "value",
        "currency",
    )
    given = {name: told[name] for name in names if told.get(name) is not None}
    return given if _tells_worth(row) else {**given, **_WORTHLESS}


def _tells_worth(row: Mapping[str, object]) -> bool:
    return any(row.get(name) is not None for name in _WORTHLESS)


def _entry(
    order: Order, event_id: str, destination: Destination, zone: ZoneInfo
) -> Entry:
    platform = platform_named(destination.platform)
    names = {**platform.event_names, **destination.event_names}
    return Entry(
        destination=destination.name,
        event_name=names.get(order.event_name, order.event_name),
        event_id=event_id,
        order_id=order.order_id,
        event_time=order.completed_at,
        day=order.completed_at.astimezone(zone).date(),
        value=order.value,
        currency=order.currency,
        owed_as=OwedAs.IMPORTED,
    )
