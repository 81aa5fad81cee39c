"""What the page says about borders and bounds is what the code does."""

import re
from dataclasses import fields
from pathlib import Path

from capi_jobs.ledger import findings
from capi_jobs.ledger.schema import METADATA
from capi_jobs.model import Order
from capi_jobs.warehouse.contract import KEY_COLUMNS
from docs import generate

PAGE = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text("utf-8")
# What an Order never shows of itself is what may name a person.
PERSONAL = {one.name for one in fields(Order) if not one.repr}


def test_the_keys_that_are_read_are_the_ones_that_are_listed() -> None:
    row = next(line for line in PAGE.splitlines() if "warehouse → `reconcile`" in line)
    listed = re.findall(r"`(\w+)`", row.split(" | ")[1].partition(";")[0])

    assert set(KEY_COLUMNS) == set(listed)


def test_keys_hold_nothing_personal() -> None:
    assert set() == PERSONAL & set(KEY_COLUMNS)


def test_no_column_of_the_ledger_could_hold_a_customer() -> None:
    assert findings.runs.metadata is METADATA
    columns = {one.name for table in METADATA.tables.values() for one in table.columns}

    assert set() == PERSONAL & columns
    assert "order_id" in columns
    assert "email" in PERSONAL


def test_every_room_stands_in_the_table() -> None:
    """The generated table comes from the import contract; folders do not lie."""
    package = Path(generate.ROOT) / "capi_jobs"
    modules = {one.stem for one in package.glob("[a-z]*.py")}
    folders = {one.parent.name for one in package.glob("*/__init__.py")}

    listed = set(re.findall(r"^\| `(\w+)` \|", generate.rooms(), re.MULTILINE))
    assert (modules | folders) == listed
