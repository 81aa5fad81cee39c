"""Every normal form by the name that platform files use, and the forms of persons.

A form answers None for what it cannot use; it never raises on text.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from capi_jobs.identity import browsers, places
from capi_jobs.identity.context import Context
from capi_jobs.identity.phones import e164

Form = Callable[[str, Context], str | None]

# RFC 5321 has room for 254 characters in a path.
_EMAIL_CHARACTERS_MAX = 254
_EMAIL = re.compile(
    r'[^\s@,;:<>()\[\]\\"]+@(?:[^\s@.,;:<>()\[\]\\"]+\.)+[^\W\d_][\w-]+'
)
_ISO_DATE = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:[T ].*)?")
_BASIC_DATE = re.compile(r"([0-9]{4})()([0-9]{2})([0-9]{2})")
_OTHER_DATE = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})(?:[T ].*)?")
# The only large markets that write the month first.
_MONTH_FIRST = frozenset({None, "US", "PH"})
# Nobody alive was born before; 1900-01-01 itself is a favourite of empty forms.
_BIRTH_MIN = date(1900, 1, 2)
_GENDERS = {
    "f": "f",
    "female": "f",
    "woman": "f",
    "w": "f",  # weiblich; "woman" elsewhere
    "weiblich": "f",
    "m": "m",
    "male": "m",
    "man": "m",
    "männlich": "m",
}


def email(text: str, _: Context) -> str | None:
    """Trimmed, lower case. Dots and plus signs stay: platforms keep them too."""
    text = text.strip().lower()
    if len(text) > _EMAIL_CHARACTERS_MAX or not text.isprintable():
        return None
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return text if _EMAIL.fullmatch(text) else None


def phone_plus(text: str, context: Context) -> str | None:
    """E.164 with its +."""
    return e164(text, context.country)


def phone_digits(text: str, context: Context) -> str | None:
    """E.164 without its +."""
    number = e164(text, context.country)
    return number[1:] if number else None


def name(text: str, _: Context) -> str | None:
    """Lower-case letters and digits of any script, without punctuation and spaces.

    The documents are silent on inner spaces; Meta's own parameter builder and the
    connectors of TikTok drop them, so that "Anne Marie" and "Anne-Marie" are one.
    """
    return places.letters(text, "LMN") or None


def birth_date(text: str, context: Context) -> str | None:
    """YYYYMMDD of an ISO date, or of one with the year last.

    With dots the day comes first; else the month in America and where no country is
    known, the day elsewhere. An order that gives no date gives way to one that does.
    """
    text = text.strip()
    iso = _ISO_DATE.fullmatch(text) or _BASIC_DATE.fullmatch(text)
    if iso:
        return _date(iso[1], iso[3], iso[4])
    other = _OTHER_DATE.fullmatch(text)
    if not other:
        return None
    first, mark, second, year = other.groups()
    if mark == ".":
        return _date(year, second, first)
    if context.country in _MONTH_FIRST:
        return _date(year, first, second) or _date(year, second, first)
    return _date(year, second, first) or _date(year, first, second)


def _date(year: str, month: str, day: str) -> str | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found.strftime("%Y%m%d") if found >= _BIRTH_MIN else None


def gender(text: str, _: Context) -> str | None:
    """Write f or m; everything else has no form on any platform."""
    return _GENDERS.get(text.strip().lower())


def external_id(text: str, _: Context) -> str | None:
    """Trimmed, lower case on every platform, so that the pixel can do the same.

    Meta's builder and Segment lower it too; TikTok leaves the choice open.
    """
    return text.strip().lower() or None


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "email": email,
        "phone_digits": phone_digits,
        "phone_plus": phone_plus,
        "name": name,
        "name_compact": name,
        "city": places.city,
        "state": places.state,
        "zip": places.postcode,
        "country": places.country,
        "date": birth_date,
        "gender": gender,
        "external_id": external_id,
        "ip": browsers.ip,
        "user_agent": browsers.text_line,
        "fbc": browsers.fbc,
        "fbp": browsers.fbp,
        "click_id": browsers.click_id,
        "madid": browsers.madid,
        "text": browsers.text_line,
    }
)
