"""Airflow is imported by these tests: its home comes first."""

import json
from collections.abc import Callable
from uuid import uuid4

import pytest

from tests import airflow_home as _airflow_home  # noqa: F401 - sets the environment

Connect = Callable[..., str]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Let Airflow's environment backend know a connection; return its id."""

    def known(**fields: object) -> str:
        # An id of its own: Airflow keeps what it has read.
        name = f"c_{uuid4().hex}"
        text = str(fields["uri"]) if "uri" in fields else json.dumps(fields)
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", text)
        return name

    return known
