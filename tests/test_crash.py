"""Whatever befalls it: nothing is counted twice, and the ledger tells the truth.

Each life is random but told by its number; what befalls it stands in crashing.py. More
of them: `CRASH_RUNS=2000 pytest tests/test_crash.py`.
"""

import gc
import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from capi_jobs.ledger import Ledger
from capi_jobs.ledger.schema import METADATA
from capi_jobs.lifecycle import Status
from tests.crashing import Life

# A life takes a quarter of a second.
LIVES = int(os.environ.get("CRASH_RUNS", "40"))
LIVES_POSTGRES = max(1, LIVES // 4)

_NOT_COUNTED = {None, Status.REJECTED}
_OPEN = {Status.IN_FLIGHT, Status.RESENDING}


@pytest.fixture(scope="module")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("crash") / "empty.sqlite"
    Ledger.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def fresh_sqlite(empty_ledger: Path, tmp_path: Path) -> Callable[[int], str]:
    def fresh(seed: int) -> str:
        file = tmp_path / f"{seed}.sqlite"
        file.write_bytes(empty_ledger.read_bytes())
        return f"sqlite:///{file}"

    return fresh


@pytest.fixture
def fresh_postgres(postgres_uri: str) -> Callable[[int], str]:
    Ledger.open(postgres_uri).close()
    tables = [sql.Identifier(table.name) for table in reversed(METADATA.sorted_tables)]

    def fresh(seed: int) -> str:
        delete = [sql.SQL("DELETE FROM {}").format(table) for table in tables]
        with psycopg.connect(postgres_uri, autocommit=True) as connection:
            connection.execute(sql.SQL(";").join(delete))
        return postgres_uri

    return fresh


def look(life: Life, moment: str) -> None:
    """What must always be true."""
    counted = life.platform.counted_once()
    for event_id, status in life.statuses().items():
        told = f"life {life.seed}, {moment}: {event_id} is {status or 'missing'}"
        if status is Status.DELIVERED:
            assert event_id in counted, f"{told}, but was not counted"
        if status in _NOT_COUNTED:
            assert event_id not in counted, f"{told}, but was counted"


def look_at_rest(life: Life) -> None:
    """What must be true when nothing goes wrong any more and every lease is over."""
    statuses = life.statuses()
    stuck = {e: s for e, s in statuses.items() if s in _OPEN}
    assert stuck == {}, f"life {life.seed}: still awaited"
    owed = {e for e in life.young() - set(life.platform.bad) if statuses[e] is None}
    assert set() == owed, f"life {life.seed}: never sent"


def live(seed: int, url: str) -> None:
    life = Life(seed, url)
    for moment in life.live():
        look(life, moment)
    look_at_rest(life)


def test_no_life_counts_twice_or_lies_on_sqlite(
    fresh_sqlite: Callable[[int], str],
) -> None:
    for seed in range(LIVES):
        live(seed, fresh_sqlite(seed))


# Who dies closes no connection.
@pytest.mark.filterwarnings("ignore:.*deleted while still open:ResourceWarning")
def test_no_life_counts_twice_or_lies_on_postgres(
    fresh_postgres: Callable[[int], str],
) -> None:
    for seed in range(LIVES_POSTGRES):
        live(seed, fresh_postgres(seed))
    gc.collect()
