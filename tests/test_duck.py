import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest

from capi_jobs import duck
from capi_jobs.errors import CapiJobsError
from capi_jobs.model import Order
from capi_jobs.orders import read_order
from capi_jobs.orders.scalars import Unreadable, read_flag, text_of


@pytest.fixture(scope="module")
def space() -> Iterator[duckdb.DuckDBPyConnection]:
    with duck.workspace(64) as connection:
        yield connection


def texts(values: list[str | None]) -> pa.Table:
    return pa.table({"t": pa.array(values, pa.string())})


# ── How texts are read: as `orders` reads them, value for value ─────────────────

ZONES = [None, "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"]
# Days on which clocks jump in one of the zones, and days that are none.
DAYS = (
    "2026-11-20 2026-03-29 2026-10-25 2026-03-08 2026-11-01 2026-02-30 2026-13-01"
    " 9998-12-31 0000-01-01 2026-1-1 20261120"
).split()
CLOCKS = (
    "00:00 02:30 02:30:00 01:15:59 23:59:59.999999 10:00:00,5 10:00:00.1234567"
    " 24:00 10:60 10:00:60 1:00"
).split()
OFFSETS = [
    "",
    "Z",
    " z",
    "UTC",
    " UTC",
    "+02",
    " +0200",
    "-03:30",
    "+14",
    "+1",
    "+2500",
]
WORDS = ["", " ", "now", "infinity", "epoch", "1795000000", "10:00", "20.11.2026", "é"]
TIMES = [
    *WORDS,
    *DAYS,
    *("".join(parts) for parts in product(DAYS, "Tt _", CLOCKS, OFFSETS)),
]


@pytest.mark.parametrize("zone", ZONES)
def test_times_are_read_as_orders_reads_them(
    space: duckdb.DuckDBPyConnection, zone: str | None
) -> None:
    found = _times(space, [*TIMES], zone)

    differ = {
        text: (expected, told)
        for text, told in zip(TIMES, found, strict=True)
        if (expected := _expected_time(text, zone)) != told
    }
    assert differ == {}


def _times(
    space: duckdb.DuckDBPyConnection, values: list[str | None], zone: str | None
) -> list[datetime | str | None]:
    told = texts(values)
    space.register("told", told)
    rows = space.execute(
        "SELECT epoch_us(instant), time_fault(k, instant, $zone) FROM ("
        "SELECT *, read_time(k, $zone) AS instant FROM ("
        "SELECT tidy(t) AS k, row_number() OVER () AS n FROM told)) ORDER BY n",
        {"zone": zone},
    ).fetchall()
    return [
        fault
        or datetime.fromtimestamp(us // 10**6, UTC).replace(microsecond=us % 10**6)
        for us, fault in rows
    ]


def _expected_time(value: str, zone: str | None) -> datetime | str:
    if not text_of(value):
        return "missing"
    row = {"order_id": "o", "completed_at": value, "value": "1", "currency": "EUR"}
    read = read_order(row, timezone=ZoneInfo(zone) if zone else None)
    if isinstance(read, Order):
        return read.completed_at
    return read[0].rule.removeprefix("completed_at_")


FLAGS = "true t 1 yes y on false f 0 no n off maybe 2 10 ja".split()
BLANKS = ["", " ", "\n", "\u00a0", "\u2003", "\ufeff"]


def test_flags_are_read_as_orders_reads_them(space: duckdb.DuckDBPyConnection) -> None:
    values = [
        blank + flag + blank
        for flag, blank in product(["", *FLAGS, *map(str.upper, FLAGS)], BLANKS)
    ]
    space.register("told", texts([*values]))

    found = space.execute(
        "SELECT read_flag(t) FROM (SELECT t, row_number() OVER () AS n FROM told)"
        " ORDER BY n"
    ).fetchall()

    assert [_expected_flag(value) for value in values] == [flag for (flag,) in found]


def _expected_flag(value: str) -> bool | None:
    try:
        return read_flag("f", value)
    except Unreadable:
        return None


# ── The feed ────────────────────────────────────────────────────────────────────


def test_batches_may_lack_columns_and_have_other_types(
    space: duckdb.DuckDBPyConnection,
) -> None:
    batch = pa.record_batch({"n": pa.array([1]), "more": pa.array(["x"])})
    feed = duck.Feed([batch], ["n", "t"])
    space.register("arrived", feed.reader())

    assert space.execute("SELECT n, t FROM arrived").fetchall() == [("1", None)]


def test_what_ends_the_batches_is_raised_as_it_is(
    space: duckdb.DuckDBPyConnection,
) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"n": pa.array(["1"])})
        raise KeyError("gone")

    feed = duck.Feed(batches(), ["n"])
    space.register("arrived", feed.reader())

    with pytest.raises(KeyError, match="gone"), feed.told():
        space.execute("SELECT count(n) FROM arrived")


def test_nothing_is_fetched_from_a_network(space: duckdb.DuckDBPyConnection) -> None:
    """Neither a file nor, where one is installed, what would fetch it."""
    fetching = ("autoinstall_known_extensions", "autoload_known_extensions")
    for name in fetching:
        told = space.execute("SELECT current_setting($1)", [name]).fetchone()
        assert told == (False,)
    with pytest.raises(duckdb.Error):
        space.execute("SELECT * FROM read_csv('https://127.0.0.1:1/x.csv')")


def test_a_slow_query_draws_nothing_into_an_answer_on_stdout() -> None:
    """DuckDB does by itself where no file is run, as in a forked process."""
    setting = "SELECT current_setting('enable_progress_bar')"
    asked = f"""
from capi_jobs import duck
with duck.connect(None, 64) as connection:
    print(connection.execute({setting!r}).fetchone())
"""

    done = subprocess.run(
        [sys.executable, "-c", asked], check=False, capture_output=True, text=True
    )

    assert (done.stdout, done.stderr) == ("(False,)\n", "")


def test_money_is_read_whatever_blanks_are_around_it(
    space: duckdb.DuckDBPyConnection,
) -> None:
    """Else an order would be counted as worth nothing, and sent with its value."""
    space.register("told", texts([f"{blank}12.50{blank}" for blank in BLANKS]))

    found = space.execute("SELECT DISTINCT read_money(t) FROM told").fetchall()

    assert found == [(Decimal("12.50"),)]


# ── What was spilled ────────────────────────────────────────────────────────────


def test_what_a_killed_run_spilled_is_removed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, young, foreign = (
        tmp_path / name
        for name in ("capi-jobs-spill-1", "capi-jobs-spill-2", "capi-jobs-pg-1")
    )
    for folder in (left, young, foreign):
        folder.mkdir()
        (folder / "spilled.tmp").write_text("keys")
    for folder in (left, foreign):
        os.utime(folder, (0, 0))

    with duck.workspace(32) as going_on:
        held = duck.folder(going_on)
        os.utime(held, (0, 0))
        with duck.workspace(32):
            assert held.exists()
            assert not left.exists()

    assert {young, foreign} == set(tmp_path.iterdir())


# ── Memory ──────────────────────────────────────────────────────────────────────

# A list of three million numbers is one value, which cannot spill.
LIST = "CREATE TABLE lists AS SELECT list(i) AS l FROM range(3_000_000) t(i)"


def test_a_statement_that_needs_more_memory_gets_more_as_often_as_it_needs() -> None:
    with duck.workspace(32) as space:
        with pytest.raises(duckdb.OutOfMemoryException):
            space.execute(LIST)

        duck.roomy(space, LIST)

        assert space.sql("SELECT len(l) FROM lists").fetchall() == [(3_000_000,)]


def test_there_is_an_end_to_the_memory_that_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(duck, "_ROOM_MAX_MB", 33)

    said = "more than 33 MB → take fewer days"
    with duck.workspace(32) as space, pytest.raises(CapiJobsError, match=said):
        duck.roomy(space, LIST)
