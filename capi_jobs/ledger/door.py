"""How the ledger is reached: engine, pragmas, transactions. No table is named here.

Errors are put into words by faults.py; the schema is brought up by migrate.py.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import wraps
from pathlib import Path
from threading import Lock
from time import monotonic
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Executable,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from capi_jobs.errors import ConfigFault, LedgerMissing, LedgerUnavailable
from capi_jobs.ledger import faults
from capi_jobs.ledger.columns import AnyRow, DecimalSum

# A move takes milliseconds; who waits longer than this waits for a stuck process.
LOCK_SECONDS_MAX = 30
# Threads beyond the pool's 15 connections wait for a move or two of the others, and
# each of those may wait for a lock.
POOL_SECONDS_MAX = 2 * LOCK_SECONDS_MAX
# A server in the same network answers in milliseconds.
CONNECT_SECONDS_MAX = 10
# A deadlock frees one of two at once; five in a row are something else.
ATTEMPTS_MAX = 5
# Steps of SQLite's machine between two looks at the clock: well under a millisecond.
_STEPS = 10_000
# Rows fetched at once by a stream: about a megabyte.
STREAM_ROWS = 5_000
# Advisory locks of PostgreSQL are bare numbers: these are "capi" and who they keep out.
LOCK_SCHEMA = 0x63617069_01
LOCK_KEYS = 0x63617069_02

P = ParamSpec("P")
T = TypeVar("T")
D = TypeVar("D", bound="Door")


class Door:
    """Holds the engine; what the ledger can do is mixed in, see __init__.py."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # SQLite's writers wait in sleeps of up to 0.1 s; our own threads take turns.
        self._turn = Lock() if self.is_sqlite else nullcontext()
        # Jobs may take their time; who waits in front of a page does not.
        self.read_seconds_max: float | None = None

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded ledger, which one process at a time writes."""
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def in_transaction(self, work: Callable[[Connection], T]) -> T:
        """Do `work` and commit; again, where the server chose us to end a deadlock."""
        for _ in range(ATTEMPTS_MAX):
            try:
                with self._turn, self._connected() as plain, plain.begin():
                    return work(plain)
            except DBAPIError as error:
                if not faults.is_repeatable(error.orig):
                    raise
        raise LedgerUnavailable(
            f"the ledger was in a deadlock {ATTEMPTS_MAX} times in a row",
            do="run again: nothing is sent twice",
        )

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Read without keeping writers out."""
        with self._connected() as plain:
            connection = plain.execution_options(reads_only=True)
            with connection.begin(), self._in_time(connection):
                yield connection

    @contextmanager
    def _in_time(self, connection: Connection) -> Iterator[None]:
        """Give up what takes longer than `read_seconds_max`: the database ends it."""
        seconds = self.read_seconds_max
        if seconds is None:
            yield
        elif not self.is_sqlite:
            # Until the transaction ends; a number is in milliseconds.
            limit = f"SET LOCAL statement_timeout = {round(seconds * 1000)}"
            connection.exec_driver_sql(limit)
            yield
        else:
            raw: Any = connection.connection.driver_connection
            until = monotonic() + seconds
            raw.set_progress_handler(lambda: monotonic() > until, _STEPS)
            try:
                yield
            finally:
                raw.set_progress_handler(None, 0)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            connection = self.engine.connect()
        except PoolTimeout:
            raise LedgerUnavailable(
                f"no connection to the ledger came free in {POOL_SECONDS_MAX} s",
                do="run again: nothing is sent twice",
            ) from None
        with connection:
            yield connection

    def stream(self, query_on: Callable[[Connection], Executable]) -> Iterator[AnyRow]:
        """Yield the rows of a query as they are asked for, in bounded memory."""
        with self.snapshot() as connection:
            options = {"stream_results": True, "yield_per": STREAM_ROWS}
            query = query_on(connection)
            with connection.execute(query, execution_options=options) as result:
                yield from result


def moving(
    method: Callable[Concatenate[D, Connection, P], T],
) -> Callable[Concatenate[D, P], T]:
    """Give a method its own transaction, committed before it returns."""

    @wraps(method)
    def wrapper(self: D, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.in_transaction(lambda c: method(self, c, *args, **kwargs))

    return wrapper


def reading(
    method: Callable[Concatenate[D, Connection, P], T],
) -> Callable[Concatenate[D, P], T]:
    """Give a method a connection that only reads."""

    @wraps(method)
    def wrapper(self: D, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self.snapshot() as connection:
            return method(self, connection, *args, **kwargs)

    return wrapper


def advisory_lock(connection: Connection, key: int, *, shared: bool = False) -> None:
    """Wait for the others until this transaction ends; SQLite has one writer anyway."""
    if connection.dialect.name == "sqlite":
        return
    lock = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
    connection.execute(select(lock(key)))


def engine_for(url: str, *, create: bool) -> Engine:
    """Return an engine whose errors are clear and whose transactions are ours."""
    target = _understood(url)
    if target.get_backend_name() == "sqlite":
        return _sqlite(target, create=create)
    return _postgres(target)


def _understood(url: str) -> URL:
    try:
        target = make_url(url.replace("postgres://", "postgresql://", 1))
    except ArgumentError:
        # The text may hold a password: it is not repeated.
        raise ConfigFault("[ledger] url cannot be read", do=_DO_URL) from None
    if target.drivername in {"postgresql", "postgresql+psycopg"}:
        return target.set(drivername="postgresql+psycopg")
    if target.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise ConfigFault(f"the ledger cannot live on {target.drivername}", do=_DO_URL)
    if target.database in {None, "", ":memory:"}:
        raise ConfigFault(
            "a ledger in memory would forget what was sent",
            do="name a file in [ledger] url",
        )
    return target


_DO_URL = "write [ledger] url as sqlite:///path/to/file or postgresql://user@host/name"


def _postgres(url: URL) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        # Each statement sees what was committed before it: claims rely on it.
        isolation_level="READ COMMITTED",
        pool_timeout=POOL_SECONDS_MAX,
        pool_pre_ping=True,  # servers restart between two batches
        connect_args={
            "connect_timeout": CONNECT_SECONDS_MAX,
            # A plan that is kept takes any list of ids for a short one, and compares
            # each row with each id: a page of holds took a hundred times as long.
            "prepare_threshold": None,
        },
    )
    event.listen(engine, "connect", _prepare_postgres)
    faults.install(engine)
    return engine


def _prepare_postgres(connection: Any, record: object) -> None:  # noqa: ANN401
    del record
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_SECONDS_MAX}s'")
        # A commit that a power cut can undo would let a batch be sent twice.
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false)"
            " WHERE current_setting('synchronous_commit') = 'off'"
        )
    connection.commit()


def _sqlite(url: URL, *, create: bool) -> Engine:
    _touch(Path(str(url.database)), create=create)
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_timeout=POOL_SECONDS_MAX,
        connect_args={"timeout": LOCK_SECONDS_MAX},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    faults.install(engine)
    return engine


def _touch(file: Path, *, create: bool) -> None:
    """Make the file for its owner alone; journal files take their mode from it."""
    try:
        if create:
            os.close(os.open(file, os.O_CREAT | os.O_RDONLY, 0o600))
        elif not file.exists():
            raise LedgerMissing(
                f"there is no ledger at {file}", do="the first run makes it"
            )
    except OSError as error:
        raise LedgerUnavailable(
            f"the ledger {file} cannot be opened ({error.strerror})",
            do="see that its folder exists and that this user may write there",
        ) from error


def _prepare_sqlite(connection: Any, record: object) -> None:  # noqa: ANN401
    del record
    connection.isolation_level = None  # we say BEGIN ourselves
    connection.create_aggregate("decimal_sum", 1, DecimalSum)
    connection.execute("PRAGMA foreign_keys = ON")
    # A commit survives a power cut: the intent must be on disk before the call.
    connection.execute("PRAGMA synchronous = FULL")
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        # Readers, such as a report, do not stop a run.
        connection.execute("PRAGMA journal_mode = WAL")


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once: who starts as reader may be refused later."""
    reads_only = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")
