"""A small chaos: a life on SQLite and one on PostgreSQL; `make chaos` lives more."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from chaos import telling
from chaos.books import Truth
from chaos.lanes import Wanted, lives
from chaos.life import Told

ROOT = Path(__file__).parents[2]
# Two lives of two runs: half a minute, and six on a machine that does much else.
SMALL = "--runs 4 --per-life 2 --lanes 2 --seed 3 --json".split()
PATIENCE_SECONDS = 1200


def test_hurt_runs_count_every_owed_order_once() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "chaos", *SMALL],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )

    assert done.returncode == 0, done.stderr + done.stdout
    told = json.loads(done.stdout)
    assert told["wrong"] == {}
    assert told["lives"] == {"postgres": 1, "sqlite": 1}
    assert told["runs"] == 4
    assert told["owed"] > 0
    named = told["in_doubt_counted"] + told["in_doubt_not_counted"]
    # What is in doubt may have counted; nothing else is uncounted.
    assert told["owed"] == told["counted_once"] + told["in_doubt_not_counted"]
    assert named < told["owed"]


def test_runs_are_shared_out_among_lives() -> None:
    wanted = Wanted(runs=26, seed=1, lanes=2)

    assert lives(wanted) == [(1, 12), (2, 12), (3, 2)]
    assert lives(replace(wanted, only=7)) == [(7, 12)]


@pytest.mark.parametrize(
    "words", ["--runs 9 --keep /x --seed 2 --write", "--runs 9 --keep=/x --seed 2"]
)
def test_a_page_names_no_folder_of_the_machine(words: str) -> None:
    assert telling.asked(words.split()) == "--runs 9 --seed 2".split()


@pytest.mark.parametrize("wrong", [[], ["meta: o-1 was counted 2 times"]])
def test_what_is_wrong_is_told_by_life(wrong: list[str]) -> None:
    told = Told(3, "sqlite", runs=12, calm_runs=1, happened=Counter({"kill -9": 2}))
    told.truth = Truth(owed=40, counted_once=40, wrong=wrong)

    summary = telling.summed([told], 61)

    assert summary["wrong"] == ({"life 3 (sqlite)": wrong} if wrong else {})
    text = telling.text(summary)
    assert "12 runs were hurt in 1 lives (1 on sqlite)" in text
    assert "| kill -9 | 2 |" in text
    assert ("- life 3 (sqlite): meta: o-1 was counted 2 times" in text) == bool(wrong)
