"""Phones to E.164, and the fast path beside the library's own answer."""

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from capi_jobs.identity.phones import e164, e164_parsed

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
COUNTRIES = st.sampled_from([None, "XX", *REGIONS])
FORMATS = (
    PhoneNumberFormat.E164,
    PhoneNumberFormat.INTERNATIONAL,
    PhoneNumberFormat.NATIONAL,
    PhoneNumberFormat.RFC3966,
)
TYPES = (
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.VOIP,
)


EXAMPLES = [
    (region, number)
    for region in REGIONS
    for kind in TYPES
    if (number := phonenumbers.example_number_for_type(region, kind))
]


def test_fast_path_agrees_on_every_country_s_example_numbers() -> None:
    cases = [
        (phonenumbers.format_number(number, form) + extension, country)
        for region, number in EXAMPLES
        for form in FORMATS
        for extension in ("", " ext. 12")
        for country in (region, "US", None)
    ]

    differing = [case for case in cases if e164(*case) != e164_parsed(*case)]

    assert differing == []
    assert len(cases) > 8_000


def test_fast_path_agrees_on_numbers_with_a_trunk_prefix() -> None:
    cases = [
        (f"{code}{trunk}{number.national_number}", region)
        for region, number in EXAMPLES
        for prefix in ("+", "", "00", "00 (", "0 0")
        for code in ("", f"{prefix}{number.country_code}")
        for trunk in ("", "0", "(0)", "00", "1", "8", "9", "15")
    ]

    differing = [case for case in cases if e164(*case) != e164_parsed(*case)]

    assert differing == []


EXTENSIONS = ("", "", " ext. 12", " ext.7", "  ext. 1234567890", " ext 1", " ext. x")
PREFIXES = ("+", "+", "00", "00 ", "(00) ", "+00", "", "", "(", "+ ", "011", "1", "++")
TRUNKS = ("", "", "0", "(0)", "1", "8", "9", "15", "90", "044")
MARKS = " -.()/x#"


@st.composite
def written(draw: st.DrawFn) -> tuple[str, str | None]:
    """A number near a country's example, as people write it."""
    region, example_of_region = draw(st.sampled_from(EXAMPLES))
    code = str(example_of_region.country_code) if draw(st.booleans()) else ""
    national = str(example_of_region.national_number)
    kept = draw(st.integers(0, len(national)))
    tail = draw(st.text("0123456789", max_size=len(national) - kept + 1))
    trunk = draw(st.sampled_from(TRUNKS))
    text = draw(st.sampled_from(PREFIXES)) + code + trunk + national[:kept] + tail
    for mark in draw(st.lists(st.sampled_from(MARKS), max_size=4)):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + mark + text[at:]
    text += draw(st.sampled_from(EXTENSIONS))
    return text, draw(st.sampled_from([None, region, "US", "CA", "DE"]))


@settings(max_examples=1_000)
@given(written())
def test_fast_path_agrees_on_numbers_in_many_writings(
    case: tuple[str, str | None],
) -> None:
    text, country = case

    assert e164_parsed(text, country) == e164(text, country)


@settings(max_examples=500)
@given(st.text(max_size=30) | st.text("+0123456789 -.()x", max_size=20), COUNTRIES)
@example("+1 (650) 555-1212 x3", "US")
@example("310-1234", "CA")  # possible in Canada, says the library, but not abroad
@example("011152234567890", "AR")  # an area code inside the trunk prefix
@example("0 15 11 96123-4567", "BR")  # a carrier's code before the area's
@example("+" * 20 + "16505551212", None)
@example("1" * 300, "US")
@example("000812345618", "ID")  # no zero too many makes a number at home
@example("000312045678", "JP")
@example("０００３１２０４５６７８", "JP")
def test_fast_path_agrees_on_random_text(text: str, country: str | None) -> None:
    assert e164_parsed(text, country) == e164(text, country)


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("(650)555-1212", "US", "+16505551212"),
        ("1-650-555-1212", "CA", "+16505551212"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("0151 12345678", "DE", "+4915112345678"),
        ("0044 20 7183 8750", "US", "+442071838750"),
        ("011 44 20 7183 8750", "US", "+442071838750"),
        ("+44 (0)20 7183 8750", None, "+442071838750"),
        ("+1 650 555 1212 ext. 12", None, "+16505551212"),
        ("06 1234 5678", "IT", "+390612345678"),
        ("8 916 123-45-67", "RU", "+79161234567"),
        ("49 151 12345678", "US", "+4915112345678"),
        ("+15555551212", None, "+15555551212"),
        # The vectors that TikTok's integrators publish: international, in no plan.
        ("12345678901234", "US", "+12345678901234"),
        ("98765432109876", None, "+98765432109876"),
        # Digits of full width, and of other scripts.
        ("００４９ １５１ ２３４５６７８９", "JP", "+4915123456789"),
        ("００８１９０１２３４５６７８", "JP", "+819012345678"),
        ("＋４９（０）１５１−２３４５６７８９", None, "+4915123456789"),
        ("٠٠٤٩١٥١٢٣٤٥٦٧٨٩", "EG", "+4915123456789"),
    ],
)
def test_number_is_read_as_its_country_dials_it(
    text: str, country: str | None, expected: str
) -> None:
    assert expected == e164(text, country)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("650 555 1212", None),
        ("555-1212", "US"),
        ("1234", "US"),
        ("+0151 12345678", "DE"),
        ("+999 123456789", None),
        ("12345678901234567", "US"),
        ("650555121212 34", "US"),
        ("n/a", "US"),
        ("", "US"),
        ("+", None),
    ],
)
def test_what_nobody_could_dial_is_dropped(text: str, country: str | None) -> None:
    assert e164(text, country) is None
