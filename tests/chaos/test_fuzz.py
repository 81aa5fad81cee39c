"""Each target takes its seeds and some spoiled ones; `make fuzz` goes on from there."""

import sys

import pytest

from chaos import fuzz

SPOILED = (b"", b"\x00", b"\xff\xfe", b"[" * 1_000, b"9" * 2_000, b'{"a":1,"a":2}')


def test_every_target_is_made() -> None:
    assert tuple(fuzz.MADE) == fuzz.TARGETS


@pytest.mark.parametrize("target", fuzz.TARGETS)
def test_a_target_holds_for_its_seeds_and_for_what_was_spoiled(target: str) -> None:
    one, seeds = fuzz.MADE[target]()

    assert seeds
    for seed in (*seeds, *SPOILED):
        one(seed)
        one(seed[: len(seed) // 2])


def test_without_atheris_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "argv", ["fuzz"])
    monkeypatch.setattr(fuzz, "find_spec", lambda name: None)

    with pytest.raises(SystemExit, match="uv pip install atheris"):
        fuzz.main()
