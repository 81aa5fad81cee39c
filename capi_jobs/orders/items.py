"""The lines of an order: a JSON array of {sku, name, quantity, unit_price}."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Never

from capi_jobs.model import Item
from capi_jobs.orders.remembering import Remembered
from capi_jobs.orders.scalars import Unreadable, read_id, read_money, text_of

# More lines than any shop's cart takes; with all texts at their longest, the event
# still stays far below a platform's request.
ITEMS_MAX = 1_000
# A million pieces in one line is a unit (grams, metres) taken for pieces.
QUANTITY_MAX = 1_000_000
# Platforms show names and match none: the rest of a long one is cut.
NAME_CHARACTERS_MAX = 255
# Goods and their quantities repeat from order to order; 16,384 lines are about 8 MB.
_LINES_MAX = 16_384
_LINE_CHARACTERS_MAX = 512

_MALFORMED = (
    "{0} is no array of objects with sku, quantity (whole, above 0) and unit_price "
    "(not below 0, or none)"
)


def read_items(field: str, value: object) -> tuple[Item, ...] | None:
    """Lines as array or as JSON text; nothing at all is no lines."""
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            value = json_of(value)
        except ValueError:
            raise Unreadable(f"{field}_not_json", f"{field} is no JSON") from None
    if value is None:
        return None
    if not isinstance(value, list | tuple):
        raise Unreadable(f"{field}_malformed", _MALFORMED.format(field))
    if len(value) > ITEMS_MAX:
        message = f"{field} has more than {ITEMS_MAX:,} lines"
        raise Unreadable(f"{field}_too_many", message)
    try:
        return tuple(_line(line) for line in value)
    except Unreadable:
        raise Unreadable(f"{field}_malformed", _MALFORMED.format(field)) from None


def json_of(text: str) -> object:
    """Parse JSON with exact numbers; ValueError for all that is none."""
    try:
        parsed: object = _DECODER.decode(text)
    except (RecursionError, ArithmeticError):
        raise ValueError("nested too deep, or a number too long") from None
    return parsed


def _no_constant(_: str) -> Never:
    raise ValueError("NaN and Infinity are no JSON")


# Made once: json.loads would make one for each order.
_DECODER = json.JSONDecoder(
    parse_float=Decimal, parse_int=Decimal, parse_constant=_no_constant
)


def _line(line: object) -> Item:
    told = line if isinstance(line, Mapping) else {}
    sku = read_id("sku", told.get("sku"))
    quantity = read_money("quantity", told.get("quantity"))
    if not sku or not quantity or quantity != int(quantity) or quantity > QUANTITY_MAX:
        raise Unreadable("line", "a line lacks its sku or its quantity")
    unit_price = read_money("unit_price", told.get("unit_price"))
    name = text_of(told.get("name"))
    return Item(sku, int(quantity), unit_price, name and name[:NAME_CHARACTERS_MAX])


def lines_of(text: str) -> tuple[Item, ...]:
    """Read an array's text as `read_items` does, line by line where that is certain.

    A piece between two braces that is an object by itself ends where the decoder of
    the whole would end it.
    """
    if text[:2] == "[{" and text[-2:] == "}]" and text.count("{") <= ITEMS_MAX:
        between = "},{" if "},{" in text else "}, {"
        pieces = text[2:-2].split(between)
        try:
            return tuple(map(_LINES.__getitem__, pieces))
        except ValueError:
            pass
    return read_items("items", text) or ()


def _line_of(piece: str) -> Item:
    return _line(json_of(f"{{{piece}}}"))


_LINES = Remembered(
    _line_of, answers_max=_LINES_MAX, characters_max=_LINE_CHARACTERS_MAX
)
