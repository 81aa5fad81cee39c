"""The pages about Airflow say what the configuration and the DAGs hold."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from capi_jobs.config import read
from capi_jobs.config.scheduling import OCCASIONS, Airflow
from tests.config.building import table

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "airflow.md").read_text("utf-8")
APPROVALS = (ROOT / "docs" / "approvals.md").read_text("utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def first_column(heading: str) -> set[str]:
    """Return what stands in the first column of the table under this head row."""
    _, _, rest = PAGE.partition(heading)
    rows = rest.split("\n\n")[0].splitlines()[2:]
    return {cell for row in rows for cell in re.findall(r"`(\w+)`", row.split("|")[1])}


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_what_is_to_be_written_into_the_configuration_loads(block: str) -> None:
    made = read(table(**tomllib.loads(block)), Path("/shop/capi_jobs.toml"))

    assert made.airflow != Airflow()


def test_there_are_blocks_to_be_tried() -> None:
    assert len(BLOCKS) >= 3


def test_every_dag_stands_in_the_table() -> None:
    files = {path.stem for path in (ROOT / "dags").glob("*.py")}

    assert first_column("| DAG | when |") == files


def test_every_occasion_stands_in_the_table() -> None:
    assert first_column("| occasion | when |") == set(OCCASIONS)


def test_every_task_of_the_night_stands_in_the_table_of_red_ones() -> None:
    source = (ROOT / "dags" / "capi_nightly.py").read_text("utf-8")
    tasks = {
        each.name
        for each in ast.parse(source).body
        if isinstance(each, ast.FunctionDef) and each.name != "one_destination"
    }

    assert first_column("| red | it means |") >= tasks


def test_who_approves_reads_the_defaults_as_they_are() -> None:
    told = Airflow()

    assert f"({told.approval_timeout.total_seconds() / 3600:.0f} hours," in APPROVALS
    assert f"`{told.approval_unanswered}`, the default" in APPROVALS
