"""Takes secrets and what is personal out of text that others wrote.

What capi-jobs says itself holds neither. This is for the words of platforms, drivers
and libraries; exceptions of others are named by their kind alone, see `logs.py`.
"""

import re

# Shorter ones would blot out words.
_SECRET_CHARACTERS_MIN = 6
# Two for each of a hundred destinations, and the databases'.
_SECRETS_MAX = 1_000
# A line for a person; some libraries log whole documents.
TEXT_CHARACTERS_MAX = 4_000

_MASK = "***"
_SECRETS: dict[str, None] = {}
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # User and password of a URL, whatever characters they hold.
    (re.compile(r"(://)[^/\s@]{1,256}@"), rf"\1{_MASK}@"),
    (
        re.compile(
            r"(?i)\b((?:[\w-]{0,32}(?:token|secret|passw(?:or)?d|api[_-]?key|proof)"
            r"|authorization)['\"]?\s{0,3}[=:]\s{0,3}['\"]?)(?:bearer\s+)?"
            r"[^\s&'\",;)}\]]{1,4000}"
        ),
        rf"\1{_MASK}",
    ),
    (re.compile(r"(?i)\b(bearer\s+)\S{1,4000}"), rf"\1{_MASK}"),
    # E-mail addresses, written in a URL, too.
    (re.compile(r"(?i)[^\s@<>'\"=(]{1,64}(?:@|%40)[^\s@<>'\",;)]{1,255}"), _MASK),
    # Telephone numbers in international form.
    (re.compile(r"\+\d[\d ()/-]{6,20}\d"), _MASK),
    # Hashed identifiers, and tokens wherever they stand: long, letters and digits.
    (re.compile(r"\b(?=\w{0,200}\d)(?=\w{0,200}[A-Za-z])\w{32,4000}\b"), _MASK),
)


def keep_secret(text: str) -> None:
    """Never write this again, whoever says it."""
    if len(text) >= _SECRET_CHARACTERS_MIN:
        _SECRETS[text] = None
    while len(_SECRETS) > _SECRETS_MAX:
        del _SECRETS[next(iter(_SECRETS))]


def masked(text: str) -> str:
    """Return the text without what is known or looks as if nobody should read it."""
    for secret in list(_SECRETS):
        text = text.replace(secret, _MASK)
    if len(text) > TEXT_CHARACTERS_MAX:
        text = text[:TEXT_CHARACTERS_MAX] + "…"
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text
