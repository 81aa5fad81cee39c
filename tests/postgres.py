"""The PostgreSQL of one test session; airflow/local/postgres.py says how it is run.

The fixtures that hand out databases on it are in conftest.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
from psycopg import sql

from capi_jobs.airflow.local import postgres
from capi_jobs.airflow.local.postgres import PREFIX, remove_leftovers

__all__ = ["PREFIX", "as_sqlalchemy", "database", "remove_leftovers", "server"]


@contextmanager
def server() -> Iterator[str]:
    """Give the libpq URI of a new server's maintenance database."""
    # An odd zone, so that none is relied upon.
    with postgres.server({"timezone": "America/St_Johns"}) as uri:
        yield uri


@contextmanager
def database(server: str) -> Iterator[str]:
    """Give the libpq URI of a fresh, empty database on a server."""
    name = f"test_{uuid4().hex}"
    identifier = sql.Identifier(name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        yield server.replace("/postgres?", f"/{name}?")
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


def as_sqlalchemy(uri: str) -> str:
    """Write a libpq URI as SQLAlchemy writes it."""
    return uri.replace("postgresql://", "postgresql+psycopg://", 1)
