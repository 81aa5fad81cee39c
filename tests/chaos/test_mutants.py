"""Each break still fits the code, and some are made; `make mutants` makes them all."""

from pathlib import Path

import pytest

from chaos.mutants import GUARDS, ROOT, Mutant, killed, listed, main

MUTANTS = [*listed(), *listed(GUARDS)]
# Quick ones, one of each kind: a table, a guard in SQL, the reading of an answer.
SAMPLE = (
    "a lost answer makes the order missing again",
    "a second answer to one call is taken for a late one",
    "true and 1.0 are numbers, too",
)


def test_every_break_fits_the_code_once() -> None:
    found = {f"{one.file}: {one.breaks}": one.times_found() for one in MUTANTS}

    assert found == dict.fromkeys(found, 1)
    assert len(found) == len(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.breaks)
def test_every_break_changes_something_and_names_a_test(mutant: Mutant) -> None:
    file, _, name = mutant.test.partition("::")

    assert mutant.find != mutant.replace
    assert f"def {name}" in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("breaks", SAMPLE)
def test_a_break_is_seen(breaks: str) -> None:
    [mutant] = [one for one in MUTANTS if one.breaks == breaks]

    assert killed(mutant)


def test_a_break_that_nothing_sees_is_told() -> None:
    """A test of another part proves nothing, and the list would say so."""
    mutant = Mutant(
        breaks="nothing that anybody notices",
        file="capi_jobs/lifecycle.py",
        find="a batch that is {status or 'new'}",
        replace="a batch that was {status or 'new'}",
        test="tests/platforms/test_reading.py",
    )

    assert not killed(mutant)


def test_a_text_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\nx = 1\n")
    mutant = Mutant("", "a.py", "x = 1", "x = 2", "")

    with pytest.raises(LookupError):
        mutant.apply(tmp_path)


@pytest.mark.parametrize(
    ("words", "said"),
    [("--only zzz", "no break has these words: zzz"), ("--only lease --write", "all")],
)
def test_nothing_is_run_for_words_that_no_break_has_or_to_write_a_part(
    monkeypatch: pytest.MonkeyPatch, words: str, said: str
) -> None:
    monkeypatch.setattr("sys.argv", ["mutants", *words.split()])

    with pytest.raises(SystemExit, match=said):
        main()
