"""A row under our own column names becomes an Order, or all of its faults at once.

Rows are text, or a preview file's numbers, booleans and arrays (whose JSON numbers the
caller parses as Decimal). Columns of text, as warehouses have them: `columns.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from capi_jobs.model import Item, Order, RowFault, Texts
from capi_jobs.orders.items import json_of, read_items
from capi_jobs.orders.scalars import (
    EPOCH,
    Unreadable,
    read_currency,
    read_flag,
    read_id,
    read_money,
    read_time,
    text_of,
)

T = TypeVar("T")

CUSTOM = "custom."
# A customer has a handful of e-mails and phones; more is a broken join.
TEXTS_MAX = 20


def read_order(
    row: Mapping[str, object], *, timezone: ZoneInfo | None
) -> Order | tuple[RowFault, ...]:
    """Read one row. `timezone` is that of times without an offset."""
    columns = _Columns(row)
    core = _core(columns, partial(read_time, zone=timezone))
    marks = _marks(columns)
    if columns.faults or core is None:
        return tuple(columns.faults)
    return _order(core, marks, row, timezone)


class _Columns:
    """A row, and the faults found while reading it."""

    def __init__(self, row: Mapping[str, object]) -> None:
        self.row = row
        self.faults: list[RowFault] = []

    def read(self, field: str, reader: Callable[[str, object], T | None]) -> T | None:
        try:
            return reader(field, self.row.get(field))
        except Unreadable as unreadable:
            self.faults.append(unreadable.fault)
            return None

    def need(self, field: str, reader: Callable[[str, object], T | None]) -> T | None:
        faults_before = len(self.faults)
        found = self.read(field, reader)
        if found is None and len(self.faults) == faults_before:
            self.faults.append(RowFault(f"{field}_missing", f"{field} is empty"))
        return found


@dataclass(frozen=True, slots=True)
class _Core:
    """What no order can lack."""

    order_id: str
    completed_at: datetime
    value: Decimal
    currency: str


def _core(
    columns: _Columns, time: Callable[[str, object], datetime | None]
) -> _Core | None:
    order_id = columns.need("order_id", read_id)
    completed_at = columns.need("completed_at", time)
    value = columns.need("value", read_money)
    currency = columns.need("currency", read_currency)
    if completed_at is not None and completed_at < EPOCH:
        message = "completed_at lies before 1970: the column is empty or miscast"
        columns.faults.append(RowFault("completed_at_before_1970", message))
    if order_id is None or completed_at is None or value is None or currency is None:
        return None
    return _Core(order_id, completed_at, value, currency)


@dataclass(frozen=True, slots=True)
class _Marks:
    """What an order may lack, but must not have wrong."""

    event_id: str | None
    event_name: str | None
    consent: bool | None
    limited_data_use: bool | None
    is_test: bool | None
    att_consent: bool | None
    items: tuple[Item, ...] | None


def _marks(columns: _Columns) -> _Marks:
    return _Marks(
        event_id=columns.read("event_id", read_id),
        event_name=columns.read("event_name", read_id),
        consent=columns.read("consent", read_flag),
        limited_data_use=columns.read("limited_data_use", read_flag),
        is_test=columns.read("is_test", read_flag),
        att_consent=columns.read("att_consent", read_flag),
        items=columns.read("items", read_items),
    )


def updated_at_of(value: object, zone: ZoneInfo | None) -> datetime | None:
    """Nothing that is sent depends on it, so a bad one is no fault."""
    try:
        return read_time("updated_at", value, zone)
    except Unreadable:
        return None


def _order(
    core: _Core, marks: _Marks, row: Mapping[str, object], zone: ZoneInfo | None
) -> Order:
    def one(field: str) -> str | None:
        value = row.get(field)
        return None if value is None else text_of(value)

    def many(field: str) -> Texts | None:
        value = row.get(field)
        return None if value is None else texts_of(value)

    return Order(
        order_id=core.order_id,
        completed_at=core.completed_at,
        value=core.value,
        currency=core.currency,
        updated_at=updated_at_of(row.get("updated_at"), zone),
        status=one("status"),
        channel=(one("channel") or "web").lower(),
        event_id=marks.event_id,
        event_name=marks.event_name or "Purchase",
        customer_id=many("customer_id"),
        email=many("email"),
        phone=many("phone"),
        first_name=many("first_name"),
        last_name=many("last_name"),
        city=many("city"),
        state=many("state"),
        zip=many("zip"),
        country=many("country"),
        date_of_birth=many("date_of_birth"),
        gender=many("gender"),
        ip=one("ip"),
        user_agent=one("user_agent"),
        page_url=one("page_url"),
        fbc=one("fbc"),
        fbp=one("fbp"),
        fbclid=one("fbclid"),
        ttclid=one("ttclid"),
        ttp=one("ttp"),
        sc_click_id=one("sc_click_id"),
        sc_cookie1=one("sc_cookie1"),
        madid=one("madid"),
        app_id=one("app_id"),
        app_platform=(one("app_platform") or "").lower() or None,
        app_version=one("app_version"),
        os_version=one("os_version"),
        att_consent=marks.att_consent,
        consent=marks.consent,
        consent_told="consent" in row,
        limited_data_use=bool(marks.limited_data_use),
        is_test=bool(marks.is_test),
        items=marks.items or (),
        custom=_custom(row),
    )


def texts_of(value: object) -> Texts | None:
    """One text, or several from an array or from an array's JSON text."""
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        try:
            value = json_of(value)
        except ValueError:
            return text_of(value)
    if not isinstance(value, list | tuple):
        return text_of(value)
    found = tuple(text for text in map(text_of, value[:TEXTS_MAX]) if text)
    return found[0] if len(found) == 1 else found or None


def _custom(row: Mapping[str, object]) -> dict[str, str]:
    names = [name for name in row if name.startswith(CUSTOM)]
    texts = {name.removeprefix(CUSTOM): text_of(row[name]) for name in names}
    return {name: text for name, text in texts.items() if text is not None}
