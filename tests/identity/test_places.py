"""Countries, states, postcodes and cities."""

import pycountry
import pytest

from capi_jobs.identity import Context, country_code
from capi_jobs.identity.places import city, country, postcode, state


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("us", "US"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("United States of America", "US"),
        ("UK", "GB"),
        ("Scotland", "GB"),
        (" deutschland ", "DE"),
        ("Deu", "DE"),
        ("Türkiye", "TR"),
        ("Turkey", "TR"),
        ("Viet Nam", "VN"),
        ("Vietnam", "VN"),
        ("日本", "JP"),
        ("Côte d'Ivoire", "CI"),
        ("Atlantis", None),
        ("XX", None),
        ("", None),
    ],
)
def test_country_is_known_by_code_or_name(text: str, code: str | None) -> None:
    assert code == country_code(text)


def test_every_country_of_iso_is_known_by_codes_and_name() -> None:
    unknown = [
        name
        for entry in pycountry.countries
        for name in (entry.alpha_2, entry.alpha_3.lower(), entry.name)
        if entry.alpha_2 != country_code(name)
        or entry.alpha_2.lower() != country(name, Context())
    ]

    assert unknown == []


@pytest.mark.parametrize(
    ("text", "told", "expected"),
    [
        ("California", "US", "ca"),
        ("new york", "US", "ny"),
        ("N.Y.", "US", "ny"),
        ("US-TX", "US", "tx"),
        ("Washington, D.C.", "US", "dc"),
        ("AE", "US", "ae"),
        ("Bayern", "US", None),
        ("Bayern", "DE", "bayern"),
        ("DE-BY", "DE", "by"),
        ("Baden-Württemberg", "DE", "badenwürttemberg"),
        ("São Paulo", "BR", "sãopaulo"),
        ("東京都", "JP", "東京都"),
        ("California", None, "california"),
        ("-", None, None),
    ],
)
def test_state(text: str, told: str | None, expected: str | None) -> None:
    assert expected == state(text, Context(told))


@pytest.mark.parametrize(
    ("text", "told", "expected"),
    [
        ("94035-1234", "US", "94035"),
        ("940351234", "US", "94035"),
        (" 94035 ", "US", "94035"),
        ("9403", "US", None),
        ("SW1A 1AA", "US", None),
        ("SW1A 1AA", "GB", "sw1a1aa"),
        ("K1A 0B1", "CA", "k1a0b1"),
        ("00-950", "PL", "00950"),
        ("01310-100", "BR", "01310100"),
        ("12345-6789", "BR", "123456789"),
        ("37221-3312", None, "37221"),
        ("〒100-0001", "JP", "1000001"),
        ("１００－０００１", "JP", "1000001"),
        ("９４０３５", "US", "94035"),
        ("ＳＷ１Ａ １ＡＡ", "GB", "sw1a1aa"),
        ("--", "DE", None),
    ],
)
def test_postcode(text: str, told: str | None, expected: str | None) -> None:
    assert expected == postcode(text, Context(told))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("St. John's", "stjohns"),
        ("Zürich 8", "zürich"),
        ("Łódź", "łódź"),
        ("กรุงเทพ (ไทย)", "กรุงเทพไทย"),
        ("Москва", "москва"),
        ("75001", None),
    ],
)
def test_city_keeps_letters_of_any_script(text: str, expected: str | None) -> None:
    assert expected == city(text, Context())
