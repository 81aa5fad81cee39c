"""Where a life keeps its orders and its books, and the ways in which that goes wrong.

SQLite: a file that is locked, or may not grow. PostgreSQL: a server of the lane's own,
cut off, restarted, read-only or out of disk. When and how often is in troubles.py.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import psutil
import psycopg
from psycopg import sql

from capi_jobs.airflow.local import postgres

COLUMNS = (
    "order_id completed_at status value currency email country channel page_url"
    " user_agent ip"
).split()
Rows = Sequence[dict[str, str]]
# Commits survive a crash of the server, which the servers of tests need not.
DURABLE = {"synchronous_commit": "on", "full_page_writes": "on"}
# What a server may write beyond: its log of changes is in files of 16 MB, so that it
# breaks down as one does whose disk is full.
DISK_BYTES = 256 * 1024

PRLIMIT = shutil.which("prlimit")  # of util-linux, so on every Linux


class Database(Protocol):
    """What a life asks of either engine."""

    kind: str
    warehouse: str
    ledger: str

    def add(self, rows: Rows) -> None:
        """Put orders into the warehouse."""

    def mend(self) -> None:
        """Be well again."""


class Sqlite:
    """Two files in the life's folder."""

    kind = "sqlite"
    warehouse, ledger = "sqlite:///shop.db", "sqlite:///ledger.db"

    def __init__(self, folder: Path) -> None:
        """Begin with an empty warehouse and no ledger."""
        self._shop, self._books = folder / "shop.db", folder / "ledger.db"
        self._lock: sqlite3.Connection | None = None
        with closing(sqlite3.connect(self._shop)) as db, db:
            db.execute(f"CREATE TABLE orders ({', '.join(COLUMNS)})")

    def add(self, rows: Rows) -> None:
        """Put orders into the warehouse."""
        marks = ", ".join(f":{name}" for name in COLUMNS)
        with closing(sqlite3.connect(self._shop)) as db, db:
            db.executemany(f"INSERT INTO orders VALUES ({marks})", rows)

    def bytes_of_books(self) -> int:
        """Say how large the ledger is."""
        return self._books.stat().st_size if self._books.exists() else 0

    def lock(self) -> bool:
        """Keep everybody from writing; whether that came about."""
        self._lock = sqlite3.connect(self._books, timeout=0, isolation_level=None)
        try:
            self._lock.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            self.mend()
            return False
        return True

    def mend(self) -> None:
        """Give way."""
        if self._lock:
            self._lock.close()
        self._lock = None


class Postgres:
    """A database of its own on the lane's server."""

    kind = "postgres"

    def __init__(self, server: str) -> None:
        """Begin with an empty warehouse and no ledger."""
        self._server, self._name = server, f"life_{uuid4().hex}"
        self._home = Path(server.partition("host=")[2])
        self._on_server(sql.SQL("CREATE DATABASE {}").format(self._identifier))
        self.ledger = self.warehouse = server.replace("/postgres?", f"/{self._name}?")
        columns = sql.SQL(",").join(
            sql.SQL("{} text").format(sql.Identifier(name)) for name in COLUMNS
        )
        with closing(psycopg.connect(self.warehouse)) as db, db:
            db.execute(sql.SQL("CREATE TABLE orders ({})").format(columns))

    def add(self, rows: Rows) -> None:
        """Put orders into the warehouse."""
        with closing(psycopg.connect(self.warehouse)) as db, db:
            values = [[row[name] for name in COLUMNS] for row in rows]
            marks = ", ".join(["%s"] * len(COLUMNS))
            db.cursor().executemany(f"INSERT INTO orders VALUES ({marks})", values)

    def cut(self) -> bool:
        """End every connection, in the midst of whatever it does; whether any was."""
        with suppress(psycopg.OperationalError):  # powered off, or broken down
            return bool(
                self._on_server(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    f" WHERE datname = '{self._name}'"
                )
            )
        return False

    def restart(self) -> None:
        """Power off, and on again."""
        postgres.stop(self._home)
        postgres.start(self._home)

    def turn_read_only(self) -> bool:
        """Take no changes any more, as a standby after a failover."""
        with suppress(psycopg.OperationalError):  # powered off, or broken down
            self._set("on")
            return True
        return False

    def fill_disk(self) -> bool:
        """Let no process of the server write beyond some bytes of a file."""
        if PRLIMIT is None:
            return False
        for process in self._processes():
            limit = ["--pid", str(process.pid), f"--fsize={DISK_BYTES}:"]
            subprocess.run(  # noqa: S603 - our own words
                [PRLIMIT, *limit],
                check=False,  # a connection may just have ended
                cwd="/",
                capture_output=True,
                # Who may limit a process is its owner.
                user=None if os.geteuid() else postgres.SERVER_USER,
            )
        return True

    def mend(self) -> None:
        """Have room, take changes, be there."""
        self.restart()
        self._set("off")

    def drop(self) -> None:
        """Leave nothing."""
        self._on_server(
            sql.SQL("DROP DATABASE {} WITH (FORCE)").format(self._identifier)
        )

    @property
    def _identifier(self) -> sql.Identifier:
        return sql.Identifier(self._name)

    def _set(self, read_only: str) -> None:
        self._on_server(f"ALTER SYSTEM SET default_transaction_read_only = {read_only}")
        self._on_server("SELECT pg_reload_conf()")

    def _on_server(self, statement: sql.Composed | str) -> int:
        with closing(psycopg.connect(self._server, autocommit=True)) as db:
            db.execute("SET default_transaction_read_only = off")
            return db.execute(
                statement.encode() if isinstance(statement, str) else statement
            ).rowcount

    def _processes(self) -> Iterator[psutil.Process]:
        with suppress(FileNotFoundError, psutil.NoSuchProcess):
            noted = (self._home / "data" / "postmaster.pid").read_text("utf-8")
            main = psutil.Process(int(noted.split()[0]))
            yield main
            yield from main.children()


@contextmanager
def server() -> Iterator[str]:
    """Give the URI of a server that this lane alone hurts."""
    with postgres.server(DURABLE) as uri:
        yield uri
