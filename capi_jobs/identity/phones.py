"""Phone numbers to E.164, once, by `phonenumbers`; and a fast path that agrees.

How a platform wants them written (with or without +) stands in forms.py.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneMetadata,
    PhoneNumber,
    PhoneNumberFormat,
    ValidationResult,
)

# Repeat customers within a few pages; 16,384 numbers are about 4 MB.
PHONES_REMEMBERED = 16_384

# Dialled from most of the world, "00" stands for "+", whatever the shop's country;
# no subscriber's number starts so. "+00" is a "+" put before a dialled "00".
_DIALLED_PREFIX = re.compile(r"[\s(]*\+?[\s(]*00[\s).-]*(?=[0-9])")
# As Japanese keyboards write them, the space among them.
_FULL_WIDTH = re.compile("[\uff01-\uff5e\u3000]")
# What is dialled once somebody has answered is no part of the number.
_EXTENDED = re.compile(r"([+0-9 ().-]+?) ext\. ?[0-9]{1,9}")
# Longer than anybody dials at home, within E.164's 15 digits, nothing between them: an
# international number whose plan the library does not know. TikTok's and Segment's
# published vectors (12345678901234) are such.
_BARE_INTERNATIONAL = re.compile(r"\+?([1-9][0-9]{13,14})")
# E.164 allows 15 digits, and nothing shorter than seven is a whole number.
_DIGITS_MIN, _DIGITS_MAX = 7, 15
# With a plus sign, and a zero that is dialled at home: +49 (0)30 …
_CHARACTERS_MAX = _DIGITS_MAX + 2
# North American area codes start with 2–9; national numbers have ten digits.
_PLAIN_NORTH_AMERICAN = re.compile(r"1?[2-9][0-9]{9}")
_NORTH_AMERICAN = frozenset({"US", "CA"})
# All that ISO knows, and some that it does not.
_COUNTRIES = 512
# Country codes have one to three digits, and none is the beginning of another.
_COUNTRY_CODE_ENDS = (2, 3, 4)


def e164(text: str, country: str | None) -> str | None:
    """Write a phone number as E.164 with its +, or None if nobody could dial it."""
    return _at_once(text, country) or _remembered(text, country)


def _at_once(text: str, country: str | None) -> str | None:
    """Do the same of digits with the usual signs between; None says nothing."""
    plain = text
    if not text[1:].isdecimal():
        # Five replacements take half the time of one translation; most need none.
        plain = text.replace(" ", "").replace("-", "").replace(".", "")
        plain = plain.replace("(", "").replace(")", "")
    # "+" and all: a number that has no country code yet is never as long.
    if not plain.isascii() or len(plain) > _CHARACTERS_MAX:
        return None
    if plain[:1] == "+":
        return _dialled_abroad(plain) if plain[1:].isdecimal() else None
    if country is None or not plain.isdecimal():
        return None
    if not _DIGITS_MIN <= len(plain) <= _DIGITS_MAX:
        return None
    if country in _NORTH_AMERICAN and _PLAIN_NORTH_AMERICAN.fullmatch(plain):
        return "+1" + plain[-10:]
    return _dialled_at_home(plain, country)


def e164_parsed(text: str, country: str | None) -> str | None:
    """Do the same by the library alone: the reference for the fast path.

    Possible is enough: number ranges open faster than the library learns of them.
    """
    text = _in_ascii(text)
    dialled = _DIALLED_PREFIX.match(text)
    if dialled:
        text = "+" + text[dialled.end() :]
    number = _possible(text, country)
    if number is None and country is not None and text[:1].isdigit():
        # Too long for this country, so the + was lost: "49 151 …" in an American shop.
        number = _possible("+" + text, None)
    if number is None:
        bare = _BARE_INTERNATIONAL.fullmatch(text.strip())
        return f"+{bare[1]}" if bare else None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


@lru_cache(PHONES_REMEMBERED)
def _remembered(text: str, country: str | None) -> str | None:
    return _rewritten(text, country) or e164_parsed(text, country)


def _rewritten(text: str, country: str | None) -> str | None:
    """Do the same of "00" for "+" and without an extension, as the library would."""
    plain = _in_ascii(text)
    if extended := _EXTENDED.fullmatch(plain):
        plain = extended[1]
    if dialled := _DIALLED_PREFIX.match(plain):
        plain = "+" + plain[dialled.end() :]
    return _at_once(plain, country) if plain != text else None


def _in_ascii(text: str) -> str:
    """Write digits of any script, and signs of full width, as the patterns know them.

    The library reads them, too, but it does not know our "00" and endings.
    """
    return text if text.isascii() else "".join(map(_ascii_sign, text))


def _ascii_sign(sign: str) -> str:
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    wide = _FULL_WIDTH.fullmatch(sign)
    return unicodedata.normalize("NFKC", sign) if wide else sign


def _possible(text: str, country: str | None) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException:
        return None
    result = phonenumbers.is_possible_number_with_reason(number)
    # "Local only" numbers lack their area code: nobody abroad could dial them.
    return number if result == ValidationResult.IS_POSSIBLE else None


class _Plan(NamedTuple):
    """What the library does with the digits after a country code."""

    lengths: frozenset[int]
    national_prefix: re.Pattern[str]
    number: re.Pattern[str]


_Match = Callable[[str], re.Match[str] | None]
# Where the national number begins, how long all may be, what must not begin it, and
# what it is without that.
_Taken = tuple[int, frozenset[int], _Match | None, _Match]


def _dialled_abroad(plain: str) -> str | None:
    """Answer where the plan takes these digits, or does without a prefix of home."""
    found = _plan_of(plain[1:4])
    if found is None:
        return None
    end, lengths, national_prefix, number = found
    prefix = national_prefix(plain[end:]) if national_prefix else None
    if prefix and prefix.end():
        national = plain[end + prefix.end() :]
        # A group is a carrier or area code, which the library rewrites.
        if prefix.lastindex or not number(national):
            return None
        plain = plain[:end] + national
    return plain if len(plain) in lengths else None


@cache
def _plan_of(three: str) -> _Taken | None:
    """Find the plan by the first three digits, of which there are a thousand."""
    plans = _plans()
    ends = (end for end in _COUNTRY_CODE_ENDS if three[: end - 1] in plans)
    end = next(ends, None)
    if end is None:
        return None
    plan = plans[three[: end - 1]]
    prefix = plan.national_prefix
    lengths = {end + length for length in plan.lengths}
    allowed = range(_DIGITS_MIN + 1, _DIGITS_MAX + 2)
    return (
        end,
        frozenset(lengths & {*allowed}),
        prefix.match if prefix.pattern else None,
        plan.number.fullmatch,
    )


@cache
def _plans() -> dict[str, _Plan]:
    """Plans by country code; codes without one (satellites …) take the slow way."""
    plans = {}
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        metadata = PhoneMetadata.metadata_for_region(regions[0], None)
        if metadata is not None and metadata.general_desc is not None:
            plans[str(code)] = _Plan(
                frozenset(metadata.general_desc.possible_length),
                re.compile(metadata.national_prefix_for_parsing or ""),
                re.compile(metadata.general_desc.national_number_pattern or ""),
            )
    return plans


class _Home(NamedTuple):
    """How the people of one country dial each other."""

    code: str
    abroad: re.Pattern[str]  # what they dial before a foreign number
    national_prefix: re.Pattern[str]
    number: re.Pattern[str]
    lengths: frozenset[int]


def _dialled_at_home(plain: str, country: str) -> str | None:
    """Answer where the library has nothing to weigh: prefix, then a known number."""
    home = _home(country)
    # "00" is "+", see above; what follows must not be taken for a number at home.
    if home is None or plain.startswith("00") or home.abroad.match(plain):
        return None
    prefix = home.national_prefix.match(plain)
    if prefix:
        if prefix.lastindex:  # a carrier or area code, which the library rewrites
            return None
        plain = plain[prefix.end() :]
    if len(plain) not in home.lengths or not home.number.fullmatch(plain):
        return None
    return f"+{home.code}{plain}"


@lru_cache(_COUNTRIES)
def _home(country: str) -> _Home | None:
    metadata = PhoneMetadata.metadata_for_region(country, None)
    if metadata is None or metadata.general_desc is None:
        return None
    code = str(metadata.country_code)
    return _Home(
        code,
        re.compile(metadata.international_prefix or ""),
        re.compile(metadata.national_prefix_for_parsing or ""),
        re.compile(metadata.general_desc.national_number_pattern or ""),
        frozenset(metadata.general_desc.possible_length) & _plans()[code].lengths,
    )
