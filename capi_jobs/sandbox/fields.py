"""What a field may hold: forms and types that more than one platform asks for.

Which fields a platform has, and what it says of a bad one, stands in its own file.
A reason never quotes the value: it may be personal data.
"""

import re
import socket
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from math import isfinite
from typing import NamedTuple

import pycountry

from .wire import Json, Kind, Refused

# What ISO 4217 lists, and two that left it but stand in the platforms' own lists.
CURRENCIES = frozenset(currency.alpha_3 for currency in pycountry.currencies) | {
    "BGN",
    "HRK",
}
SHA256_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
# No platform publishes how far ahead a clock may be; a minute is generous.
FUTURE_SECONDS_MAX = 60

_sha256 = re.compile(r"[0-9a-f]{64}\Z").match
_any_sha256 = re.compile(r"[0-9A-Fa-f]{64}\Z").match
_url = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#]+[^\s]*\Z").match

Accepts = Callable[[object], bool]


class Rule(NamedTuple):
    """What one field must be, and what kind of fault it is when it is not."""

    accepts: Accepts
    expected: str
    kind: Kind = Kind.INVALID


Table = Mapping[str, Rule]


def check_table(holder: Json, table: Table, path: str = "") -> None:
    """Each field that is there must be as its rule says; unknown ones pass."""
    for name, value in holder.items():
        rule = table.get(name)
        if rule is not None and not rule.accepts(value):
            raise Refused(rule.kind, rule.expected, path + name)


def require(holder: Json, names: Iterable[str], path: str = "") -> None:
    for name in names:
        if name not in holder:
            raise Refused(Kind.MISSING, "Missing data for required field", path + name)


def part(holder: Json, name: str) -> Json:
    """The object under a name whose type was checked; empty when absent."""
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def text_of(holder: Json, name: str) -> str | None:
    value = holder.get(name)
    return value if isinstance(value, str) else None


def check_age(seconds: float, now: datetime, age_max: float) -> None:
    """An event is refused when it is older than this, or ahead of the clock."""
    age = now.timestamp() - seconds
    if age > age_max:
        raise Refused(Kind.TOO_OLD, "is too far in the past", "event_time")
    if -age > FUTURE_SECONDS_MAX:
        raise Refused(Kind.FUTURE, "lies in the future", "event_time")


def check_each(events: list[Json], check: Callable[[Json], None]) -> None:
    """Check events in order; a refusal names the first that is bad."""
    index = 0
    try:
        for index, event in enumerate(events):  # noqa: B007 - read on refusal
            check(event)
    except Refused as refused:
        refused.index = index
        raise


def is_text(value: object) -> bool:
    return type(value) is str and value != ""


def is_object(value: object) -> bool:
    return type(value) is dict


def is_bool(value: object) -> bool:
    return type(value) is bool


def is_whole(value: object) -> bool:
    return type(value) is int


def is_flag(value: object) -> bool:
    """0 or 1, or a boolean."""
    return type(value) in {int, bool} and value in {0, 1}


def is_number(value: object) -> bool:
    return type(value) is int or (type(value) is float and isfinite(value))


def is_amount(value: object) -> bool:
    """A number that is not negative."""
    return (type(value) is int or (type(value) is float and isfinite(value))) and (
        value >= 0
    )


def is_quantity(value: object) -> bool:
    return type(value) is int and value >= 0


def is_currency(value: object) -> bool:
    return type(value) is str and value in CURRENCIES


def is_currency_in_any_case(value: object) -> bool:
    return type(value) is str and value.upper() in CURRENCIES


def is_url(value: object) -> bool:
    return type(value) is str and _url(value) is not None


def is_text_list(value: object) -> bool:
    return type(value) is list and all(map(is_text, value))


def one_or_more(accepts: Accepts) -> Accepts:
    """Accept one value, or a list that is not empty."""

    def accepts_one_or_more(value: object) -> bool:
        if type(value) is list:
            return value != [] and all(map(accepts, value))
        return accepts(value)

    return accepts_one_or_more


def is_sha256(value: object) -> bool:
    return (
        type(value) is str and _sha256(value) is not None and value != SHA256_OF_NOTHING
    )


def is_raw(value: object) -> bool:
    """Text that was not hashed: some fields lose their meaning by it."""
    return type(value) is str and value != "" and _any_sha256(value) is None


def is_raw_or_sha256(value: object) -> bool:
    """An id that may be hashed or not, but is never the hash of nothing."""
    return type(value) is str and value not in {"", SHA256_OF_NOTHING}


def is_ip(value: object) -> bool:
    if type(value) is not str:
        return False
    try:
        socket.inet_pton(socket.AF_INET6 if ":" in value else socket.AF_INET, value)
    except (OSError, ValueError):
        return False
    return True


def is_extinfo(value: object) -> bool:
    """Sixteen texts: slot 0 is the platform's tag, slot 4 the system's version."""
    return (
        type(value) is list
        and len(value) == 16  # noqa: PLR2004 - slots, by the parameters page
        and all(type(slot) is str for slot in value)
        and value[0] in {"a2", "i2"}
        and value[4] != ""
    )


def check_items(
    holder: Json, name: str, table: Table, required: tuple[str, ...], path: str
) -> None:
    """Check the list of items under a name, where there is one."""
    items = holder.get(name)
    if items is None:
        return
    if not isinstance(items, list):
        raise Refused(Kind.INVALID, "Not a valid list", path + name)
    for index, item in enumerate(items):
        at = f"{path}{name}.{index}"
        if not isinstance(item, dict):
            raise Refused(Kind.INVALID, "Not a valid object", at)
        require(item, required, f"{at}.")
        check_table(item, table, f"{at}.")


def check_vocabulary(
    vocabulary: Mapping[str, frozenset[str]], platform: str, user: Json
) -> None:
    """Refuse a hash that is none of those told to be right, if any were told.

    One cannot see through a hash whether its value was normalised as it must be;
    whoever made up the customers can.
    """
    for name, hashes in vocabulary.items():
        whose, _, key = name.partition(".")
        if whose != platform or key not in user:
            continue
        value = user[key]
        values = value if isinstance(value, list) else [value]
        # The first 64 characters: Meta's builder may append a suffix.
        if not all(str(each)[:64] in hashes for each in values):
            raise Refused(Kind.UNHASHED, "was not normalised before hashing", key)
