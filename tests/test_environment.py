"""What the other tests stand on: databases, the network guard, a clean tree."""

import importlib.metadata
import os
import re
import socket
import subprocess
import tempfile
import tomllib
from pathlib import Path

import adbc_driver_postgresql.dbapi
import pytest
import sqlalchemy

from tests import postgres

ROOT = Path(__file__).parents[1]


def _tracked_files() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - git is wherever it is
        check=True,
        capture_output=True,
        cwd=ROOT,
        text=True,
    )
    return [ROOT / name for name in done.stdout.split("\0") if name]


def _tables(url: str) -> list[str]:
    engine = sqlalchemy.create_engine(url)
    names = sqlalchemy.inspect(engine).get_table_names()
    engine.dispose()
    return names


def _make_table(url: str) -> None:
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE left_behind (id integer)"))
    engine.dispose()


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_gets_an_empty_database(database_url: str, turn: int) -> None:
    assert _tables(database_url) == []
    _make_table(database_url)
    assert _tables(database_url) == ["left_behind"]


def test_adbc_reads_the_database_that_sqlalchemy_wrote(
    postgres_url: str, postgres_uri: str
) -> None:
    _make_table(postgres_url)
    with (
        adbc_driver_postgresql.dbapi.connect(postgres_uri) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT count(*) FROM left_behind")
        assert cursor.fetchone() == (0,)


def test_servers_of_killed_sessions_are_removed() -> None:
    pid_of_nobody = 2**22 + 1  # beyond the largest that Linux gives
    killed = Path(tempfile.mkdtemp(prefix=f"{postgres.PREFIX}{pid_of_nobody}-"))
    alive = Path(tempfile.mkdtemp(prefix=f"{postgres.PREFIX}{os.getpid()}-"))
    postgres.remove_leftovers()
    found = {home for home in (killed, alive) if home.exists()}
    alive.rmdir()
    assert found == {alive}


def test_tests_cannot_leave_the_machine() -> None:
    with socket.socket() as client, pytest.raises(RuntimeError, match="loopback only"):
        client.connect(("192.0.2.1", 9))  # RFC 5737: an address for documentation


# A name, one exact version, perhaps for which systems, and its hashes.
PIN = re.compile(
    r"([a-z0-9-]+==[\w.]+)(?: ; [^:/]+?)?((?: --hash=sha256:[0-9a-f]{64})+) *"
)


def _pins(lock: str) -> dict[str, list[str]]:
    """Read the hashes of each version; nothing else may be there: no URL, no index."""
    text = re.sub(r" *\\\n *| *#.*", " ", (ROOT / lock).read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line.strip()]
    assert [line for line in lines if not PIN.fullmatch(line)] == []
    return {pin[1]: sorted(pin[2].split()) for pin in map(PIN.fullmatch, lines) if pin}


def test_every_dependency_is_locked_with_a_hash_and_without_a_host() -> None:
    locked = {pin.partition("==")[0] for pin in _pins("requirements.lock")}
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [
        pyproject["project"]["dependencies"],
        *pyproject["project"]["optional-dependencies"].values(),
        *pyproject["dependency-groups"].values(),
    ]
    asked = {re.split(r"[\[><=;]", each)[0] for group in groups for each in group}
    assert sorted(asked - locked) == []


def test_the_image_holds_what_the_tests_ran_with_and_no_tools() -> None:
    whole, image = _pins("requirements.lock"), _pins("requirements-airflow.lock")
    assert {pin: whole.get(pin) for pin in image} == image
    names = {pin.partition("==")[0] for pin in image}
    assert {"pytest", "ruff", "uv"} & names == set()


def test_the_installed_versions_are_the_locked_ones() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^(\S+)==(\S+)", lock, re.MULTILINE))
    names = ["duckdb", "httpx", "pandas", "sqlalchemy"]
    installed = {name: importlib.metadata.version(name) for name in names}
    assert installed == {name: locked[name] for name in names}


def test_the_tree_names_no_workplace() -> None:
    """Paths and hosts of the machine it was written on mean nothing elsewhere."""
    # Put together here, so that this file does not match itself.
    hosts = (("python", "hosted.org"), ("pypi", ".org/simple"), ("registry.", "npmjs"))
    # A short path, such as /src, may stand in a text for another reason.
    here = [f"{path}/" for path in (ROOT, Path.home()) if len(path.parts) > 2]
    marks = [*here, *map("".join, hosts)]
    found = [
        f"{path.relative_to(ROOT)}: {mark}"
        for path in _tracked_files()
        if path.is_file()
        for mark in marks
        if mark in path.read_text(encoding="utf-8", errors="replace")
    ]
    assert found == []
