"""Files that people hand in: rows, or a fault that says where; never another error."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from capi_jobs.errors import DataContractFault
from capi_jobs.jobs.importing import entries_of
from capi_jobs.jobs.reading_files import read_ids, read_rows
from capi_jobs.model import Entry
from tests.config.building import destination, settings

SECRET = "jane.secret@example.com"
NAMES = ("destination order_id event_id event_time event_name value currency").split()


@dataclass(frozen=True)
class Digits:
    """A number that Python would not write."""

    count: int


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["meta-web", "o-1", "2026-11-20T12:00:00Z", "9999-12-31T23:59:59-14:00", "EUR"]
    )
    | st.sampled_from([10**400, Digits(5_000), 1e308, "NaN", "1e999999", "\x00"])
)
rows = st.dictionaries(st.sampled_from(NAMES), scalars | st.lists(scalars), max_size=7)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2), max_leaves=4)


def _written(value: object) -> str:
    if isinstance(value, Digits):
        return "9" * value.count
    if isinstance(value, dict):
        pairs = (f"{json.dumps(name)}:{_written(one)}" for name, one in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    return json.dumps(value)


files = (
    st.binary(max_size=60)
    | st.lists(rows, max_size=3).map(_written).map(str.encode)
    | st.lists(rows | values, max_size=3).map(
        lambda told: "\n".join(map(_written, told)).encode()
    )
    | st.sampled_from([b"[" * 100_000, b"{" * 100_000, b"9" * 5_000, b"\xef\xbb\xbf[]"])
)


@given(content=files)
@example(content=b'[{"order_id": "1", "order_id": "2"}]')
def test_any_file_gives_rows_or_a_fault(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "orders.json"
        file.write_bytes(content)
        try:
            found = read_rows(file)
        except DataContractFault:
            return
    assert all(isinstance(row, dict) for row in found)


@given(content=files)
def test_any_file_gives_entries_that_the_ledger_takes_or_a_fault(
    content: bytes,
) -> None:
    made = settings(destinations=[destination()])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sent.json"
        file.write_bytes(content)
        try:
            found = entries_of(made, file)
        except DataContractFault:
            return
    assert all(isinstance(entry, Entry) for entry in found)
    assert all(entry.event_id and entry.order_id for entry in found)


@given(content=st.binary(max_size=60))
def test_any_file_gives_ids_or_a_fault(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ids.txt"
        file.write_bytes(content)
        try:
            found = read_ids(file)
        except DataContractFault:
            return
        assert all(one == one.strip() != "" for one in found)


@pytest.mark.parametrize("text", [f'[{{"email": "{SECRET}",]', f'{{"{SECRET}"}}'])
def test_a_fault_shows_nothing_of_the_row(text: str, tmp_path: Path) -> None:
    file = tmp_path / "orders.json"
    file.write_text(text)

    with pytest.raises(DataContractFault) as fault:
        read_rows(file)

    assert SECRET not in str(fault.value)
