"""One Airflow on this machine: its database, its four parts, and their end.

Settings are in settings.py, processes in processes.py. The shop that make airflow
shows is in demo.py. Airflow itself is never imported here, only started.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from capi_jobs.airflow.local.api import AirflowApi, health
from capi_jobs.airflow.local.processes import LOOK_SECONDS, Processes, remove_leftovers
from capi_jobs.airflow.local.settings import (
    AirflowSettings,
    Prepared,
    environment,
    prepare,
)
from capi_jobs.errors import CapiJobsError


class Part(NamedTuple):
    """The command that runs a part, and the name under which it tells its health."""

    words: tuple[str, ...]
    health: str


PARTS = {
    "api-server": Part(("api-server",), "metadatabase"),
    # Their servers of logs would listen to the whole network; here logs are files.
    "scheduler": Part(("scheduler", "--skip-serve-logs"), "scheduler"),
    "triggerer": Part(("triggerer", "--skip-serve-logs"), "triggerer"),
    "dag-processor": Part(("dag-processor",), "dag_processor"),
}
LOGS = "processes"  # folder in home: what each part says
# Takes 8 s on two idle cores; more than 120 were seen where others worked.
START_SECONDS_MAX = 300


def silent(_: str) -> None:
    """Say nothing of the progress."""


class LocalAirflow:
    """An Airflow that is being started, runs, or has been stopped."""

    def __init__(
        self, settings: AirflowSettings, say: Callable[[str], None] = silent
    ) -> None:
        self.settings = settings
        self.prepared: Prepared = prepare(settings)
        self.say = say
        logs = settings.home / LOGS
        logs.mkdir(exist_ok=True)
        remove_leftovers(logs)
        variables = environment(os.environ, self.prepared)
        self.processes = Processes(logs, variables)

    @property
    def url(self) -> str:
        return self.prepared.url

    def command(self, *words: str) -> list[str]:
        """The words that start one of Airflow's commands."""
        return [sys.executable, "-m", "airflow", *words]

    def begin_migration(self) -> None:
        """Start to make the database; `start` waits for it."""
        self.processes.start("migrate", self.command("db", "migrate"))

    def start(self, *parts: str) -> None:
        """Start these parts, or all four; wait until they say they are healthy."""
        chosen = parts or tuple(PARTS)
        if "migrate" in self.processes.running:
            self.say("Airflow's database …")
            self.processes.finish("migrate", START_SECONDS_MAX)
        self.say(f"{', '.join(chosen)} …")
        for part in chosen:
            self.processes.start(part, self.command(*PARTS[part].words))
        self.await_(lambda: self.healthy(*chosen), f"{', '.join(chosen)} to be healthy")

    def healthy(self, *parts: str) -> bool:
        """Whether these parts answer; an old heartbeat counts until it ages."""
        told = health(self.url)
        return all(told.get(PARTS[part].health) == "healthy" for part in parts or PARTS)

    def await_(
        self,
        reached: Callable[[], bool],
        what: str,
        seconds_max: float = START_SECONDS_MAX,
    ) -> None:
        """Wait for it, as long as all parts run."""
        until = time.monotonic() + seconds_max
        while not reached():
            self.processes.check()
            if time.monotonic() > until:
                raise CapiJobsError(
                    f"waited {seconds_max:.0f} s for {what}",
                    do=f"see the logs in {self.processes.logs}",
                )
            time.sleep(LOOK_SECONDS)

    def api(self, user: str) -> AirflowApi:
        """Log in as one of the users."""
        return AirflowApi(self.url, user, self.prepared.passwords[user])

    def stop(self, *parts: str) -> None:
        """Stop these parts, or everything; nothing of them is left running."""
        self.processes.stop(*parts)


@contextmanager
def running(
    settings: AirflowSettings, say: Callable[[str], None] = silent
) -> Iterator[LocalAirflow]:
    """Run an Airflow with all its parts while the block runs."""
    airflow = LocalAirflow(settings, say)
    try:
        airflow.begin_migration()
        airflow.start()
        yield airflow
    finally:
        airflow.stop()


def project_dags() -> Path:
    """The DAGs that lie beside the package in a checkout."""
    return Path(__file__).resolve().parents[3] / "dags"
