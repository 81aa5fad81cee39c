"""A desk on an empty ledger of SQLite; `both` stands on each engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from capi_jobs.ledger import Ledger
from tests.delivery.building import Desk


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("delivery") / "empty.sqlite"
    Ledger.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def desk(empty_ledger: Path, tmp_path: Path) -> Iterator[Desk]:
    """Migrations are run once and copied: they cost more than most tests."""
    file = tmp_path / "ledger.sqlite"
    file.write_bytes(empty_ledger.read_bytes())
    with Ledger.open(f"sqlite:///{file}") as ledger:
        yield Desk(ledger)


@pytest.fixture
def both(database_url: str) -> Iterator[Desk]:
    """For what is essential: the same on SQLite and PostgreSQL."""
    with Ledger.open(database_url) as ledger:
        yield Desk(ledger)
