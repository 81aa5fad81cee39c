import re
from pathlib import Path

import pytest

from capi_jobs.lifecycle import TRANSITIONS, Status
from docs import generate

DOCS = Path(__file__).parents[2] / "docs"


def test_no_page_is_stale() -> None:
    """`python docs/generate.py` rewrites what is."""
    assert generate.stale(DOCS) == {}


def test_every_part_stands_in_some_page_and_every_page_knows_its_parts() -> None:
    text = "".join(page.read_text("utf-8") for page in DOCS.rglob("*.md"))

    assert set(re.findall(r"<!-- (\w+) -->", text)) == set(generate.PARTS)
    assert sorted(re.findall(r"<!-- /(\w+) -->", text)) == sorted(
        re.findall(r"<!-- (\w+) -->", text)
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page.md").write_text(
        "# Page\n\n<!-- lifecycle -->\nold\n<!-- /lifecycle -->\n\nEnd\n"
    )
    return tmp_path


def test_checking_names_a_stale_page_and_changes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / "page.md").read_text()

    assert generate.main(["--check"], folder) == 1
    assert capsys.readouterr().out == "page.md\n"
    assert (folder / "page.md").read_text() == before


def test_rewriting_changes_the_part_alone_and_is_done_once(folder: Path) -> None:
    assert generate.main([], folder) == 0
    assert generate.main(["--check"], folder) == 0

    page = (folder / "page.md").read_text()
    assert page.startswith("# Page\n\n<!-- lifecycle -->\n```mermaid\n")
    assert page.endswith("```\n<!-- /lifecycle -->\n\nEnd\n")
    assert "old" not in page


def test_the_diagram_draws_every_transition_and_no_other() -> None:
    drawn = {
        (None if before == "[*]" else before, event, after)
        for before, after, events in re.findall(
            r"(\S+) --> (\w+): (.+)", generate.lifecycle()
        )
        for event in events.split(", ")
    }

    assert drawn == {(b, str(e), str(a)) for (b, e), a in TRANSITIONS.items()}


def test_the_promise_speaks_of_every_status() -> None:
    page = (DOCS / "effectively-once.md").read_text("utf-8")

    assert [s for s in Status if s.replace("_", " ") not in page] == []
