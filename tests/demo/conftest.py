"""One demo shop of full size, made once for every test that only reads it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from capi_jobs.demo.shop import Shop, make_shop

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("demo") / "shop.db", now=NOW)


@pytest.fixture
def warehouse(shop: Shop) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(shop.path)) as connection:
        yield connection


@pytest.fixture
def small_path(tmp_path: Path) -> Path:
    return tmp_path / "small.db"
