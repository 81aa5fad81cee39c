"""Whatever the text: the fast paths and the memory answer as the plain way does."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from capi_jobs.identity import Context, answers
from capi_jobs.identity.hashing import Memory, plain_reader
from capi_jobs.identity.quick import MD5_CHARACTERS, QUICK_HASHED, QUICK_SHOWN

COUNTRIES = st.sampled_from([None, "US", "DE", "JP", "IT", "BR"]).map(Context)
_NEAR = {
    "email": r"[a-zA-Z0-9._%+'-]{1,9}@[a-z0-9.-]{0,9}\.?[a-z0-9]{0,4}",
    "phone_digits": r"[+(]?[0-9][0-9 ().-]{4,18}[0-9]",
    "phone_plus": r"\+?(00)?[1-9][0-9]{6,15}",
    "external_id": r"[a-zA-Z0-9-]{1,34}",
    "ip": r"[0-9]{1,3}(\.[0-9]{1,3}){2,4}(/32)?",
    "fbc": r"fb\.[0-9]\.[0-9]{12,14}\.[A-Za-z0-9_-]{1,5}(\.AQ)?",
    "fbp": r"fb\.[0-9]\.[0-9]{13}\.[0-9]{1,5}(\.AQ)?",
}
FORMS = [(form, True) for form in QUICK_HASHED] + [(f, False) for f in QUICK_SHOWN]


def near(form: str) -> st.SearchStrategy[str]:
    """Texts that the fast path takes, and texts beside them."""
    blanks = st.sampled_from(["", "", "", " ", "\n", "\u00a0"])
    found = st.from_regex(_NEAR[form], fullmatch=True)
    return st.builds(lambda a, b, c: a + b + c, blanks, found, blanks)


@settings(max_examples=200)
@given(st.data(), st.sampled_from(FORMS), COUNTRIES)
def test_a_fast_path_answers_as_the_plain_way(
    data: st.DataObject, quick: tuple[str, bool], context: Context
) -> None:
    form, hashed = quick
    text = data.draw(near(form) | st.text(max_size=40))

    found = answers(form, context, hashed=hashed)(text)

    assert plain_reader(form, hashed=hashed)(text, context) == found


@given(st.sampled_from(["none", "null", "nan", "undefined", "a" * MD5_CHARACTERS]))
@example("0123456789abcdef0123456789abcdef")
def test_what_means_nothing_or_may_be_a_hash_goes_the_plain_way(text: str) -> None:
    found = answers("external_id", Context(), hashed=True)(text)

    assert plain_reader("external_id", hashed=True)(text, Context()) == found


@pytest.mark.parametrize("answers_max", [1, 3, 100])
def test_a_memory_that_is_full_begins_anew(answers_max: int) -> None:
    asked: list[str] = []

    def read(text: str, context: Context) -> str | None:
        asked.append(text)
        return f"{text}{context.country}"

    memory = Memory(read, answers_max)
    here, there = memory.answers(Context("DE")), memory.answers(Context("FR"))
    found = [ask(text) for text in "abcabc" for ask in (here, there)]

    assert [f"{text}{code}" for text in "abcabc" for code in ("DE", "FR")] == found
    assert len(asked) == (6 if answers_max == 100 else 12)
