"""A small shop's ledger in a SQLite file."""

from collections.abc import Iterator

import pytest

from capi_jobs.ledger import Ledger
from tests.report.building import Shop


@pytest.fixture
def shop(sqlite_url: str) -> Iterator[Shop]:
    with Ledger.open(sqlite_url) as opened:
        yield Shop(opened)
