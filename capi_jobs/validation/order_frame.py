"""The frame that `expectations/orders.json` looks at: one row per order row.

It holds no identifier, only whether there is one, so that no rule can leak any.
The conversions' frame lives in `conversion_frame.py`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, DecimalException
from functools import cached_property, lru_cache
from math import isfinite
from operator import attrgetter
from re import compile as pattern
from typing import Any, cast

import orjson
import pycountry

from capi_jobs.model import Item, Order, RowFault, Texts
from capi_jobs.validation.columns import Column, hours_before, instants

# Fields of an order by which a platform may recognise the customer.
IDENTIFIERS = (
    *("email", "phone", "customer_id", "first_name", "last_name", "city", "state"),
    *("zip", "country", "date_of_birth", "gender", "ip", "user_agent", "fbc", "fbp"),
    *("fbclid", "ttclid", "ttp", "sc_click_id", "sc_cookie1", "madid"),
)
# They describe many people at once: alone, no platform finds anyone by them.
VAGUE = frozenset({"city", "state", "zip", "country", "gender", "user_agent"})


@dataclass(frozen=True)
class OrderPage:
    """Rows as they came, and what the row reader made of them."""

    rows: Sequence[Mapping[str, object]]
    faults: Mapping[int, tuple[RowFault, ...]]
    orders: Sequence[Order | None]
    now: datetime
    # Columns that several readers want, made once.
    _told: dict[str, list[str | None]] = field(default_factory=dict)
    _has: dict[str, bytes] = field(default_factory=dict)

    def told(self, name: str) -> list[str | None]:
        """Text of a column: the reader's where it read the row, else the raw one."""
        if name not in self._told:
            self._told[name] = _texts(list(self._values(name)))
        return self._told[name]

    def has(self, name: str) -> bytes:
        """One flag per row, as bytes: they are counted by the million."""
        if name not in self._has:
            self._has[name] = bytes(map(bool, self._values(name)))
        return self._has[name]

    def _values(self, name: str) -> Iterator[object]:
        if self.all_read:
            return map(attrgetter(name), self.orders)
        return (
            _raw(row.get(name)) if order is None else getattr(order, name)
            for row, order in zip(self.rows, self.orders, strict=True)
        )

    def of_orders(self, read: Callable[[Order], object]) -> list[object]:
        """Read the orders; null where the reader could not make one."""
        return [None if order is None else read(order) for order in self.orders]

    @cached_property
    def all_read(self) -> bool:
        """Whether the row reader could read every row."""
        return all(self.orders)

    @cached_property
    def completed(self) -> Any:  # noqa: ANN401
        """When orders were completed, as pandas has it."""
        return instants(None if o is None else o.completed_at for o in self.orders)


def number(text: str | None) -> float | None:
    """Turn text into a float, for range checks only: money stays Decimal."""
    # Words such as "Infinity" are no number that could be too large.
    if text is None or _DIGIT.search(text) is None:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def items_ratio(items: Sequence[Item], value: Decimal) -> float | None:
    """Sum of the items over the order's value; null where either is unknown or none."""
    if not items or value <= 0:
        return None
    total = Decimal(0)
    try:
        for item in items:
            if item.unit_price is None:
                return None
            total += item.quantity * item.unit_price
        return float(total / value)
    except DecimalException:
        return float("inf")


@lru_cache(maxsize=1024)  # a few hundred spellings exist; dirt must not fill memory
def country_known(told: Texts | None) -> bool | None:
    """Whether a country is one of ISO 3166; null for none, and for a hashed one."""
    texts = (told,) if isinstance(told, str) else told or ()
    plain = [t for t in texts if t and not _HASHED.fullmatch(t)]
    return any(_is_country(text) for text in plain) if plain else None


def _is_country(text: str) -> bool:
    try:
        pycountry.countries.lookup(text.strip())
    except LookupError:
        return False
    return True


def _texts(values: Sequence[object]) -> list[str | None]:
    """Write values as text, quickly where all are text or all are money."""
    kinds = set(map(type, values))
    if kinds <= {str, type(None)}:
        return cast("list[str | None]", values)
    if kinds != {Decimal}:
        return [_text(value) for value in values]
    texts = map(str, values)
    # Written as text, it says the same as written out, unless it has an exponent.
    return [
        _text(value) if "E" in text else text
        for value, text in zip(values, texts, strict=True)
    ]


def _text(told: object) -> str | None:
    if isinstance(told, Decimal):
        # Written out, 1E+999999 would be a million characters.
        return format(told, "f") if abs(told.adjusted()) < _DIGITS_MAX else str(told)
    return None if told is None else str(told)


def _raw(told: object) -> object:
    """Blanks are nothing, as they are to the row reader."""
    return None if isinstance(told, str) and not told.strip() else told


def _numbers(page: OrderPage) -> list[float | None]:
    if page.all_read:
        # Money that is no number or too large for one is rare: `number` knows how.
        exact = [float(order.value) for order in page.orders if order]
        if all(map(isfinite, exact)):
            return list(exact)
    return [number(text) for text in page.told("value")]


def _all_items_are_json(page: OrderPage) -> list[bool | None]:
    if page.all_read:
        return [True if there else None for there in page.has("items")]
    return [_items_are_json(r, o) for r, o in zip(page.rows, page.orders, strict=True)]


def _items_are_json(row: Mapping[str, object], order: Order | None) -> bool | None:
    told = row.get("items")
    if order is not None or isinstance(told, (list, tuple)):
        return True if told or (order and order.items) else None
    text = _text(_raw(told))
    if text is None:
        return None
    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True


def _codes(told: Sequence[str | None]) -> list[str | None]:
    codes = {text: text and text.strip().upper() for text in set(told)}
    return [codes[text] for text in told]


def _countries_known(page: OrderPage) -> list[bool | None]:
    told = [order and order.country for order in page.orders]
    known = {country: country_known(country) for country in set(told)}
    return [known[country] for country in told]


def _identifier_counts(page: OrderPage) -> Any:  # noqa: ANN401
    import numpy as np  # noqa: PLC0415

    told = [page.has(name) for name in IDENTIFIERS if name not in VAGUE]
    return np.sum([np.frombuffer(one, dtype=np.uint8) for one in told], axis=0)


def _coverage(name: str) -> Column[OrderPage]:
    return Column(
        f"has_{name}", "flag", f"whether `{name}` is there", lambda p: p.has(name)
    )


COLUMNS: tuple[Column[OrderPage], ...] = (
    Column("order_id", "text", "the order's id", lambda p: p.told("order_id")),
    Column("event_id", "text", "the pixel's id", lambda p: p.told("event_id")),
    Column("event_name", "text", "the event", lambda p: p.told("event_name")),
    Column("channel", "text", "web, app, store …", lambda p: p.told("channel")),
    Column("status", "text", "the shop's status", lambda p: p.told("status")),
    Column(
        "has_completed_at",
        "flag",
        "whether a time of completion is there",
        lambda p: p.has("completed_at"),
    ),
    Column(
        "completed_at",
        "time",
        "time of completion; null if unreadable",
        lambda p: p.completed,
    ),
    Column(
        "hours_since_completed",
        "number",
        "hours from completion to now; negative in the future",
        lambda p: hours_before(p.now, p.completed),
    ),
    Column("value", "text", "money as text, exact", lambda p: p.told("value")),
    Column(
        "value_number",
        "number",
        "money as a float, for ranges; null if no number",
        _numbers,
    ),
    Column("currency", "text", "ISO 4217 code", lambda p: _codes(p.told("currency"))),
    Column(
        "items_are_json",
        "flag",
        "whether the items can be parsed; null if there are none",
        _all_items_are_json,
    ),
    Column(
        "items_count",
        "number",
        "how many lines the order has",
        lambda p: p.of_orders(lambda o: len(o.items)),
    ),
    Column(
        "items_sum_ratio",
        "number",
        "sum of the items over the value; null without prices or value",
        lambda p: p.of_orders(lambda o: items_ratio(o.items, o.value)),
    ),
    Column(
        "country_known",
        "flag",
        "whether the country is one of ISO 3166; null if none or hashed",
        _countries_known,
    ),
    Column(
        "identifiers_count",
        "number",
        "identifiers that are there and can name one person",
        _identifier_counts,
    ),
    Column(
        "fault",
        "text",
        "first reason why the row cannot be read; null if it can",
        lambda p: [
            p.faults[i][0].rule if p.faults.get(i) else None for i in range(len(p.rows))
        ],
    ),
    *(_coverage(name) for name in (*IDENTIFIERS, "page_url", "items")),
)

_DIGIT = pattern("[0-9]")
_HASHED = pattern("[0-9a-fA-F]{64}")
# No currency needs more; beyond, a value is not money but dirt.
_DIGITS_MAX = 50
