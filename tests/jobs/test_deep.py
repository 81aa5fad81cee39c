"""`check --deep`: it connects, names all faults, in time, and leaves nothing."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from capi_jobs.config import load
from capi_jobs.jobs import deep
from capi_jobs.jobs.checking import Check
from capi_jobs.jobs.clock import ClockAsOf, SystemClock
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.schema import SCHEMA_REVISION
from capi_jobs.lifecycle import Event
from capi_jobs.model import Entry, Receipt
from tests.shop import TOKEN, Shop, orders, shop_in

NOW = datetime.now(UTC)


def told(shop: Shop, *, ahead: timedelta = timedelta(0)) -> dict[str, Check]:
    """Return what is not well, by its code."""
    clock = ClockAsOf(SystemClock().now() + ahead)
    found = deep.check_deep(load(shop.config), clock)
    return {one.code: one for one in found if one.severity != "ok"}


def test_a_sound_shop_is_sound_and_nothing_is_sent_or_left(shop: Shop) -> None:
    shop.fill(orders(2)).run()
    before = shop.counted(), (shop.folder / "ledger.db").read_bytes()

    said = shop.capi("check", "--deep", "--json")

    places = [one["place"] for one in said.json if one["severity"] == "ok"]
    assert {"orders", "ledger", "meta-web", "expectations", "disk"} <= set(places)
    assert {one["severity"] for one in said.json if one["code"] != "disk"} == {"ok"}
    assert set(said.json[0]) == {"place", "severity", "code", "message", "ids"}
    assert before == (shop.counted(), (shop.folder / "ledger.db").read_bytes())
    assert TOKEN not in said.out + said.err


def test_all_faults_are_named_at_once(shop: Shop) -> None:
    shop.fill(orders(1)).run()
    with closing(sqlite3.connect(shop.folder / "ledger.db")) as db, db:
        db.execute("UPDATE ledger_version SET version_num = '9999'")
    # Nobody listens on port 9 of loopback.
    shop.configure(base_urls={"meta": "http://127.0.0.1:9"})
    shop.change("ALTER TABLE orders RENAME TO gone")
    (shop.folder / "token").unlink()

    said = shop.capi("check", "--deep", "--json", code=1)

    errors = {(o["place"], o["code"]) for o in said.json if o["severity"] == "error"}
    assert errors == {
        ("orders", "source_unreadable"),
        ("orders", "not_readable"),
        ("ledger", "ledger_newer"),
        ("meta-web", "not_reachable"),
        ("meta-web", ""),  # its secrets
    }


def test_a_ledger_that_is_older_is_said_and_not_migrated(shop: Shop) -> None:
    shop.fill(orders(1)).run()
    versions = "SELECT version_num FROM ledger_version"
    with closing(sqlite3.connect(shop.folder / "ledger.db")) as db, db:
        db.execute("UPDATE ledger_version SET version_num = '0001'")

    assert told(shop)["ledger_older"].severity == "warning"
    assert "the next run brings it up" in shop.capi("check").out
    with closing(sqlite3.connect(shop.folder / "ledger.db")) as db:
        assert db.execute(versions).fetchall() == [("0001",)]


def test_a_ledger_that_is_not_there_is_not_made(shop: Shop) -> None:
    shop.fill(orders(1))

    assert told(shop)["ledger_missing"].severity == "warning"
    assert not (shop.folder / "ledger.db").exists()


def an_entry(number: int) -> Entry:
    return Entry(
        destination="meta-web",
        event_name="Purchase",
        event_id=f"e{number}",
        order_id=f"o{number}",
        event_time=NOW,
        day=NOW.date(),
        value=Decimal(1),
        currency="EUR",
    )


def test_what_nobody_takes_up_is_a_warning(shop: Shop) -> None:
    lease, old = timedelta(minutes=1), NOW - timedelta(days=9)
    with Ledger.open(f"sqlite:///{shop.folder / 'ledger.db'}") as ledger:

        def claimed(number: int, now: datetime) -> str:
            entries = [an_entry(number)]
            claim = ledger.claim(entries, run_id="r", now=now, lease=lease, actor="a")
            return claim.batch_id

        lost = claimed(1, old)
        ledger.settle(lost, Event.LOST, Receipt("gone"), now=old, actor="a")
        claimed(2, NOW - timedelta(days=2))
        claimed(3, NOW)
    shop.fill(orders(1))

    found = told(shop)

    assert {found[c].severity for c in ("lease_over", "in_doubt")} == {"warning"}
    assert found["lease_over"].message.startswith("1 batches with 1 events")
    assert found["in_doubt"].message.startswith("1 orders are in doubt")


def test_a_disk_that_is_nearly_full_is_a_warning(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shop.folder, 1, 1
    monkeypatch.setattr("shutil.disk_usage", lambda _: _Usage(*full))

    assert "what joins spill" in told(shop.fill(orders(1)))["disk"].message or (
        "the ledger" in told(shop)["disk"].message
    )


class _Usage:
    def __init__(self, place: Path, used: int, free: int) -> None:
        self.free = free


def test_who_is_not_back_in_time_is_named_and_keeps_nobody_waiting() -> None:
    never, told = threading.Event(), threading.Event()

    def hangs() -> Iterator[Check]:
        yield Check("slow", "error", "this is wrong, too", "other")
        told.set()
        never.wait(60)
        yield Check("slow", "ok", "at last")

    def breaks() -> Iterator[Check]:
        yield Check("broken", "ok", "so far")
        told.wait(20)
        raise ValueError("ada@example.com")

    found = deep._in_time([("broken", breaks, 20), ("slow", hangs, 0.2)])
    never.set()

    assert [(one.place, one.code) for one in found] == [
        ("broken", ""),
        ("broken", "broke"),
        ("slow", "other"),
        ("slow", "too_slow"),
    ]
    assert "ada" not in str(found)


@pytest.mark.parametrize("name", ["ledger", "orders", "secrets"])
def test_a_destination_may_have_the_name_of_any_place(shop: Shop, name: str) -> None:
    shop.fill(orders(1)).run()
    named = shop.config.read_text().replace("meta-web", name)
    shop.config.write_text(named.replace(shop.url, "http://127.0.0.1:9"))

    found = deep.check_deep(load(shop.config), SystemClock())

    words = [(one.place, one.message) for one in found]
    assert ("ledger", "can be written") in words
    assert ("orders", "keeps the contract") in words
    assert (name, "its secrets are there") in words
    assert (name, "not_reachable") in [(one.place, one.code) for one in found]


@pytest.fixture
def on_postgres(tmp_path: Path, postgres_url: str) -> Iterator[Shop]:
    with shop_in(tmp_path) as made:
        made.configure(platforms=("meta",), ledger=postgres_url).fill(orders(1))
        Ledger.open(postgres_url).close()
        yield made


def test_a_clock_that_leases_cannot_bear_is_an_error(on_postgres: Shop) -> None:
    """Lease 60 s, call 30 s: two workers, each off by up to 15 s, keep apart."""
    assert "clock_skew" not in told(on_postgres, ahead=timedelta(seconds=5))
    for ahead in (timedelta(seconds=25), timedelta(seconds=-25)):
        assert told(on_postgres, ahead=ahead)["clock_skew"].severity == "error"


def test_a_ledger_that_cannot_be_written_is_an_error(
    on_postgres: Shop, postgres_uri: str
) -> None:
    def ask(statement: str) -> Any:  # noqa: ANN401 - rows
        with psycopg.connect(postgres_uri, autocommit=True) as db:
            return db.execute(statement)

    found = deep.check_deep(load(on_postgres.config), SystemClock())
    words = [one.message for one in found if one.place == "ledger"]
    assert words[:2] == [f"answers, with schema {SCHEMA_REVISION}", "can be written"]
    [name] = ask("SELECT current_database()").fetchone()
    ask(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')

    assert told(on_postgres)["ledger_not_writable"].severity == "error"
    assert "✗  ledger" in on_postgres.capi("check", code=1).out
    assert ask("SELECT count(*) FROM ledger_batches").fetchone() == (0,)
