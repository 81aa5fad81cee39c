"""From the text of an order to the value of a match key: form, SHA-256, memo.

Values that arrive hashed pass through in lower case and are never hashed twice.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from hashlib import sha256

from capi_jobs.identity.context import Context
from capi_jobs.identity.forms import FORMS, Form

Reader = Callable[[str, Context], str | None]

# Names, places and birthdays of a few hundred thousand customers repeat; 32,768
# answers of one form are about 8 MB.
ANSWERS_REMEMBERED = 32_768
_REPEATING = frozenset(
    {"name", "name_compact", "city", "state", "zip", "country", "date", "gender"}
)
# Here 32 or 64 hex digits may be the thing itself, not a hash of it.
_OPAQUE = frozenset({"click_id", "fbc", "fbp", "text", "user_agent", "external_id"})

# Meta's own builder appends where a hash came from; no platform needs to know.
_SHA256 = re.compile(r"([0-9a-f]{64})(?:\.[a-z0-9_-]{2,8})?")
_MD5 = re.compile(r"[0-9a-f]{32}")
_MD5_CHARACTERS = 32
# What a careless hasher made of "nothing": all such customers would be one.
_HASH_OF_NOTHING = sha256(b"").hexdigest()
# What exports write for "nothing", in exactly this case: Null and Nan are names.
_NOTHING = frozenset(
    {"NULL", "null", "None", "none", "NaN", "nan", "undefined", "n/a", "N/A", "#N/A"}
)
# What is left of bytes that were no Unicode.
_UNREADABLE = "\ufffd"


@cache
def reader(form: str, *, hashed: bool) -> Reader:
    """Return the function that makes one match key's value, or None of bad text."""
    read = plain_reader(form, hashed=hashed)
    return lru_cache(ANSWERS_REMEMBERED)(read) if form in _REPEATING else read


def plain_reader(form: str, *, hashed: bool) -> Reader:
    """Return the same function without memory: what the memo is tested against."""
    making = _hashing if hashed else _showing
    return making(FORMS[form], opaque=form in _OPAQUE)


def _hashing(form: Form, *, opaque: bool) -> Reader:
    def read(text: str, context: Context) -> str | None:
        if len(text) >= _MD5_CHARACTERS:
            given = text.strip().lower()
            found = _SHA256.fullmatch(given)
            if found:
                return None if found[1] == _HASH_OF_NOTHING else found[1]
            if not opaque and _MD5.fullmatch(given):
                return None  # No platform of ours matches MD5
        if text in _NOTHING or _UNREADABLE in text:
            return None
        normal = form(text, context)
        return sha256(normal.encode()).hexdigest() if normal else None

    return read


def _showing(form: Form, *, opaque: bool) -> Reader:
    """Sent in clear, where a hash of it would be of no use."""

    def read(text: str, context: Context) -> str | None:
        if text in _NOTHING or _UNREADABLE in text:
            return None
        if not opaque and _SHA256.fullmatch(text.strip().lower()):
            return None
        return form(text, context)

    return read
