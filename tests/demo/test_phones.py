from collections.abc import Iterator
from random import Random

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat

from capi_jobs.demo.phones import (
    DIALS_00,
    FORMS,
    HAS_TRUNK_ZERO,
    _write,
    mobile,
    written,
)

TRUNK = "phone_trunk_zero"
NUMBERS = {"DE": "+4915123456789", "GB": "+447400123456", "US": "+12015550123"}


def writings() -> Iterator[tuple[str, str]]:
    """Every form, where people use it."""
    for country in NUMBERS:
        yield from ((country, f) for f in FORMS if f not in {"phone_00", TRUNK})
        yield from ((country, "phone_00") for c in DIALS_00 if c == country)
        yield from ((country, TRUNK) for c in HAS_TRUNK_ZERO if c == country)


@pytest.mark.parametrize(("country", "form"), list(writings()))
def test_each_writing_means_the_same_number(country: str, form: str) -> None:
    number = phonenumbers.parse(NUMBERS[country])
    read = phonenumbers.parse(_write(number, form), country)
    read.extension = None
    e164 = phonenumbers.format_number(read, PhoneNumberFormat.E164)
    assert NUMBERS[country] == e164


@pytest.mark.parametrize("country", ["US", "JP", "BR"])
def test_nobody_writes_what_would_be_another_number_there(country: str) -> None:
    rng = Random(1)
    forms = {written(mobile(country, rng), country, rng)[1] for _ in range(200)}
    assert set() == forms & {"phone_00", TRUNK}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("e164", "+4915123456789"),
        ("international", "+49 1512 3456789"),
        ("phone_national", "01512 3456789"),
        ("phone_00", "0049 1512 3456789"),
        ("phone_brackets", "(01512) 3456789"),
        ("phone_dots", "01512.3456789"),
        ("phone_extension", "+49 1512 3456789 ext. 12"),
        ("phone_trunk_zero", "+49 (0)1512 3456789"),
    ],
)
def test_writings_of_a_german_number(form: str, expected: str) -> None:
    assert expected == _write(phonenumbers.parse(NUMBERS["DE"]), form)
