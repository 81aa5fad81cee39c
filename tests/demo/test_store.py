import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from capi_jobs.demo.orders import Row
from capi_jobs.demo.store import COLUMNS, store

EMPTY: dict[str, list[Row]] = {table: [] for table in COLUMNS}


def test_what_a_row_lacks_is_null(small_path: Path) -> None:
    store(small_path, EMPTY | {"demo_truth": [{"kind": "naive_time"}]})
    with closing(sqlite3.connect(small_path)) as connection:
        rows = connection.execute("SELECT kind, order_id FROM demo_truth").fetchall()
    assert rows == [("naive_time", None)]


def test_money_is_kept_as_the_text_it_was(small_path: Path) -> None:
    """A numeric column would make 34.250 a binary float."""
    store(small_path, EMPTY | {"completed_orders": [{"value": "34.250"}]})
    with closing(sqlite3.connect(small_path)) as connection:
        rows = connection.execute("SELECT value FROM completed_orders").fetchall()
    assert rows == [("34.250",)]


def test_nothing_is_written_when_something_fails(small_path: Path) -> None:
    with pytest.raises(KeyError):
        store(small_path, {"completed_orders": [{"order_id": "1"}]})
    with closing(sqlite3.connect(small_path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
