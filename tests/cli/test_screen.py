import contextlib
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import typer

from capi_jobs.cli import screen
from capi_jobs.errors import ConfigFault


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (ConfigFault("[red] is no key", do="mend it"), "✗ [red] is no key → mend it\n"),
        (FileNotFoundError(2, "No such file", "a.csv"), "✗ a.csv: No such file\n"),
        (KeyboardInterrupt(), "stopped: the ledger is true; run again to go on\n"),
    ],
    ids=["ours", "a file", "Ctrl-C"],
)
def test_a_fault_is_told_on_stderr_and_is_exit_code_1(
    fault: BaseException, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as left, screen.told_plainly():
        raise fault

    assert left.value.exit_code == 1
    assert capsys.readouterr() == ("", says)


def test_a_fault_is_a_line_of_json_where_the_log_is(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "capi_jobs", "--log-format", "json", "check", "-c"]
    left = subprocess.run(
        [*command, str(tmp_path / "none.toml")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert left.returncode == 1
    [line] = [json.loads(one) for one in left.stderr.splitlines()]
    assert (line["level"], line["message"]) == ("error", "failed")
    assert "there is no configuration at" in line["reason"]


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        (["run", "--bogus"], "No such option: --bogus"),
        (["nonsense"], "No such command 'nonsense'."),
        (["ledger", "show"], "Missing argument 'order'."),
    ],
)
def test_a_mistake_of_usage_is_a_line_of_json_where_the_log_is(
    typed: list[str], reason: str
) -> None:
    command = [sys.executable, "-m", "capi_jobs", "--log-format", "json", *typed]
    left = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60
    )

    assert left.returncode == 2
    [line] = [json.loads(one) for one in left.stderr.splitlines()]
    assert (line["message"], line["reason"]) == ("failed", reason)


def test_a_reader_that_has_seen_enough_is_no_fault() -> None:
    with pytest.raises(BrokenPipeError), screen.told_plainly():
        raise BrokenPipeError


def test_a_bug_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), screen.told_plainly():
        raise ZeroDivisionError


def test_json_keeps_money_exact_and_times_with_their_zone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen.answer(
        {
            "value": Decimal("1E-9"),
            "large": Decimal("1E+3"),
            "at": datetime(2026, 11, 23, tzinfo=UTC),
            "emoji": "🛒",
        }
    )

    told = capsys.readouterr().out
    assert json.loads(told) == {
        "value": "0.000000001",
        "large": "1000",
        "at": "2026-11-23T00:00:00+00:00",
        "emoji": "🛒",
    }
    assert "🛒" in told


def test_lines_are_one_object_each(capsys: pytest.CaptureFixture[str]) -> None:
    screen.answer_lines([{"a": "x\ny"}, {"a": None}])

    assert capsys.readouterr().out == '{"a": "x\\ny"}\n{"a": null}\n'


def test_a_table_in_a_pipe_folds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    screen.table("held", ("order", "why"), [("o" * 200, "w" * 200)])

    lines = capsys.readouterr().out.splitlines()
    assert [line.strip() for line in lines[2:]] == [f"{'o' * 200}  {'w' * 200}"]


def test_what_others_wrote_cannot_steer_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen.table("[bold]x", ("id",), [("\x1b[2J[red]a\nb\0",)])

    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert "[bold]x" in told
    assert "\\x1b[2J[red]a\\nb\\x00" in told


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        (None, "–"),
        (1_234_567, "1,234,567"),
        (True, "True"),
        (["web", "app"], "web, app"),
        ({"web": ["a", "b"]}, "web: a, b"),
        ({}, "–"),
        (datetime(2026, 11, 23, 9, 5, tzinfo=UTC), "2026-11-23 09:05:00"),
    ],
)
def test_cells_are_written_for_people(
    cell: object, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    screen.table("", ("x",), [(cell,)])

    assert capsys.readouterr().out.splitlines()[-1].strip() == says


@pytest.mark.parametrize(("count", "says"), [(0, "0 orders"), (1, "1 order")])
def test_counts_have_their_noun(count: int, says: str) -> None:
    assert screen.several(count, "order") == says
    assert screen.several(2_000, "entry", "entries") == "2,000 entries"


def test_bars_draw_nothing_where_nobody_looks(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with screen.Bars() as bars:
        bars.stage("meta", "deliver", 10)
        bars.reached("meta", 5)
        bars.stage("meta", "verify", None)

    assert capsys.readouterr() == ("", "")


TELLS = """
import logging
from capi_jobs.cli import screen
from capi_jobs.telemetry import tell

screen.log_to_stderr("text", "warning")
with screen.Bars() as bars:
    bars.stage("meta", "sending", 10)
    bars._progress.refresh()
    tell(logging.getLogger("capi_jobs.x").warning, "throttled", pause=1)
"""


def test_a_line_of_the_log_stands_above_the_bars() -> None:
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", TELLS],
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
    ):
        os.close(theirs)
        seen = b""
        # Linux says so when nobody holds the other end any more.
        with contextlib.suppress(OSError):
            while told := os.read(ours, 65_536):
                seen += told
    os.close(ours)

    [line] = [one for one in seen.decode().split("\r\n") if "WARNING" in one]
    # Behind what takes the bar away, and nothing else.
    assert re.search(r"(^|\x1b\[2K)[\d:.TZ-]+ WARNING capi_jobs.x throttled", line)
