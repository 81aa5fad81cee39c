"""Countries, states, postcodes and cities in the form that platforms hash.

Names and codes come from ISO by `pycountry`; the aliases below are what it lacks.
"""

import re
import unicodedata
from functools import cache

import pycountry

from capi_jobs.identity.context import Context

# How people write countries that ISO names otherwise; keys are letters only.
_ALIASES = {
    "america": "US",
    "belgië": "BE",
    "belgique": "BE",
    "brasil": "BR",
    "britain": "GB",
    "burma": "MM",
    "danmark": "DK",
    "deutschland": "DE",
    "el": "GR",  # the European Union's own code
    "england": "GB",
    "españa": "ES",
    "greatbritain": "GB",
    "holland": "NL",
    "italia": "IT",
    "ivorycoast": "CI",
    "korea": "KR",  # no shop delivers to the other one
    "macau": "MO",
    "macedonia": "MK",
    "méxico": "MX",
    "nederland": "NL",
    "norge": "NO",
    "northernireland": "GB",
    "polska": "PL",
    "russia": "RU",
    "schweiz": "CH",
    "scotland": "GB",
    "sverige": "SE",
    "suisse": "CH",
    "suomi": "FI",
    "swaziland": "SZ",
    "theczechrepublic": "CZ",
    "thenetherlands": "NL",
    "theunitedkingdom": "GB",
    "theunitedstates": "US",
    "turkey": "TR",
    "uae": "AE",
    "uk": "GB",
    "vatican": "VA",
    "wales": "GB",
    "österreich": "AT",
    "日本": "JP",
    "中国": "CN",
    "대한민국": "KR",
}
# Post for the armed forces: states to the post office, though not to ISO.
_US_MILITARY = {"aa": "aa", "ae": "ae", "ap": "ap"}
_US_ALIASES = {"washingtondc": "dc"}
_US_ZIP = re.compile(r"([0-9]{5})(?:[\s-]*[0-9]{4})?")
# Five, a dash and four digits: an American ZIP+4, where no country is told.
_US_ZIP_PLUS_4 = re.compile(r"([0-9]{5})-[0-9]{4}")

# What is dropped of ASCII where letters are kept, and where digits are, too.
_BUT_LETTERS = {n: None for n in range(128) if not chr(n).isalpha()}
_BUT_LETTERS_AND_DIGITS = {n: None for n in range(128) if not chr(n).isalnum()}


def letters(text: str, kinds: str = "LM") -> str:
    """Lower case, and of all characters only these Unicode kinds, in any script.

    Marks belong to their letters: without them, Hindi or Thai would lose its vowels.
    """
    if text.isascii():
        return _ascii_letters(text.lower(), kinds)
    lowered = unicodedata.normalize("NFC", text).lower()
    kept = [c for c in lowered if unicodedata.category(c)[0] in kinds]
    return unicodedata.normalize("NFC", "".join(kept))


def _ascii_letters(lowered: str, kinds: str) -> str:
    """Do the same where it is plain: nearly every text, in a tenth of the time."""
    digits = "N" in kinds
    if lowered.isalnum() if digits else lowered.isalpha():
        return lowered
    return lowered.translate(_BUT_LETTERS_AND_DIGITS if digits else _BUT_LETTERS)


def country_code(text: str) -> str | None:
    """ISO alpha-2 in upper case, of a code or a name."""
    key = letters(text)
    return _countries().get(key)


def country(text: str, _: Context) -> str | None:
    """ISO alpha-2 in lower case."""
    code = country_code(text)
    return code.lower() if code else None


def city(text: str, _: Context) -> str | None:
    """Lower-case letters of any script: no space, punctuation or digit."""
    return letters(text) or None


def state(text: str, context: Context) -> str | None:
    """Two letters in the United States; elsewhere letters and digits, lower case."""
    if context.country and text.upper().startswith(f"{context.country}-"):
        text = text[3:]  # ISO 3166-2 writes DE-BY
    key = letters(text, "LMN")
    if context.country == "US":
        return _us_states().get(key)
    return key or None


def postcode(text: str, context: Context) -> str | None:
    """Lower case without spaces and dashes; five digits in the United States."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)  # digits of full width
    if context.country == "US":
        american = _US_ZIP.fullmatch(text.strip())
        return american[1] if american else None
    plus_4 = _US_ZIP_PLUS_4.fullmatch(text.strip()) if context.country is None else None
    return plus_4[1] if plus_4 else letters(text, "LMN") or None


@cache
def _countries() -> dict[str, str]:
    codes = {}
    for entry in pycountry.countries:
        names = (
            getattr(entry, name, None)
            for name in ("alpha_2", "alpha_3", "name", "common_name", "official_name")
        )
        codes.update({letters(name): entry.alpha_2 for name in names if name})
    return {**codes, **_ALIASES}


@cache
def _us_states() -> dict[str, str]:
    states = {}
    for entry in pycountry.subdivisions:
        if entry.country_code != "US":
            continue
        code = entry.code.removeprefix("US-").lower()
        states.update({code: code, letters(entry.name): code})
    return {**states, **_US_ALIASES, **_US_MILITARY}
