"""One value of a row: ids, times, money, booleans and free text, or their fault.

A reader answers None for nothing and raises Unreadable for what is wrong. No message
repeats a value.
"""

import re
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from zoneinfo import ZoneInfo

import pycountry

from capi_jobs.model import RowFault

# The widest text key that every database indexes; no platform documents more.
ID_CHARACTERS_MAX = 255
# More of any currency is a broken cast, and doubles, which the platforms read numbers
# into, lose its cents.
VALUE_MAX = Decimal(10**15)
# The smallest units in use have four decimals (ISO 4217), unit prices some more.
DECIMALS_MAX = 9
# A double tells so many digits for sure (IEEE 754); those after them are its noise.
_DOUBLE = Context(prec=15)
_DIGITS_OF_NOISE = (16, 17)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Control characters and the line ends of Unicode; emoji need their joiners.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?")
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?)"
    r" ?(Z|z|UTC|[+-][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2})?)?)?)?"
)
_TRUE = frozenset({"true", "t", "1", "yes", "y", "on"})
_FALSE = frozenset({"false", "f", "0", "no", "n", "off"})
# Spaces that people paste without seeing them; str.strip() knows the others.
_INVISIBLE = "\u200b\u2060\ufeff"
# ISO 4217 itself says: "no currency" and "for tests".
_NO_CURRENCIES = frozenset({"XXX", "XTS"})


class Unreadable(ValueError):
    """Mend this column of the row; it never leaves the package, but as its fault."""

    def __init__(self, rule: str, message: str) -> None:
        self.fault = RowFault(rule, message)
        super().__init__(message)


def readable(text: str) -> str:
    """Put U+FFFD for lone surrogates, which no encoding can write."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def text_of(value: object) -> str | None:
    """Trimmed text of text, numbers and booleans; None of what is empty or no text."""
    if isinstance(value, str):
        text = value.strip()
        if not text.isascii():
            text = readable(text).strip(_INVISIBLE).strip()
        return text or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return _number_text(value)
    return value.isoformat() if isinstance(value, date) else None


def _number_text(value: float | Decimal) -> str | None:
    """Ids and postcodes may come as JSON numbers; bombs such as 1e999999 may not."""
    number = Decimal(value) if isinstance(value, int) else Decimal(str(value))
    if not number.is_finite() or abs(number.adjusted()) > ID_CHARACTERS_MAX:
        return None
    return f"{number:f}"


def read_id(field: str, value: object) -> str | None:
    """An id, trimmed of spaces only: a newline at its end is a fault, not a space."""
    text = value.strip(" ") if isinstance(value, str) else text_of(value)
    if not text:
        return None
    if len(text) > ID_CHARACTERS_MAX:
        message = f"{field} is longer than {ID_CHARACTERS_MAX} characters"
        raise Unreadable(f"{field}_too_long", message)
    if _CONTROL.search(text):
        message = f"{field} holds a control character, such as a newline or NUL"
        raise Unreadable(f"{field}_has_control_characters", message)
    if _SURROGATE.search(text):
        message = f"{field} is not valid Unicode"
        raise Unreadable(f"{field}_not_unicode", message)
    return text


def read_time(field: str, value: object, zone: ZoneInfo | None) -> datetime | None:
    """Return an aware time in UTC; of a local time that came twice, the first."""
    text = text_of(value)
    if text is None:
        return None
    told = value if isinstance(value, datetime) else _parsed(text)
    unreadable = Unreadable(
        f"{field}_unreadable",
        f"{field} is no time in ISO 8601, such as 2026-11-20T10:00:00+01:00",
    )
    if told is None:
        raise unreadable
    if told.tzinfo is None and zone is None:
        message = f"{field} tells no time zone, and [orders] timezone is not set"
        raise Unreadable(f"{field}_naive", message)
    try:
        found = (told if told.tzinfo else told.replace(tzinfo=zone)).astimezone(UTC)
        exists = told.tzinfo or told == found.astimezone(zone).replace(tzinfo=None)
    except OverflowError:  # within a day of the years 1 and 9999
        raise unreadable from None
    if not exists:
        message = f"{field} falls into the hour that the shop's clocks skipped"
        raise Unreadable(f"{field}_in_dst_gap", message)
    return found


def _parsed(text: str) -> datetime | None:
    parts = _TIME.fullmatch(text)
    if not parts:
        return None
    day, clock, offset = parts.groups()
    if offset in ("UTC", "z"):
        offset = "Z"
    try:
        return datetime.fromisoformat(f"{day}T{clock or '00:00'}{offset or ''}")
    except ValueError:
        return None


def read_money(field: str, value: object) -> Decimal | None:
    """An exact, finite amount that is not negative."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    number = _number(value)
    if number is None:
        message = f"{field} is no number, such as 12.50"
        raise Unreadable(f"{field}_not_a_number", message)
    if number < 0:
        message = f"{field} is negative"
        raise Unreadable(f"{field}_negative", message)
    if number >= VALUE_MAX:
        message = f"{field} is {VALUE_MAX:,f} or more"
        raise Unreadable(f"{field}_too_large", message)
    plain = _plain(number)
    if plain is None:
        message = f"{field} has more than {DECIMALS_MAX} decimals: cast it to numeric"
        raise Unreadable(f"{field}_too_precise", message)
    return plain


def _number(value: object) -> Decimal | None:
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    text = value.strip() if isinstance(value, str) else None
    if isinstance(value, float):
        text = repr(value)
    return Decimal(text) if text and _NUMBER.fullmatch(text) else None


def _plain(number: Decimal) -> Decimal | None:
    """Without exponent and sign, or None if it has too many decimals.

    0.30000000000000004 is 0.3, as a binary float adds it up.
    """
    _sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or not number:
        return Decimal(0)
    if exponent > 0:
        return number.quantize(Decimal(1))
    if exponent >= -DECIMALS_MAX:
        return number
    surplus = -exponent - DECIMALS_MAX
    if any(digits[-surplus:]):
        return _without_noise(number)
    return number.quantize(Decimal(1).scaleb(-DECIMALS_MAX))


def _without_noise(number: Decimal) -> Decimal | None:
    """Return what a double was meant to be, if that has few enough decimals."""
    if len(number.as_tuple().digits) not in _DIGITS_OF_NOISE:
        return None
    meant = _DOUBLE.plus(number)
    # As duck.py rounds, so that both see the same amount.
    rounded = number.quantize(Decimal(1).scaleb(-DECIMALS_MAX), ROUND_HALF_UP)
    return Decimal(format(meant.normalize(), "f")) if meant == rounded else None


def read_currency(field: str, value: object) -> str | None:
    """An active code of ISO 4217, in upper case."""
    code = (text_of(value) or "").upper()
    if code and code not in _currencies():
        message = f"{field} is no active code of ISO 4217, such as EUR"
        raise Unreadable(f"{field}_unknown", message)
    return code or None


@cache
def _currencies() -> frozenset[str]:
    return frozenset(c.alpha_3 for c in pycountry.currencies) - _NO_CURRENCIES


def read_flag(field: str, value: object) -> bool | None:
    """Read a boolean in any of the ways in which warehouses write them."""
    text = (text_of(value) or "").lower()
    if not text:
        return None
    if text not in _TRUE and text not in _FALSE:
        message = f"{field} is no boolean, such as true or false"
        raise Unreadable(f"{field}_not_boolean", message)
    return text in _TRUE
