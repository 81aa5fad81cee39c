"""A migrated, empty ledger of each engine.

One PostgreSQL database serves all tests here and is emptied between them: to make one
costs more than most tests. What migrations do is tested on fresh ones.
"""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from capi_jobs.ledger import Ledger
from capi_jobs.ledger.counts import miscounted
from capi_jobs.ledger.schema import METADATA
from tests.ledger.building import Bench

DATABASE = "ledger_tests"


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> Iterator[str]:
    name = sql.Identifier(DATABASE)
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        uri = postgres_server.replace("/postgres?", f"/{DATABASE}?")
        Ledger.open(uri).close()
        yield uri
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ledger") / "empty.sqlite"
    Ledger.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture(params=["sqlite", "postgres"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """One migrated, empty ledger of each engine."""
    if request.param == "sqlite":
        file = tmp_path / "ledger.sqlite"
        template: Path = request.getfixturevalue("migrated_sqlite")
        file.write_bytes(template.read_bytes())
        return f"sqlite:///{file}"
    uri: str = request.getfixturevalue("migrated_postgres")
    # TRUNCATE makes new files, which costs ten times as much for a few rows.
    tables = [sql.Identifier(table.name) for table in reversed(METADATA.sorted_tables)]
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(
            sql.SQL(";").join(sql.SQL("DELETE FROM {}").format(each) for each in tables)
        )
    return uri


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """Whatever a test does with it, the counts are those of the entries."""
    with Ledger.open(ledger_url) as opened:
        yield opened
        with opened.snapshot() as connection:
            assert miscounted(connection) == []


@pytest.fixture
def bench(ledger: Ledger) -> Bench:
    return Bench(ledger)
