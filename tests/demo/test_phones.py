import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat

from capi_jobs.demo.phones import DIALS_00, FORMS, HAS_TRUNK_ZERO, _write

NUMBERS = {"DE": "+4915123456789", "GB": "+447400123456", "US": "+12015550123"}


@pytest.mark.parametrize("country", sorted(NUMBERS))
@pytest.mark.parametrize("form", sorted(FORMS))
def test_each_writing_means_the_same_number(country: str, form: str) -> None:
    if form == "phone_00" and country not in DIALS_00:
        pytest.skip("nobody there dials 00")
    if form == "phone_trunk_zero" and country not in HAS_TRUNK_ZERO:
        pytest.skip("no trunk zero there")
    number = phonenumbers.parse(NUMBERS[country])
    read = phonenumbers.parse(_write(number, form), country)
    read.extension = None
    e164 = phonenumbers.format_number(read, PhoneNumberFormat.E164)
    assert NUMBERS[country] == e164


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
