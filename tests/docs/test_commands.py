import subprocess
import sys
from pathlib import Path

import pytest

from capi_jobs.delivery.tally import COUNTS
from capi_jobs.ledger.listing import _COLUMNS
from capi_jobs.ledger.values import RunStatus
from capi_jobs.report.held import COLUMNS

PAGE = (Path(__file__).parents[2] / "docs" / "commands.md").read_text("utf-8")


@pytest.mark.parametrize(
    "names",
    [
        COUNTS,
        COLUMNS,
        [column.name for column in _COLUMNS],
        sorted(set(RunStatus) - {"running"}),
    ],
    ids=["sent", "quarantine list", "ledger list", "status"],
)
def test_every_name_of_the_json_is_told(names: list[str]) -> None:
    assert [name for name in names if f"`{name}`" not in PAGE] == []


def test_the_page_tells_every_exit_code() -> None:
    for code in (0, 1, 2, 3):
        assert f"\n| {code} | " in PAGE


def test_the_module_is_the_command() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "capi_jobs", "--version"],
        check=True,
        capture_output=True,
        text=True,
    )

    assert told.stdout.startswith("capi-jobs ")
