"""Where in the docs the figures go."""

from pathlib import Path

import pytest

from benchmarks import growth, stages, telling, telling_pairs

PLACES = (
    (telling.BEGIN, telling.END),
    telling_pairs.marks(1_000_000),
    telling_pairs.marks(10_000_000),
    (growth.BEGIN, growth.END),
    stages.marks(stages.STAGES),
    stages.marks(["reconcile"]),
)


@pytest.mark.parametrize(("begin", "end"), PLACES)
def test_each_command_has_its_place_in_the_docs(begin: str, end: str) -> None:
    page = telling.PAGE.read_text("utf-8")

    assert (page.count(begin), page.count(end)) == (1, 1)
    assert page.index(begin) < page.index(end)


def test_figures_replace_those_that_stood_there_and_nothing_else(
    tmp_path: Path,
) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- a -->\nold\n<!-- b -->\nafter\n", "utf-8")

    telling.write("new", "the command", ("<!-- a -->", "<!-- b -->"), page)

    head, stamp, _, text, *tail = page.read_text("utf-8").splitlines()[1:]
    assert (head, text) == ("<!-- a -->", "new")
    assert stamp.startswith("`the command` on ")
    assert tail == ["<!-- b -->", "after"]


def test_figures_without_a_place_are_not_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- a -->\nafter\n", "utf-8")

    with pytest.raises(SystemExit, match=r"page.md has no place for it"):
        telling.write("new", "the command", ("<!-- a -->", "<!-- b -->"), page)

    assert page.read_text("utf-8") == "before\n<!-- a -->\nafter\n"
