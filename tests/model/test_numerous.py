"""Nouns made by the hundred thousand: quick to make, alike by value, frozen to mypy."""

from dataclasses import replace

from capi_jobs.model.numerous import numerous


@numerous
class _Noun:
    name: str
    number: int = 1


def test_a_noun_is_its_values() -> None:
    assert _Noun("a") == _Noun(name="a", number=1)
    assert _Noun("a") != _Noun("b")
    assert len({_Noun("a"), _Noun("a"), replace(_Noun("b"), name="a")}) == 1
    assert not hasattr(_Noun("a"), "__dict__")


def test_mypy_refuses_to_change_one() -> None:
    """An ignore that nothing needs fails mypy: so this one must be needed."""
    noun = _Noun("a")

    noun.name = "b"  # type: ignore[misc]

    assert noun.name == "b"  # at run time nothing keeps it
