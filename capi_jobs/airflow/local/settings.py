"""How a local Airflow is set: its environment variables, users and free ports.

What is started with them stands in server.py.
"""

import json
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# Airflow's roles, for one person of each kind who uses capi-jobs.
USERS = {"ana": "user", "dora": "user", "erik": "op", "vic": "viewer", "root": "admin"}
# Without this each would fork 32 workers, 5 GB; three destinations need no more.
PARALLELISM = 8
JWT_SECRET_BYTES = 64  # Airflow warns below 64 characters
# To be typed by hand, so without what looks alike; it opens this loopback only.
PASSWORD_LETTERS, PASSWORD_LENGTH = "abcdefghijkmnpqrstuvwxyz23456789", 10


@dataclass(frozen=True, slots=True)
class AirflowSettings:
    """What a local Airflow is made of. `home` keeps everything it writes."""

    home: Path
    dags: Path
    port: int = 0  # 0 takes a free one
    database: str | None = None  # SQLAlchemy URL; None is a SQLite file in home
    executor: str = "LocalExecutor"
    parallelism: int = PARALLELISM
    paused: bool = False  # whether new DAGs wait for someone to unpause them
    users: Mapping[str, str] = field(default_factory=lambda: dict(USERS))
    extra: Mapping[str, str] = field(default_factory=dict)  # further variables


@dataclass(frozen=True, slots=True)
class Prepared:
    """Settings worked out: where Airflow answers, who may log in, what it is told."""

    url: str
    passwords: Mapping[str, str]
    variables: Mapping[str, str]


def prepare(settings: AirflowSettings) -> Prepared:
    """Choose ports and passwords, and write the file of passwords."""
    settings.home.mkdir(parents=True, exist_ok=True)
    plugins = settings.home / "plugins"
    plugins.mkdir(exist_ok=True)
    (plugins / "warm.py").write_text(WARM, encoding="utf-8")
    port = settings.port or free_port()
    passwords = {name: _password() for name in settings.users}
    file = settings.home / "passwords.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(passwords), encoding="utf-8")
    url = f"http://127.0.0.1:{port}"
    database = settings.database or f"sqlite:///{settings.home / 'airflow.db'}"
    variables = {
        "AIRFLOW_HOME": str(settings.home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(settings.dags),
        "AIRFLOW__CORE__EXECUTOR": settings.executor,
        "AIRFLOW__CORE__PARALLELISM": str(settings.parallelism),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": str(settings.paused),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(
            f"{name}:{role}" for name, role in settings.users.items()
        ),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(file),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(JWT_SECRET_BYTES),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(JWT_SECRET_BYTES),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        **FIXED,
        **settings.extra,
    }
    return Prepared(url, passwords, variables)


def _password() -> str:
    return "".join(secrets.choice(PASSWORD_LETTERS) for _ in range(PASSWORD_LENGTH))


# The same for every local Airflow.
FIXED = {
    "AIRFLOW__CORE__AUTH_MANAGER": (
        "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
    ),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__API__HOST": "127.0.0.1",  # its default is the whole network
    "AIRFLOW__API__WORKERS": "1",
    "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",  # these logs are files
    # Seconds. A person who has just changed a file is waiting for it.
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
}
# Tasks are forked from the scheduler: what it has imported they need not. It spares
# each of them three seconds, which is most of what a small night takes.
WARM = """\
import logging
import sys

if "scheduler" in sys.argv:
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations
    import capi_jobs.jobs.steps
"""
# Ours would hide how Airflow runs elsewhere, or slow each start by seconds.
UNSET = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS")


def environment(inherited: Mapping[str, str], prepared: Prepared) -> dict[str, str]:
    """Add our variables to those of the shell, less what would lead astray."""
    kept = {
        name: value
        for name, value in inherited.items()
        if name not in UNSET and not name.startswith(("AIRFLOW_", "CAPI_JOBS_"))
    }
    return {**kept, **prepared.variables}


def free_port() -> int:
    """Find a port on loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
