"""A migrated, empty ledger of each engine."""

from collections.abc import Iterator

import pytest

from capi_jobs.ledger import Ledger
from tests.ledger.building import Bench


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with Ledger.open(database_url) as opened:
        yield opened


@pytest.fixture
def bench(ledger: Ledger) -> Bench:
    return Bench(ledger)
