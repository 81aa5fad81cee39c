"""A local Airflow answers on loopback only, with secrets of its own each time."""

import json
import stat
from pathlib import Path

import pytest

from capi_jobs.airflow.local.settings import AirflowSettings, environment, prepare


@pytest.fixture
def settings(tmp_path: Path) -> AirflowSettings:
    return AirflowSettings(tmp_path / "home", tmp_path / "dags")


def test_nothing_listens_beyond_loopback(settings: AirflowSettings) -> None:
    prepared = prepare(settings)
    assert prepared.variables["AIRFLOW__API__HOST"] == "127.0.0.1"
    port = prepared.variables["AIRFLOW__API__PORT"]
    assert prepared.url == f"http://127.0.0.1:{port}"
    assert (
        prepared.variables["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]
        == f"{prepared.url}/execution/"
    )


def test_secrets_are_long_and_never_the_same(settings: AirflowSettings) -> None:
    name = "AIRFLOW__API_AUTH__JWT_SECRET"
    one, two = prepare(settings), prepare(settings)
    assert len(one.variables[name]) >= 64
    assert one.variables[name] != two.variables[name]
    assert set(one.passwords.values()).isdisjoint(two.passwords.values())


def test_passwords_lie_in_a_file_for_our_eyes_only(settings: AirflowSettings) -> None:
    prepared = prepare(settings)
    file = Path(prepared.variables["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    assert json.loads(file.read_text()) == prepared.passwords
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_shells_own_settings_do_not_reach_it(settings: AirflowSettings) -> None:
    shell = {
        "PATH": "/bin",
        "AIRFLOW__CORE__EXECUTOR": "KubernetesExecutor",
        "CAPI_JOBS_CONFIG": "/elsewhere.toml",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    told = environment(shell, prepare(settings))
    assert told["PATH"] == "/bin"
    assert told["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert "CAPI_JOBS_CONFIG" not in told
    assert "PYTHONDONTWRITEBYTECODE" not in told


def test_what_is_asked_for_wins(tmp_path: Path) -> None:
    settings = AirflowSettings(
        tmp_path,
        tmp_path,
        port=4711,
        database="postgresql://x",
        extra={"AIRFLOW__API__WORKERS": "2"},
    )
    prepared = prepare(settings)
    assert prepared.url == "http://127.0.0.1:4711"
    assert prepared.variables["AIRFLOW__API__WORKERS"] == "2"
    database = prepared.variables["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    assert database == "postgresql://x"
