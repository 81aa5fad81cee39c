"""From the text of an order to the value of a match key: form, SHA-256, memo.

Values that arrive hashed pass through in lower case and are never hashed twice.
"""

import re
from collections.abc import Callable
from functools import cache, partial
from hashlib import sha256
from threading import Lock

from capi_jobs.identity.context import Context
from capi_jobs.identity.forms import FORMS, Form
from capi_jobs.identity.quick import (
    MD5_CHARACTERS,
    NOTHING,
    QUICK_HASHED,
    QUICK_SHOWN,
    Answers,
    Reader,
)

# Names, places and birthdays of a few hundred thousand customers repeat; 32,768
# answers of one form are about 8 MB. What is longer than any of these but a browser's
# name is worked out each time.
ANSWERS_REMEMBERED = 32_768
_CHARACTERS_REMEMBERED = 512
_REPEATING = frozenset(
    "name name_compact city state zip country date gender user_agent".split()
)
# Of the others, what they make of a text is the same in every country.
_BY_COUNTRY = frozenset({"state", "zip", "date"})
# Here 32 or 64 hex digits may be the thing itself, not a hash of it.
_OPAQUE = frozenset({"click_id", "fbc", "fbp", "text", "user_agent", "external_id"})

# Meta's own builder appends where a hash came from; no platform needs to know.
_SHA256 = re.compile(r"([0-9a-f]{64})(?:\.[a-z0-9_-]{2,8})?")
_MD5 = re.compile(r"[0-9a-f]{32}")
# What a careless hasher made of "nothing": all such customers would be one.
_HASH_OF_NOTHING = sha256(b"").hexdigest()
# What is left of bytes that were no Unicode.
_UNREADABLE = "\ufffd"


class _Remembered(dict[str, str | None]):
    """Answers of one country, learnt when they are first asked for."""

    def __init__(self, learn: Callable[[str], str | None]) -> None:
        super().__init__()
        self._learn = learn

    def __missing__(self, text: str) -> str | None:
        return self._learn(text)


class Memory:
    """All answers of one form; when it is full, it forgets and begins anew.

    Cheaper than forgetting the oldest, and a run has few texts more than once a page.
    Threads may share it: what it knows is looked up in a dictionary, and one at a time
    learns.
    """

    def __init__(self, read: Reader, answers_max: int) -> None:
        """Remember so many answers, of all countries together."""
        self._read, self._answers_max = read, answers_max
        self._countries: dict[str | None, _Remembered] = {}
        self._count = 0
        self._lock = Lock()

    def answers(self, context: Context) -> Answers:
        """Return the answers of one country: a look into a dictionary, if known."""
        with self._lock:
            known = self._countries.get(context.country)
            if known is None:
                known = _Remembered(partial(self._learn, context))
                self._countries[context.country] = known
        return known.__getitem__

    def _learn(self, context: Context, text: str) -> str | None:
        found = self._read(text, context)
        if len(text) > _CHARACTERS_REMEMBERED:
            return found
        with self._lock:
            if self._count >= self._answers_max:
                self._count = 0
                for country in self._countries.values():
                    country.clear()
            self._count += 1
            self._countries[context.country][text] = found
        return found


@cache
def memory(form: str, *, hashed: bool) -> Memory:
    """Return what is remembered of one kind of match key."""
    return Memory(plain_reader(form, hashed=hashed), ANSWERS_REMEMBERED)


def answers(form: str, context: Context, *, hashed: bool) -> Answers:
    """Return the function that makes one match key's value in one country."""
    if form in _REPEATING:
        # Of most forms, the country changes nothing: then all share one memory.
        asked = context if form in _BY_COUNTRY else Context()
        return memory(form, hashed=hashed).answers(asked)
    plain = plain_reader(form, hashed=hashed)
    quick = (QUICK_HASHED if hashed else QUICK_SHOWN).get(form)
    return quick(plain, context) if quick else _in_country(plain, context)


def _in_country(plain: Reader, context: Context) -> Answers:
    return lambda text: plain(text, context)


@cache
def reader(form: str, *, hashed: bool) -> Reader:
    """Return the function that makes one match key's value, or None of bad text."""

    def read(text: str, context: Context) -> str | None:
        return answers(form, context, hashed=hashed)(text)

    return read


def plain_reader(form: str, *, hashed: bool) -> Reader:
    """Return the same function without memory: what the memo is tested against."""
    making = _hashing if hashed else _showing
    return making(FORMS[form], opaque=form in _OPAQUE)


def _hashing(form: Form, *, opaque: bool) -> Reader:
    def read(text: str, context: Context) -> str | None:
        if len(text) >= MD5_CHARACTERS:
            given = text.strip().lower()
            found = _SHA256.fullmatch(given)
            if found:
                return None if found[1] == _HASH_OF_NOTHING else found[1]
            if not opaque and _MD5.fullmatch(given):
                return None  # No platform of ours matches MD5
        if text in NOTHING or _UNREADABLE in text:
            return None
        normal = form(text, context)
        return sha256(normal.encode()).hexdigest() if normal else None

    return read


def _showing(form: Form, *, opaque: bool) -> Reader:
    """Sent in clear, where a hash of it would be of no use."""

    def read(text: str, context: Context) -> str | None:
        if text in NOTHING or _UNREADABLE in text:
            return None
        if not opaque and len(text) >= MD5_CHARACTERS:
            given = text.strip().lower()
            if _SHA256.fullmatch(given) or _MD5.fullmatch(given):
                return None
        return form(text, context)

    return read
