"""Pages hang together: links lead somewhere, commands can be typed, tests exist."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command

from capi_jobs.cli import app

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
TYPED = re.compile(r"^(?:\$ |.*&& )?(capi-jobs\b.*)$", re.MULTILINE)
TESTS = "\n".join(path.read_text("utf-8") for path in ROOT.glob("tests/**/test_*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def links(page: Path) -> list[str]:
    found = LINK.findall(FENCE.sub("", text_of(page)))
    return [link for link in found if "://" not in link]


def anchors(page: Path) -> set[str]:
    """Name headings as forges do: lower case, no punctuation, dashes for blanks."""
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page

        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_every_page_can_be_reached_from_the_table_of_contents() -> None:
    reached = {DOCS / "README.md"}
    new = list(reached)
    while new:
        page = new.pop()
        targets = {(page.parent / link.partition("#")[0]) for link in links(page)}
        found = {t.resolve() for t in targets if t.suffix == ".md"} - reached
        reached |= found
        new += found

    assert [named(page) for page in PAGES if page not in reached] == []


def test_the_table_of_contents_holds_every_page_of_its_folder() -> None:
    for folder in (DOCS, DOCS / "decisions"):
        contents = folder / "README.md"
        listed = {link.partition("#")[0] for link in links(contents)}

        pages = {page.name for page in folder.glob("*.md")} - {"README.md"}
        assert pages - listed == set()


def commands() -> Iterator[tuple[str, str]]:
    """Find what a page tells to type: lines of blocks, and code within sentences."""
    for page in PAGES:
        text = text_of(page)
        blocks = "\n".join(FENCE.findall(text))
        spans = re.findall(r"`(capi-jobs [^`]+)`", FENCE.sub("", text))
        for typed in dict.fromkeys([*TYPED.findall(blocks), *spans]):
            yield named(page), typed


@pytest.mark.parametrize(("page", "typed"), list(commands()))
def test_a_command_can_be_typed(page: str, typed: str) -> None:
    """Parsed by the command line itself, which refuses unknown or missing options."""
    words = shlex.split(typed.partition(" > ")[0], comments=True)[1:]
    command = get_command(app)
    context = typer.Context(command, info_name="capi-jobs")
    while isinstance(command, TyperGroup):
        name = words.pop(0)
        if name.startswith("-"):
            assert name in {o for p in command.get_params(context) for o in p.opts}
            return
        found = command.get_command(context, name)
        assert found is not None, f"{page}: no command {name}"
        command = found
    command.make_context(command.name, words, parent=context)


def test_each_test_that_the_promise_names_exists() -> None:
    names = re.findall(r"`(test_\w+)`", text_of(DOCS / "effectively-once.md"))

    assert [name for name in names if f"def {name}(" not in TESTS] == []
    assert len(names) > 10
