from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event

import pytest
from sqlalchemy import Connection, text

from capi_jobs.errors import ConfigFault, LedgerUnavailable
from capi_jobs.ledger import Ledger, door
from capi_jobs.ledger.journal import locked_batch
from capi_jobs.ledger.values import HoldEnd
from tests.ledger.building import NOON, Bench, entries

# A busy machine; it takes a second, PostgreSQL's patience with a deadlock.
PATIENCE_SECONDS = 60


@pytest.mark.parametrize(
    ("url", "told"),
    [
        pytest.param("not a url", "cannot be read", id="no url"),
        pytest.param("mysql://u:secret@h/db", "cannot live on mysql", id="engine"),
        pytest.param("postgresql+psycopg2://h/db", "psycopg2", id="driver"),
        pytest.param("sqlite://", "forget", id="in memory"),
        pytest.param("sqlite:///:memory:", "forget", id="in memory by name"),
    ],
)
def test_a_url_that_cannot_be_a_ledger_is_refused(url: str, told: str) -> None:
    with pytest.raises(ConfigFault, match=told) as caught:
        Ledger.open(url)

    assert "secret" not in str(caught.value)


def test_a_commit_survives_a_power_cut(ledger: Ledger) -> None:
    """Whatever the server's settings: the intent must be on disk before the call."""
    setting = "PRAGMA synchronous" if ledger.is_sqlite else "SHOW synchronous_commit"

    with ledger.snapshot() as connection:
        found = connection.execute(text(setting)).scalar_one()

    assert found in {2, "on"}  # 2 is FULL


def test_foreign_keys_hold(ledger: Ledger) -> None:
    bench = Bench(ledger)
    bench.claim(1)

    with pytest.raises(Exception, match=r"(?i)foreign key"):
        ledger.in_transaction(
            lambda connection: connection.execute(text("DELETE FROM ledger_batches"))
        )


def test_a_reader_does_not_stop_a_writer(ledger: Ledger) -> None:
    bench = Bench(ledger)
    bench.claim(1)

    with ledger.snapshot() as connection:
        connection.execute(text("SELECT count(*) FROM ledger_entries")).scalar_one()
        assert bench.claim(2)


def test_a_failed_move_leaves_nothing(ledger: Ledger) -> None:
    bench = Bench(ledger)

    def torn(connection: Connection) -> None:
        del connection
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ledger.in_transaction(torn)
    assert bench.claim(1)


def test_a_deadlock_is_tried_again(postgres_url: str) -> None:
    """Two workers that take the same rows in opposite order both get there."""
    together, other_is_through = Barrier(2, timeout=PATIENCE_SECONDS), Event()
    tries = []

    def lock(ledger: Ledger, order: list[str]) -> None:
        met = Event()

        def work(connection: Connection) -> None:
            tries.append(order)
            if met.is_set():
                # Who lost may be faster to its row than who is woken: it waits.
                assert other_is_through.wait(PATIENCE_SECONDS)
            locked_batch(connection, order[0])
            if not met.is_set():
                met.set()
                together.wait()
            locked_batch(connection, order[1])

        ledger.in_transaction(work)
        other_is_through.set()

    with Ledger.open(postgres_url) as ledger, ThreadPoolExecutor(2) as workers:
        bench = Bench(ledger)
        ids = [bench.claim(number).batch_id for number in (1, 2)]
        list(workers.map(lambda order: lock(ledger, order), (ids, ids[::-1])))

    assert len(tries) == 3


def test_no_plan_is_kept_for_lists_of_another_length(postgres_url: str) -> None:
    """From the sixth page on each hold was compared with each id: quadratic."""
    asked = text("SELECT count(*) FROM pg_prepared_statements")
    with Ledger.open(postgres_url) as ledger:
        for page in range(20):
            ids = [f"{page}-{number}" for number in range(100)]
            ledger.end_holds("meta", ids, HoldEnd.MENDED, now=NOON)
        with ledger.snapshot() as connection:
            assert connection.execute(asked).scalar_one() == 0


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match=r"nowhere/x.*its folder exists"):
        Ledger.open(f"sqlite:///{tmp_path}/nowhere/x.sqlite")


def test_a_ledger_serves_many_threads(ledger: Ledger) -> None:
    bench = Bench(ledger)

    def claim(number: int) -> int:
        return len(bench.claim_these(entries(number)).entries)

    with ThreadPoolExecutor(16) as workers:
        assert sum(workers.map(claim, range(64))) == 64
    assert ledger.sweep(bench.now + timedelta(hours=1), actor="x").entries == {
        "meta": 64
    }


def test_a_ledger_without_a_free_connection_says_so(
    ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "POOL_SECONDS_MAX", 0.05)
    with Ledger.open(ledger_url) as ledger, ExitStack() as readers:
        for _ in range(15):  # what SQLAlchemy's pool holds
            readers.enter_context(ledger.snapshot())

        with pytest.raises(LedgerUnavailable, match="no connection"):
            Bench(ledger).claim(1)


def test_a_reader_in_a_hurry_gives_up_and_the_next_one_does_not(
    ledger: Ledger,
) -> None:
    count = text(
        "WITH RECURSIVE n(i) AS"
        " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :last)"
        " SELECT count(*) FROM n"
    )
    ledger.read_seconds_max = 0.05
    with (
        pytest.raises(LedgerUnavailable, match=r"took too long.*ask for less"),
        ledger.snapshot() as connection,
    ):
        connection.execute(count, {"last": 20_000_000})

    ledger.read_seconds_max = None
    with ledger.snapshot() as connection:
        assert connection.execute(count, {"last": 200_000}).scalar_one() == 200_000
