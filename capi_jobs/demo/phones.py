"""Mobile numbers that are valid in their country, and the ways people write them.

Reading such writing is the tool's work (identity); nothing of it is shared here.
"""

import re
from random import Random

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

# Countries that dial abroad with a bare 00; elsewhere "0049…" would be another number.
DIALS_00 = frozenset(
    [
        "DE",
        "FR",
        "GB",
        "ES",
        "IT",
        "NL",
        "PL",
        "SE",
        "CZ",
        "GR",
        "UA",
        "TR",
        "KW",
        "BH",
        "TN",
        "SA",
    ]
)
# Where the national form opens with a trunk zero that falls away behind "+49".
HAS_TRUNK_ZERO = frozenset(["DE", "FR", "GB", "NL", "SE", "UA", "TR"])

# Weighted: most people write what the form showed them.
FORMS = {
    "e164": 30,
    "international": 15,
    "phone_national": 25,
    "phone_00": 8,
    "phone_brackets": 6,
    "phone_dots": 6,
    "phone_extension": 4,
    "phone_trunk_zero": 6,
}
PLAIN = frozenset({"e164", "international"})  # no dirt, so not counted as such


def mobile(country: str, rng: Random) -> PhoneNumber:
    """A valid number near the country's documented example."""
    example = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    if example is None or example.national_number is None:
        raise LookupError(f"no example of a mobile number in {country}")
    # Only the last four digits move: in the US that stays in the 555 block of fiction.
    prefix = example.national_number // 10_000 * 10_000
    number = PhoneNumber(example.country_code, prefix + rng.randrange(10_000))
    return number if phonenumbers.is_valid_number(number) else example


def written(number: PhoneNumber, country: str, rng: Random) -> tuple[str, str]:
    """The number as some person writes it, and the name of that form."""
    form = rng.choices(list(FORMS), list(FORMS.values()))[0]
    if form == "phone_00" and country not in DIALS_00:
        form = "international"
    if form == "phone_trunk_zero" and country not in HAS_TRUNK_ZERO:
        form = "international"
    text = _write(number, form)
    # Some countries' plain national form has the brackets already.
    return text, "phone_brackets" if text.startswith("(") else form


def _write(number: PhoneNumber, form: str) -> str:
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    code, _, rest = international.partition(" ")
    forms = {
        "e164": phonenumbers.format_number(number, PhoneNumberFormat.E164),
        "international": international,
        "phone_national": national,
        "phone_00": "00" + international[1:],
        "phone_brackets": _bracketed(national),
        "phone_dots": re.sub(r"\D+", ".", national.strip("(")),
        "phone_extension": f"{international} ext. 12",
        "phone_trunk_zero": f"{code} (0){rest}",
    }
    return forms[form]


def _bracketed(national: str) -> str:
    if national.startswith("("):
        return national
    return re.sub(r"^(\d+)\D+", r"(\1) ", national, count=1)
