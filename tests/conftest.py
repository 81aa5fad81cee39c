"""Databases for tests, and the house rules that hold for every test.

The PostgreSQL server itself is in postgres.py.
"""

import ipaddress
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import postgres

# The machine's zone and the developer's settings must not matter to any test.
os.environ["TZ"] = "Asia/Kathmandu"
time.tzset()
for _name in [one for one in os.environ if one.startswith(("CAPI_JOBS_", "OTEL_"))]:
    del os.environ[_name]

# Steady: the same examples each time, however slow the machine. To look further:
# pytest --hypothesis-profile=explore
settings.register_profile("explore", deadline=None, max_examples=5_000)
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


def _refuse_foreign_hosts(event: str, arguments: tuple[object, ...]) -> None:
    """Keep every test on this machine: loopback and sockets in files."""
    if event != "socket.connect":
        return
    address = arguments[1]
    if not isinstance(address, tuple):
        return
    host = str(address[0])
    if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
        message = f"A test reached for {host}; tests talk to loopback only"
        raise RuntimeError(message)


sys.addaudithook(_refuse_foreign_hosts)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-goldens",
        action="store_true",
        help="write expected files that are missing; never overwrite one",
    )


# What takes longest, the longest first, so that none of it is begun last; folders and
# files stay together, for they share what is made once. Times: pytest --durations=40
LONGEST = (
    *("tests/e2e", "tests/compose/e2e", "tests/acceptance/test_kill.py"),
    *("tests/acceptance", "tests/chaos", "tests/test_crash.py", "tests/benchmarks"),
    *("tests/docs/test_readme.py", "tests/docs", "tests/reconcile", "tests/audit"),
    *("tests/jobs", "tests/cli", "tests/dags", "tests/test_preparation.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        found = (n for n, one in enumerate(LONGEST) if item.nodeid.startswith(one))
        return next(found, len(LONGEST))

    items.sort(key=place)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with the expected file of a test; `make goldens` writes it."""

    def compare(expected: Path, actual: str) -> None:
        if request.config.getoption("--write-goldens") and not expected.exists():
            expected.parent.mkdir(parents=True, exist_ok=True)
            expected.write_text(actual, encoding="utf-8")
        assert expected.exists(), f"{expected.name} is missing: run `make goldens`"
        assert expected.read_text(encoding="utf-8") == actual

    return compare


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The libpq URI of a server where tests may create databases."""
    with postgres.server() as uri:
        yield uri


@pytest.fixture
def postgres_uri(postgres_server: str) -> Iterator[str]:
    """The libpq URI of a fresh, empty database (what ADBC and psycopg take)."""
    with postgres.database(postgres_server) as uri:
        yield uri


@pytest.fixture
def postgres_url(postgres_uri: str) -> str:
    """The same fresh database as postgres_uri, as SQLAlchemy writes it."""
    return postgres.as_sqlalchemy(postgres_uri)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'test.sqlite'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """One empty database of each engine: a test that asks for it runs on both."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
