"""What is hashed, what passes through, and what is dropped instead."""

import re
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_jobs.identity import FORMS, Context, reader
from capi_jobs.identity.hashing import plain_reader

HASH = sha256(b"jane@example.com").hexdigest()
MD5 = "0123456789abcdef0123456789abcdef"
PERSONAL = ("email", "phone_digits", "name", "city", "zip", "country", "date", "gender")
CONTEXTS = st.sampled_from([None, "US", "DE", "JP"]).map(Context)


@pytest.mark.parametrize("form", [*PERSONAL, "external_id"])
@pytest.mark.parametrize(
    "text", [HASH, HASH.upper(), f" {HASH} ", f"{HASH}.AQ", f"{HASH.upper()}.AQIAAQAA"]
)
def test_hashed_value_passes_through_in_lower_case(form: str, text: str) -> None:
    assert reader(form, hashed=True)(text, Context()) == HASH


@pytest.mark.parametrize("form", PERSONAL)
def test_md5_is_dropped_and_not_hashed_again(form: str) -> None:
    assert reader(form, hashed=True)(MD5, Context()) is None


def test_external_id_of_32_hex_digits_is_an_ordinary_id() -> None:
    expected = sha256(MD5.encode()).hexdigest()

    assert expected == reader("external_id", hashed=True)(MD5.upper(), Context())


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("text", ["", " ", "NULL", "None", "nan", "n/a", "a\ufffdb"])
def test_nothing_is_dropped_and_never_hashed(form: str, text: str) -> None:
    assert reader(form, hashed=True)(text, Context()) is None
    assert reader(form, hashed=False)(text, Context()) is None


@pytest.mark.parametrize("form", [*PERSONAL, "external_id"])
def test_the_hash_of_nothing_is_dropped(form: str) -> None:
    nothing = sha256(b"").hexdigest()

    assert reader(form, hashed=True)(nothing, Context()) is None
    assert reader(form, hashed=True)(nothing.upper(), Context()) is None


@pytest.mark.parametrize("name", ["Null", "Nan", "None-Smith"])
def test_people_called_so_keep_their_names(name: str) -> None:
    assert reader("name", hashed=True)(name, Context()) is not None


@pytest.mark.parametrize("form", ["city", "state", "country", "zip", "ip", "madid"])
@pytest.mark.parametrize("text", [HASH, MD5, f" {MD5.upper()} "])
def test_hash_of_what_is_sent_in_clear_is_dropped(form: str, text: str) -> None:
    assert reader(form, hashed=False)(text, Context("DE")) is None


def test_cookie_that_looks_like_a_hash_is_sent() -> None:
    assert reader("click_id", hashed=False)(HASH.upper(), Context()) == HASH.upper()


@given(st.sampled_from(sorted(FORMS)), st.text(max_size=80), CONTEXTS)
def test_memory_changes_no_answer(form: str, text: str, context: Context) -> None:
    for hashed in (True, False):
        expected = plain_reader(form, hashed=hashed)(text, context)

        assert expected == reader(form, hashed=hashed)(text, context)
        assert expected == reader(form, hashed=hashed)(text, context)


@given(st.sampled_from(sorted(FORMS)), st.text(), CONTEXTS)
def test_hashed_key_is_a_hash_or_nothing(
    form: str, text: str, context: Context
) -> None:
    value = reader(form, hashed=True)(text, context)

    assert value is None or re.fullmatch("[0-9a-f]{64}", value)
