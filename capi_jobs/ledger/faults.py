"""What a database says when it cannot serve, in words an operator can act on.

Every error of the ledger's engine passes through `translate`; nothing else catches.
"""

import sqlite3

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

from capi_jobs.errors import LedgerUnavailable

_AGAIN = "then run again: nothing is sent twice"

# By the first letters of SQLite's error name; the first that fits is taken.
_SQLITE = {
    "SQLITE_BUSY": ("is locked by another process", "end that process, or wait"),
    "SQLITE_LOCKED": ("is locked by another process", "end that process, or wait"),
    "SQLITE_READONLY": ("is read-only", "make file and folder writable for this user"),
    "SQLITE_INTERRUPT": ("gave up what took too long", "ask for less"),
    "SQLITE_FULL": ("has no room left on its disk", "free disk space"),
    "SQLITE_CANTOPEN": (
        "cannot be opened",
        "see that its folder exists and that this user may write there",
    ),
    "SQLITE_NOTADB": (
        "is not a database, or is damaged",
        "point [ledger] url at the right file, or restore it from a backup",
    ),
    "SQLITE_CORRUPT": ("is damaged", "restore the file from a backup"),
    "SQLITE_IOERR": ("cannot be read or written", "look at its disk"),
    "SQLITE_PERM": ("may not be opened", "make the file readable for this user"),
}

# By the first characters of PostgreSQL's error code; the first that fits is taken.
_POSTGRES = {
    "25006": ("is read-only", "point [ledger] url at the primary server"),
    "28": ("refuses this user", "mend user or password in [ledger] url"),
    "3D000": ("does not exist", "create the database named in [ledger] url"),
    "3F000": ("has no schema to write to", "create the schema, or set search_path"),
    "40": ("is too busy with the same rows", "wait a moment"),
    "42501": ("forbids it", "grant this user CREATE, SELECT, INSERT, UPDATE, DELETE"),
    "53100": ("has no room left on its disk", "free disk space on the server"),
    "53300": ("has no connection left", "raise max_connections, or run less at once"),
    "53": ("is out of resources", "look at the server's memory and disk"),
    "55P03": ("is locked by another session", "end that session, or wait"),
    "57014": (
        "gave up what took too long",
        "ask for less, or raise its statement_timeout",
    ),
    "57": ("is stopping or starting", "wait for the server"),
    "58": ("cannot be read or written", "look at the server's disk"),
    "XX": ("is damaged", "look at the server's log; restore from a backup"),
}
# Codes after which the whole transaction may simply be made again: deadlock, and
# could not serialise.
_REPEATABLE = ("40P01", "40001")


def install(engine: Engine) -> None:
    """Let every database error of this engine pass through `translate`."""
    event.listen(engine, "handle_error", translate)


def translate(context: ExceptionContext) -> None:
    """Raise LedgerUnavailable for what an operator can mend; leave bugs as they are."""
    if context.is_pre_ping:
        return  # the pool is about to connect anew; that one tells
    told = explain(context.original_exception)
    if told is not None:
        what, do = told
        raise LedgerUnavailable(f"the ledger {what}", do=f"{do}, {_AGAIN}")


def explain(error: BaseException) -> tuple[str, str] | None:
    """Return what happened and what to do; None where it is a bug, or repeatable."""
    if isinstance(error, sqlite3.Error):
        return _lookup(getattr(error, "sqlite_errorname", ""), _SQLITE)
    if isinstance(error, psycopg.Error):
        if error.sqlstate in _REPEATABLE:
            return None
        if error.sqlstate is None and isinstance(error, psycopg.OperationalError):
            return (
                f"cannot be reached ({_first_line(error)})",
                "see that the server runs and that [ledger] url names it",
            )
        return _lookup(error.sqlstate or "", _POSTGRES)
    return None


def is_repeatable(error: BaseException | None) -> bool:
    """Whether nothing was done and the same transaction may succeed at once."""
    return isinstance(error, psycopg.Error) and error.sqlstate in _REPEATABLE


def _lookup(code: str, table: dict[str, tuple[str, str]]) -> tuple[str, str] | None:
    return next((told for start, told in table.items() if code.startswith(start)), None)


def _first_line(error: BaseException) -> str:
    """Return the driver's own words; psycopg never shows the password in them."""
    return next(iter(str(error).splitlines()), type(error).__name__)
