"""Fast paths: texts that are seen at once to be in their normal form, and no hash.

Everything else goes the plain way, in `hashing.py`; a test holds the two together.
"""

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from types import MappingProxyType

from capi_jobs.identity.browsers import (
    CHARACTERS_MAX,
    FBC,
    FBP,
    PUBLIC_IPV4,
    ip_remembered,
)
from capi_jobs.identity.context import Context
from capi_jobs.identity.phones import e164

Reader = Callable[[str, Context], str | None]
# The same in one country.
Answers = Callable[[str], str | None]

# As many characters as the shortest thing that might be a hash.
MD5_CHARACTERS = 32
# What exports write for "nothing", in exactly this case: Null and Nan are names.
NOTHING = frozenset(
    {"NULL", "null", "None", "none", "NaN", "nan", "undefined", "n/a", "N/A", "#N/A"}
)

# RFC 5321 has room for 254 characters in a path.
_EMAIL_CHARACTERS_MAX = 254
# Of characters that nothing is done to, with an @ that no hash has. `++` gives nothing
# back: the parts cannot overlap, so there is nothing to try again.
_EMAIL = re.compile(
    r"[a-z0-9][a-z0-9._%+-]*+@(?:[a-z0-9][a-z0-9-]*+\.)++[a-z][a-z0-9-]++"
)
_is_email = _EMAIL.fullmatch
# Letters of either case: that they become small is all that is done to them.
_is_id = re.compile(r"[A-Za-z0-9-]+").fullmatch
_is_fbc, _is_fbp = FBC.fullmatch, FBP.fullmatch
_is_public_ipv4 = PUBLIC_IPV4.fullmatch


def _email(plain: Reader, context: Context) -> Answers:
    def read(text: str) -> str | None:
        if len(text) <= _EMAIL_CHARACTERS_MAX and _is_email(text):
            return sha256(text.encode()).hexdigest()
        return plain(text, context)

    return read


def _phone_digits(plain: Reader, context: Context) -> Answers:
    country = context.country

    def read(text: str) -> str | None:
        # No hash, nothing unreadable; and of a word for nothing, nobody dials a number.
        if len(text) < MD5_CHARACTERS and text.isascii():
            number = e164(text, country)
            return sha256(number[1:].encode()).hexdigest() if number else None
        return plain(text, context)

    return read


def _phone_plus(plain: Reader, context: Context) -> Answers:
    country = context.country

    def read(text: str) -> str | None:
        if len(text) < MD5_CHARACTERS and text.isascii():
            number = e164(text, country)
            return sha256(number.encode()).hexdigest() if number else None
        return plain(text, context)

    return read


def _external_id(plain: Reader, context: Context) -> Answers:
    def read(text: str) -> str | None:
        if len(text) < MD5_CHARACTERS and text not in NOTHING and _is_id(text):
            return sha256(text.lower().encode()).hexdigest()
        return plain(text, context)

    return read


def _ip(plain: Reader, context: Context) -> Answers:
    def read(text: str) -> str | None:
        if _is_public_ipv4(text):
            return text
        # No hash has a colon, nor has a word for nothing.
        return ip_remembered(text, context) if ":" in text else plain(text, context)

    return read


def _fbc(plain: Reader, context: Context) -> Answers:
    def read(text: str) -> str | None:
        if len(text) <= CHARACTERS_MAX and _is_fbc(text):
            return text
        return plain(text, context)

    return read


def _fbp(plain: Reader, context: Context) -> Answers:
    def read(text: str) -> str | None:
        if len(text) <= CHARACTERS_MAX and _is_fbp(text):
            return text
        return plain(text, context)

    return read


Quick = Callable[[Reader, Context], Answers]
QUICK_HASHED: Mapping[str, Quick] = MappingProxyType(
    {
        "email": _email,
        "phone_digits": _phone_digits,
        "phone_plus": _phone_plus,
        "external_id": _external_id,
    }
)
QUICK_SHOWN: Mapping[str, Quick] = MappingProxyType(
    {"ip": _ip, "fbc": _fbc, "fbp": _fbp}
)
