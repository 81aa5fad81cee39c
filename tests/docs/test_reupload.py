"""The page for the night is what the command says today."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from capi_jobs.jobs.reuploading import CHOICES
from capi_jobs.jobs.reuploading.line import Action, Line
from capi_jobs.model import OrderClass
from docs import reupload_session, session

PAGE = reupload_session.PAGE.read_text("utf-8")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> str:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    return reupload_session.played(tmp_path_factory.mktemp("session"), yesterday)


def test_the_session_is_what_the_command_says(played: str) -> None:
    """`make docs` rewrites it."""
    assert session.steady(played) == session.steady(
        session.shown_in(PAGE, reupload_session.MARK)
    )


def test_a_stale_page_is_named_and_rewritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "reupload.md"
    page.write_text("<!-- night-session -->\nold\n<!-- /night-session -->\n")

    def fresh(_folder: Path, day: date) -> str:
        return f"$ new on {day}"

    assert reupload_session.main(["--check"], page, fresh) == 1
    assert "old" in page.read_text()
    assert reupload_session.main([], page, fresh) == 0
    assert "$ new on 2" in page.read_text()
    assert reupload_session.main(["--check"], page, fresh) == 0
    assert capsys.readouterr().out == "reupload.md\n" * 2


@pytest.mark.parametrize("name", CHOICES)
def test_each_choice_is_told(name: str) -> None:
    option = f"--{name.replace('_', '-')}"

    for choice in CHOICES[name][1:]:
        assert f"`{option} {choice}" in PAGE


def test_each_class_has_a_line() -> None:
    table = PAGE.partition("## What becomes of an order")[2].partition("## ")[0]
    words = {
        OrderClass.SEEN_BROWSER: "seen in the browser",
        OrderClass.SEEN_SERVER: "from another server",
        OrderClass.IN_DOUBT: "in doubt",
        OrderClass.IN_FLIGHT: "in flight",
    }

    told = [words.get(each, str(each)) for each in OrderClass]

    assert [word for word in told if word not in table] == []


def test_each_name_of_the_json_is_told() -> None:
    names = [*Action, *_names_of_a_line()]

    assert [name for name in names if f"`{name}`" not in PAGE] == []


def _names_of_a_line() -> list[str]:
    line = Line(
        destination="",
        order_id="",
        was="",
        action=Action.SEND,
        reason="",
        why="",
        value=Decimal(0),
        currency="",
    )
    return list(line.as_json())
