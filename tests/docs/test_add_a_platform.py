"""The walk-through quotes the code as it is, and names all of the contract."""

import re
from pathlib import Path

import pytest

from capi_jobs.platforms import Platform

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "add-a-platform.md").read_text("utf-8")
EXCERPTS = re.findall(r"^```\w+\n# (\S+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_every_block_says_where_it_comes_from() -> None:
    assert len(EXCERPTS) == PAGE.count("```") // 2


@pytest.mark.parametrize(("path", "text"), EXCERPTS)
def test_an_excerpt_stands_in_its_file(path: str, text: str) -> None:
    """A line with an ellipsis stands for what was left out."""
    source = (ROOT / path).read_text("utf-8")
    for part in text.split("…\n"):
        assert part in source


@pytest.mark.parametrize(
    "member", [name for name in dir(Platform) if not name.startswith("_")]
)
def test_every_member_that_is_called_is_explained(member: str) -> None:
    assert re.search(rf"`{member}\b", PAGE)


@pytest.mark.parametrize("member", list(Platform.__annotations__))
def test_every_member_that_is_read_is_explained(member: str) -> None:
    assert re.search(rf"`{member}\b", PAGE)
