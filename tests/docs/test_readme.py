"""README's session is what the commands say today; what it names is there."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from docs import session

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "README.md").read_text("utf-8")
SHOWN = session.shown_in(PAGE)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Only what a platform still takes can be sent: the day is a real yesterday."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    return session.played(tmp_path_factory.mktemp("session"), yesterday)


def test_the_session_is_what_the_commands_say(played: str) -> None:
    """`make docs` rewrites it."""
    assert session.steady(played) == session.steady(SHOWN)


def test_the_session_shows_what_the_page_tells(played: str) -> None:
    sent = re.findall(r"^ meta-web +(\d+)", played, re.MULTILINE)

    assert sent == ["0", "21", "0"]
    assert "waits for approval" in played
    assert "✓ the books close" in played


def test_the_session_fits_a_screen() -> None:
    assert len(SHOWN.splitlines()) <= 46


def test_runs_days_and_times_are_not_compared() -> None:
    one = "run 20261123-091807-c8d2: 2026-11-19 00:00 → 2026-11-23 00:00, 21 sent"
    other = "run 20270101-000000-ffff: 2026-12-29 23:00 → 2027-01-01 23:00, 21 sent"

    assert session.steady(one) == session.steady(other)
    assert session.steady(one) != session.steady(one.replace("21 sent", "22 sent"))


def test_a_session_is_put_where_the_old_one_was() -> None:
    page = (
        "# Page\n\n<!-- session -->\n```console\nold\n```\n<!-- /session -->\n\nEnd\n"
    )

    again = session.rewritten(page, "$ new \\1")

    assert session.shown_in(again) == "$ new \\1"
    assert again == page.replace("old", "$ new \\1")


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"(?:^|`)make (\w+)", PAGE, re.MULTILINE)))
)
def test_each_target_of_make_exists(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")

    assert re.search(rf"^{target}:", makefile, re.MULTILINE)
