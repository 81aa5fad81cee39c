"""The PostgreSQL of one test session; airflow/local/postgres.py says how it is run.

The fixtures that hand out databases on it are in conftest.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from capi_jobs.airflow.local import postgres
from capi_jobs.airflow.local.postgres import PREFIX, remove_leftovers

__all__ = ["PREFIX", "remove_leftovers", "server"]


@contextmanager
def server() -> Iterator[str]:
    """Give the libpq URI of a new server's maintenance database."""
    # An odd zone, so that none is relied upon.
    with postgres.server({"timezone": "America/St_Johns"}) as uri:
        yield uri
