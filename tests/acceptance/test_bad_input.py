"""What is broken around the rows: configuration, ledger, platform, warehouse, clock.

Each ends with a clear error, loses nothing, and the next run completes.
"""

import socket
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
import pytest
from psycopg import sql

from capi_jobs.config import load
from capi_jobs.errors import WarehouseUnavailable
from capi_jobs.jobs.clock import SystemClock
from capi_jobs.jobs.house import Unwatched, opened
from capi_jobs.jobs.interval import read_interval
from capi_jobs.jobs.outcome import RunReport
from capi_jobs.jobs.running import approve, run
from capi_jobs.ledger import door
from capi_jobs.warehouse import Warehouse
from tests.shop import COLUMNS, PLATFORMS, Shop, an_order, orders, shop_in


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_in(tmp_path) as made:
        yield made.configure(platforms=("meta",)).fill(orders(3))


ONCE = {"o-1": 1, "o-2": 1, "o-3": 1}


# ── configuration ───────────────────────────────────────────────────────────────


def test_every_fault_of_the_configuration_is_told_at_once(shop: Shop) -> None:
    with shop.config.open("a") as file:
        file.write(
            'channles = ["web"]\nevents_per_batch_max = 0\n'
            '[[destinations]]\nname = "meta-web"\nplatform = "mata"\n'
            'account = "../x"\ntoken = "EAAB-pasted"\n[delivrey]\n'
        )

    for command in ("plan", "run", "check", "report"):
        said = shop.capi(command, code=1)
        for fault in (
            "channles",
            "events_per_batch_max",
            "unknown platform",
            "account",
            "delivrey",
        ):
            assert fault in said.err
        assert "EAAB-pasted" not in said.err
        assert said.out == ""


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[orders", "is not TOML"),
        (b"name = '\xff'", "is not UTF-8 (line 1)"),
        (b"", "destinations"),
    ],
)
def test_a_file_that_is_no_configuration_is_told_with_what_to_do(
    shop: Shop, content: bytes, says: str
) -> None:
    shop.config.write_bytes(content)

    said = shop.capi("run", code=1)

    assert says in said.err


def test_a_view_that_lacks_columns_is_told_before_anything_is_sent(shop: Shop) -> None:
    shop.change("ALTER TABLE orders RENAME COLUMN value TO total")

    said = shop.capi("run", "-i", shop.days, code=1)

    assert "orders lacks 'value' → mend the view" in said.err
    assert shop.counted() == {}
    shop.change("ALTER TABLE orders RENAME COLUMN total TO value")
    shop.run()
    assert shop.counted() == ONCE


# ── ledger ──────────────────────────────────────────────────────────────────────


def test_a_ledger_that_another_process_locks_is_waited_for_then_told(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.run()
    shop.fill([an_order("late")])
    monkeypatch.setattr(door, "LOCK_SECONDS_MAX", 0)
    with closing(sqlite3.connect(shop.folder / "ledger.db")) as db:
        db.execute("BEGIN IMMEDIATE")
        said = shop.capi("run", "-i", shop.days, code=1)

    assert "the ledger is locked by another process → end that process" in said.err
    assert shop.counted() == ONCE
    shop.run()
    assert shop.counted() == {**ONCE, "late": 1}


def test_a_ledger_that_is_no_database_is_told(shop: Shop) -> None:
    (shop.folder / "ledger.db").write_text("nothing of the kind, and long enough" * 9)

    said = shop.capi("run", "-i", shop.days, code=1)

    assert "is not a database, or is damaged" in said.err
    assert shop.counted() == {}


def test_a_ledger_in_a_folder_that_is_not_there_is_told(shop: Shop) -> None:
    shop.configure(ledger="sqlite:///nowhere/ledger.db")

    said = shop.capi("run", "-i", shop.days, code=1)

    assert "see that its folder exists" in said.err


def test_a_ledger_that_may_only_be_read_is_told_and_can_be_reported(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.run()
    shop.fill([an_order("late")])
    _each_connection_says(monkeypatch, "PRAGMA query_only = ON")

    said = shop.capi("run", "-i", shop.days, code=1)

    assert "the ledger is read-only → make file and folder writable" in said.err
    assert shop.capi("report", "--json").json["closes"] is True
    monkeypatch.undo()
    shop.run()
    assert shop.counted() == {**ONCE, "late": 1}


def test_a_disk_that_fills_stops_the_run_before_the_call_it_cannot_note(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.run()
    shop.fill([an_order(f"late-{n:03}" + "x" * 150, hours_ago=9) for n in range(400)])
    with closing(sqlite3.connect(shop.folder / "ledger.db")) as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    _each_connection_says(monkeypatch, f"PRAGMA max_page_count = {pages + 4}")

    said = shop.capi("run", "-i", shop.days, code=1)

    assert "the ledger has no room left on its disk → free disk space" in said.err
    assert shop.counted() == ONCE
    monkeypatch.undo()
    shop.run()
    assert set(shop.counted().values()) == {1}
    assert shop.classes() == {"delivered": 403}


def _each_connection_says(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    usual = door._prepare_sqlite

    def prepare(connection: Any, record: object) -> None:  # noqa: ANN401
        usual(connection, record)
        connection.execute(words)

    monkeypatch.setattr(door, "_prepare_sqlite", prepare)


def test_a_ledger_of_a_newer_version_is_left_alone(shop: Shop) -> None:
    shop.run()
    with closing(sqlite3.connect(shop.folder / "ledger.db")) as db, db:
        (table,) = next(
            db.execute("SELECT name FROM sqlite_master WHERE name LIKE '%version%'")
        )
        db.execute(f"UPDATE {table} SET version_num = '9999'")  # noqa: S608 - its name
    shop.fill([an_order("late")])

    said = shop.capi("run", "-i", shop.days, code=1)

    assert "has schema 9999" in said.err
    assert "→ upgrade capi-jobs" in said.err
    assert shop.counted() == ONCE


# ── platform ────────────────────────────────────────────────────────────────────


def _closed_port() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_a_platform_that_is_down_loses_nothing_and_stops_no_other(shop: Shop) -> None:
    down = {"meta": _closed_port()}
    shop.configure(
        platforms=PLATFORMS, base_urls=down, extra="[delivery]\nattempts_max = 1"
    )

    told = shop.run(code=1)

    by_name = {one["name"]: one for one in told["destinations"]}
    assert {name: one["status"] for name, one in by_name.items()} == {
        "meta-web": "failed",
        "tiktok-web": "done",
        "snapchat-web": "done",
    }
    assert shop.counted("tiktok") == shop.counted("snapchat") == ONCE
    assert shop.classes("meta") == {"missing": 3}
    shop.configure(base_urls={})
    shop.run()
    assert shop.counted("meta") == ONCE
    assert shop.classes("meta") == {"delivered": 3}


def test_answers_that_are_all_5xx_leave_orders_in_doubt_and_the_next_run_settles_them(
    shop: Shop,
) -> None:
    shop.faults({"do": "error_500", "platform": "meta", "times": 50})

    told = shop.run(code=3)

    assert told["destinations"][0]["sent"]["in_doubt"] == 3
    assert shop.classes() == {"in_doubt": 3}
    listed = shop.capi("ledger", "list", "--json", "--status", "in_doubt").lines
    assert {row["order_id"] for row in listed} == set(ONCE)
    shop.mend()
    shop.run()
    assert shop.counted() == ONCE
    assert shop.classes() == {"delivered": 3}


def test_a_token_that_expires_in_the_middle_stops_only_its_destination(
    shop: Shop,
) -> None:
    shop.configure(
        platforms=PLATFORMS,
        per_destination="events_per_batch_max = 1",
        extra="[delivery]\nin_flight_max = 1",
    )
    # The sandbox forgets a token for all platforms at once: Meta's is another one.
    (shop.folder / "token-meta").write_text("sandbox-meta")
    text = shop.config.read_text()
    shop.config.write_text(text.replace("file:token", "file:token-meta", 1))
    shop.faults({"do": "expire_token", "platform": "meta", "request": 2})

    told = shop.run(code=1)

    by_name = {one["name"]: one for one in told["destinations"]}
    assert by_name["meta-web"]["sent"]["delivered"] == 1
    assert "token" in by_name["meta-web"]["sent"]["stopped"]
    assert shop.counted("tiktok") == shop.counted("snapchat") == ONCE
    assert shop.classes("meta") == {"delivered": 1, "missing": 2}
    shop.configure().mend()
    shop.run()
    assert shop.counted("meta") == ONCE


# ── warehouse ───────────────────────────────────────────────────────────────────


def test_a_warehouse_that_goes_away_in_the_middle_leaves_true_books(
    shop: Shop, postgres_server: str, postgres_uri: str
) -> None:
    shop.configure(
        warehouse=postgres_uri.replace("postgresql://", "postgresql+psycopg://", 1),
        extra="[delivery]\npage_rows = 1",
        per_destination="events_per_batch_max = 1",
        gate="ask_first_run = true",
    )
    columns = ", ".join(f"{name} text" for name in COLUMNS)
    marks = ", ".join(["%s"] * len(COLUMNS))
    with psycopg.connect(postgres_uri) as connection:
        connection.execute(f"CREATE TABLE orders ({columns})".encode())
        connection.cursor().executemany(
            f"INSERT INTO orders VALUES ({marks})".encode(),  # noqa: S608 - marks
            [[row.get(name) for name in COLUMNS] for row in orders(3)],
        )
        database = connection.info.dbname
    shop.run(code=3)
    with psycopg.connect(postgres_server, autocommit=True) as server:
        # What a person approved is read again: three pages, and it is the last.
        away = _Away(server, database, reads=3)
        with pytest.raises(WarehouseUnavailable, match="run again"):
            _approve(shop, watch=away)
        away.comes_back()

    assert 0 < len(shop.counted()) < len(ONCE)
    assert sum(shop.classes().values()) == 3
    shop.run()
    assert shop.counted() == ONCE
    assert shop.classes() == {"delivered": 3}


class _Away:
    """Ends every session of a database, and lets none in, from the n-th page on."""

    def __init__(
        self, server: psycopg.Connection, database: str, *, reads: int
    ) -> None:
        self._server, self._database, self._left = server, database, reads

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._allow("false")
            self._server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s",
                [self._database],
            )

    def comes_back(self) -> None:
        self._allow("true")

    def _allow(self, answer: LiteralString) -> None:
        name = sql.Identifier(self._database)
        words = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS " + answer)
        self._server.execute(words.format(name))


def _run(shop: Shop, *, clock: SystemClock | None = None) -> RunReport:
    """Run as the command does, with a hand on the clock."""
    settings = load(shop.config)
    the_clock = clock or SystemClock()
    span = read_interval(shop.days, settings.day_zone, the_clock.now())
    with opened(settings, the_clock) as house:
        chosen = settings.destinations
        return run(house, span, chosen, actor="ana", watcher=Unwatched())


def _approve(shop: Shop, *, watch: Callable[[], None]) -> RunReport:
    """Approve as the command does, with a hand in the warehouse."""
    with opened(load(shop.config), SystemClock()) as house:
        told = cast("Warehouse", _Telling(house.warehouse, watch))
        return approve(
            replace(house, warehouse=told),
            "latest",
            destination=None,
            because="looks right",
            actor="olga",
            watcher=Unwatched(),
        )


class _Telling:
    """A warehouse; somebody is told before each page of whole orders is read."""

    def __init__(self, warehouse: Warehouse, watch: Callable[[], None]) -> None:
        self._warehouse, self._watch = warehouse, watch

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._warehouse, name)

    def orders(self, *arguments: Any) -> Any:  # noqa: ANN401
        self._watch()
        return self._warehouse.orders(*arguments)


# ── two runs, odd clocks ────────────────────────────────────────────────────────


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_two_runs_at_once_count_each_order_once(
    shop: Shop, engine: str, request: pytest.FixtureRequest
) -> None:
    ledger = "sqlite:///ledger.db"
    if engine == "postgres":
        ledger = request.getfixturevalue("postgres_url")
    shop.configure(ledger=ledger, per_destination="events_per_batch_max = 7")
    shop.fill([an_order(f"more-{n}") for n in range(100)])

    with ThreadPoolExecutor(2) as both:
        reports = [each.result() for each in [both.submit(_run, shop) for _ in "ab"]]

    delivered = [
        one.tally.delivered for r in reports for one in r.destinations if one.tally
    ]
    assert sum(delivered) == 103
    assert set(shop.counted().values()) == {1}
    assert len(shop.counted()) == 103
    shop.run()
    assert shop.classes() == {"delivered": 103}


class _JumpingClock(SystemClock):
    """Each look at it is some time before or after the last, over and over."""

    def __init__(self, *jumps: timedelta) -> None:
        self._jumps, self._looks = jumps, 0

    def now(self) -> datetime:
        self._looks += 1
        return super().now() + self._jumps[self._looks % len(self._jumps)]


@pytest.mark.parametrize(
    "jumps",
    [
        (timedelta(0), timedelta(hours=-2)),
        (timedelta(0), timedelta(hours=2)),
        (timedelta(minutes=5), timedelta(0), timedelta(minutes=-5)),
    ],
    ids=["back", "forth", "both"],
)
def test_a_clock_that_jumps_counts_nothing_twice_and_loses_nothing(
    shop: Shop, jumps: tuple[timedelta, ...]
) -> None:
    shop.configure(per_destination="events_per_batch_max = 1")

    for _ in range(2):
        _run(shop, clock=_JumpingClock(*jumps))
    shop.run()

    assert shop.counted() == ONCE
    assert shop.classes() == {"delivered": 3}


def test_a_clock_far_off_holds_what_lies_in_its_future_until_it_is_set(
    shop: Shop,
) -> None:
    _run(shop, clock=_JumpingClock(timedelta(days=-2)))

    assert shop.counted() == {}
    shop.run()
    assert shop.counted() == ONCE
    assert shop.classes() == {"delivered": 3}


# ── files ───────────────────────────────────────────────────────────────────────


def test_csv_that_is_not_utf_8_is_told_and_nothing_is_sent(shop: Shop) -> None:
    good = an_order()
    lines = [",".join(COLUMNS), ",".join(str(good.get(n) or "") for n in COLUMNS)]
    content = "\n".join([*lines, lines[1].replace("Ada", "Zo\xeb")])
    (shop.folder / "orders.csv").write_bytes(content.encode("latin-1"))
    shop.configure(warehouse="duckdb:///", orders='relation = "orders.csv"')

    said = shop.capi("run", "-i", shop.days, code=1)

    assert "UTF-8" in said.err.replace("utf-8", "UTF-8").replace("UTF8", "UTF-8")
    assert "Zo" not in said.err
    assert shop.counted() == {}


def test_a_warehouse_file_that_is_not_there_is_told_and_not_made(shop: Shop) -> None:
    (shop.folder / "shop.db").unlink()

    said = shop.capi("run", "-i", shop.days, code=1)

    assert "→" in said.err
    assert not (shop.folder / "shop.db").exists()


def test_a_report_that_cannot_be_written_is_told(shop: Shop) -> None:
    shop.run()

    said = shop.capi("report", "--html", str(shop.folder / "no" / "r.html"), code=1)

    assert "r.html: No such file or directory" in said.err
