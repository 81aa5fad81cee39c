"""What is told of a destination's day: the right event, words that name nobody."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from airflow.sdk.exceptions import AirflowException

from capi_jobs.airflow.telling import Ended, EndedBadly, tell_failed
from capi_jobs.errors import LedgerUnavailable
from capi_jobs.ledger.values import RunStatus
from tests.airflow import receiving
from tests.airflow.conftest import Connect


def _ended(status: RunStatus, *failed: str, closes: bool = True) -> Ended:
    closed: Any = SimpleNamespace(
        status=status, closes=closes, note="", reason="because Ada asked", in_doubt=0
    )
    return Ended("meta", cast("Any", closed), "/link", frozenset(failed))


@pytest.mark.parametrize(
    ("ended", "event"),
    [
        pytest.param(_ended(RunStatus.FAILED, "deliver"), "failed", id="failed"),
        pytest.param(_ended(RunStatus.INTERRUPTED), "failed", id="broke off"),
        pytest.param(_ended(RunStatus.RUNNING, "deliver"), "failed", id="killed"),
        pytest.param(_ended(RunStatus.WAITING), "needs_approval", id="grew"),
        # Whoever held it knows; nobody answering is told when it happens.
        pytest.param(_ended(RunStatus.HELD, "approve"), None, id="held"),
        pytest.param(
            _ended(RunStatus.FAILED, "deliver", "CredentialRefused"),
            "token_refused",
            id="token",
        ),
        # Green from the time before, but a cleared task failed since.
        pytest.param(_ended(RunStatus.DONE, "assess"), "failed", id="cleared"),
        pytest.param(_ended(RunStatus.DONE, closes=False), "failed", id="open"),
    ],
)
def test_whatever_is_not_well_is_red_and_says_what_to_do(
    ended: Ended, event: str | None
) -> None:
    error = ended.error()

    assert ended.wrong
    assert error.event == event
    assert str(error).startswith("meta: ")
    assert "→" in str(error)
    assert "Ada" not in str(error)


def test_a_good_day_is_green() -> None:
    assert not _ended(RunStatus.DONE).wrong


@pytest.mark.parametrize(
    ("error", "event", "said"),
    [
        pytest.param(LedgerUnavailable("away"), "failed", "away", id="our error"),
        pytest.param(AirflowException("stopped"), "failed", "stopped", id="our words"),
        pytest.param(
            EndedBadly("refused", "token_refused", ""), "token_refused", "refused"
        ),
        # A library's words may hold a row.
        pytest.param(ValueError("ada@shop.example"), "failed", "ValueError", id="bug"),
        pytest.param(None, "failed", "It was killed.", id="killed"),
    ],
)
def test_who_is_told_of_a_failure_reads_our_words_only(
    tmp_path: Path,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception | None,
    event: str,
    said: str,
) -> None:
    task = SimpleNamespace(dag_id="dag", task_id="send", log_url="http://logs")
    run = SimpleNamespace(run_id="r-1")
    with receiving.http() as heard:
        hook = connect(conn_type="http", host=f"http://127.0.0.1:{heard.port}")
        config = tmp_path / "capi_jobs.toml"
        config.write_text(TOLD.format(hook=hook))
        monkeypatch.setenv("CAPI_JOBS_CONFIG", str(config))

        tell_failed({"exception": error, "ti": task, "dag_run": run})

    assert heard.bodies == [
        {
            "event": event,
            "subject": "dag: send failed",
            "body": f"{said}\nRun r-1",
            "link": "http://logs",
        }
    ]


TOLD = """
warehouse = "sqlite:///shop.db"

[orders]
relation = "orders"

[[destinations]]
name = "m"
platform = "meta"
account = "1"
token = "env:T"

[[airflow.notifications]]
kind = "webhook"
connection = "{hook}"
"""
