import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection

from capi_jobs.errors import LedgerUnavailable
from capi_jobs.ledger import Ledger, door
from capi_jobs.ledger.faults import explain, is_repeatable
from tests.ledger.building import Bench


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def bench(file: Path) -> Iterator[Bench]:
    with Ledger.open(f"sqlite:///{file}") as ledger:
        yield Bench(ledger)


def open_and_claim(file: Path) -> None:
    with Ledger.open(f"sqlite:///{file}") as ledger:
        Bench(ledger).claim(999)


def test_a_locked_file_says_so(
    file: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.ledger.close()
    monkeypatch.setattr(door, "LOCK_SECONDS_MAX", 0.05)
    other = sqlite3.connect(file)
    other.execute("BEGIN IMMEDIATE")

    with (
        Ledger.open(f"sqlite:///{file}") as ledger,
        pytest.raises(LedgerUnavailable, match=r"locked by another.*run again"),
    ):
        Bench(ledger).claim(1)

    other.close()


def test_a_file_that_is_no_database_says_so(file: Path) -> None:
    file.write_text("order_id,value\n" * 1_000)

    with pytest.raises(LedgerUnavailable, match="not a database"):
        Ledger.open(f"sqlite:///{file}")


def test_a_damaged_file_says_so(file: Path, bench: Bench) -> None:
    for number in range(300):
        bench.claim(number)
    bench.ledger.close()
    size = file.stat().st_size
    with file.open("r+b") as damaged:
        damaged.seek(4096)
        damaged.write(os.urandom(size - 4096))

    with pytest.raises(LedgerUnavailable, match=r"damaged.*backup"):
        open_and_claim(file)


def test_a_full_disk_says_so_and_nothing_is_half_written(bench: Bench) -> None:
    def fill(connection: Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    bench.claim(1)
    bench.ledger.in_transaction(fill)

    with pytest.raises(LedgerUnavailable, match=r"no room left.*free disk space"):
        bench.claim(*range(2, 2_000))

    assert len(bench.statuses()) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anything")
def test_a_read_only_file_says_so_to_whoever_may_not_write(
    file: Path, bench: Bench
) -> None:
    bench.ledger.close()
    file.chmod(0o400)

    with pytest.raises(LedgerUnavailable, match=r"read-only|may not"):
        open_and_claim(file)


def test_a_read_only_connection_says_so(bench: Bench) -> None:
    def only_read(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA query_only = ON")

    bench.ledger.in_transaction(only_read)

    with pytest.raises(LedgerUnavailable, match=r"read-only.*writable"):
        bench.claim(1)


def test_a_server_that_is_away_says_so_without_password(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match="cannot be reached") as caught:
        Ledger.open(f"postgresql://ana:secret@/ledger?host={tmp_path}")

    assert "secret" not in str(caught.value)


def test_a_port_that_nobody_listens_on_says_so() -> None:
    with pytest.raises(LedgerUnavailable, match="see that the server runs"):
        Ledger.open("postgresql://ana:secret@127.0.0.1:1/ledger")


def test_a_database_that_does_not_exist_says_so(postgres_server: str) -> None:
    with pytest.raises(LedgerUnavailable, match=r"database .* does not exist"):
        Ledger.open(postgres_server.replace("/postgres?", "/nowhere?"))


def test_a_server_that_became_read_only_says_so(postgres_url: str) -> None:
    with Ledger.open(postgres_url) as ledger:
        with psycopg.connect(
            postgres_url.replace("+psycopg", ""), autocommit=True
        ) as connection:
            name = sql.Identifier(connection.info.dbname)
            connection.execute(
                sql.SQL(
                    "ALTER DATABASE {} SET default_transaction_read_only = on"
                ).format(name)
            )
        ledger.engine.dispose()

        with pytest.raises(LedgerUnavailable, match=r"read-only.*primary"):
            Bench(ledger).claim(1)


def test_a_connection_that_the_server_ended_is_replaced(postgres_url: str) -> None:
    with Ledger.open(postgres_url) as ledger:
        bench = Bench(ledger)
        bench.claim(1)
        with psycopg.connect(
            postgres_url.replace("+psycopg", ""), autocommit=True
        ) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

        assert bench.claim(2)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (psycopg.errors.DiskFull, "no room left"),
        (psycopg.errors.TooManyConnections, "no connection left"),
        (psycopg.errors.LockNotAvailable, "locked"),
        (psycopg.errors.AdminShutdown, "stopping"),
        (psycopg.errors.InvalidPassword, "refuses this user"),
        (psycopg.errors.InsufficientPrivilege, "forbids"),
        (psycopg.errors.InvalidCatalogName, "does not exist"),
        (psycopg.errors.DataCorrupted, "damaged"),
        (psycopg.errors.OutOfMemory, "out of resources"),
    ],
)
def test_what_a_server_says_is_put_into_words(
    error: type[psycopg.Error], told: str
) -> None:
    found = explain(error("x"))

    assert found is not None
    assert told in found[0]


@pytest.mark.parametrize(
    "error",
    [psycopg.errors.UniqueViolation("x"), psycopg.errors.SyntaxError("x"), KeyError()],
    ids=["unique", "syntax", "python"],
)
def test_bugs_stay_bugs(error: BaseException) -> None:
    assert explain(error) is None


def test_a_deadlock_may_be_tried_again() -> None:
    error = psycopg.errors.DeadlockDetected("x")

    assert explain(error) is None
    assert is_repeatable(error)
    assert not is_repeatable(psycopg.errors.UniqueViolation("x"))
