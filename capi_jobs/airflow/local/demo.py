"""What `make airflow` shows: the demo shop, the sandbox, and an Airflow that works it.

The shop is made in capi_jobs/demo, Airflow is run by server.py; the command itself
stands in __main__.py.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from sys import executable
from typing import Literal, NamedTuple

from capi_jobs.airflow.local import postgres
from capi_jobs.airflow.local.api import AirflowApi
from capi_jobs.airflow.local.processes import remove_leftovers
from capi_jobs.airflow.local.server import LOGS, LocalAirflow, project_dags
from capi_jobs.airflow.local.settings import AirflowSettings, free_port
from capi_jobs.demo.config import TOKEN, TOKEN_VARIABLE, demo_config
from capi_jobs.demo.folder import fresh_folder
from capi_jobs.demo.shop import make_shop
from capi_jobs.errors import CapiJobsError

Database = Literal["auto", "sqlite", "postgres"]
DAGS_FOLDER = project_dags()
DAGS = ("capi_nightly", "capi_reupload", "capi_verify")
# The sandbox takes what begins with `sandbox`; the token comes out of Airflow.
CONNECTION = {
    "connection_id": "capi_sandbox",
    "conn_type": "capi_jobs",
    "password": TOKEN,
    "description": "Token of all three destinations; the sandbox takes it",
}
SCHEDULING = """
[airflow]
data_owners = ["dora"]
# Someone is watching: what passes is tried again at once.
retries = 2
retry_delay = "5s"
"""


@dataclass(frozen=True, slots=True)
class DemoAirflow:
    """The demo as asked for on the command line."""

    folder: Path
    orders: int
    port: int = 0
    database: Database = "auto"
    dags: Path = DAGS_FOLDER


class Running(NamedTuple):
    """What the demo started."""

    airflow: LocalAirflow
    sandbox: str  # URL


@contextmanager
def shown(
    demo: DemoAirflow, now: datetime, say: Callable[[str], None]
) -> Iterator[Running]:
    """Run all of it while the block runs; the nightly run that was due has begun."""
    if not demo.dags.is_dir():
        raise CapiJobsError(
            f"there are no DAGs in {demo.dags}", do="run it in a checkout"
        )
    folder = demo.folder.resolve()
    home = folder / "airflow"
    remove_leftovers(home / LOGS)
    fresh_folder(folder)
    with ExitStack() as stack:
        settings = AirflowSettings(
            home,
            demo.dags,
            port=demo.port,
            database=_database(demo.database, stack, say),
            extra={"CAPI_JOBS_CONFIG": str(folder / "capi_jobs.toml")} | OPEN,
        )
        airflow = LocalAirflow(settings, say)
        stack.callback(airflow.stop)
        airflow.begin_migration()
        port = free_port()
        _shop(airflow, folder, demo.orders, now, port)
        airflow.start()
        _begin(airflow)
        yield Running(airflow, f"http://127.0.0.1:{port}")


# The form of a connection can test it; only where everybody may do everything.
OPEN = {"AIRFLOW__CORE__TEST_CONNECTION": "Enabled"}


def _database(
    asked: Database, stack: ExitStack, say: Callable[[str], None]
) -> str | None:
    """A URL of PostgreSQL where it is asked for, or installed; None is SQLite."""
    if asked == "sqlite" or (asked == "auto" and not postgres.is_installed()):
        return None
    say("PostgreSQL …")
    uri = stack.enter_context(postgres.server())
    return uri.replace("postgresql://", "postgresql+psycopg://", 1)


def _shop(
    airflow: LocalAirflow, folder: Path, orders: int, now: datetime, port: int
) -> None:
    """Make the shop and its configuration, and start the sandbox it is aimed at."""
    sandbox = [executable, "-m", "capi_jobs", "sandbox", "--port", str(port)]
    airflow.processes.start("sandbox", sandbox)
    airflow.say(f"a shop with {orders:,} orders over ten days …")
    make_shop(folder / "shop.db", now=now, orders=orders)
    text = demo_config(folder, port)
    token = f"airflow:{CONNECTION['connection_id']}"
    text = text.replace(f"env:{TOKEN_VARIABLE}", token)
    (folder / "capi_jobs.toml").write_text(text + SCHEDULING, encoding="utf-8")
    airflow.await_(lambda: _answers(port), "the sandbox")


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _begin(airflow: LocalAirflow) -> None:
    """Give Airflow the token, and wait until it has read the DAGs.

    It starts the nightly run that was due last by itself.
    """
    root = airflow.api("root")
    root.post("connections", CONNECTION)
    airflow.say("the DAGs …")
    airflow.await_(lambda: _all_read(root), "the DAGs")


def _all_read(root: AirflowApi) -> bool:
    """Whether all DAGs are there; one that cannot be read is told at once."""
    for error in root.get("importErrors")["import_errors"]:
        raise CapiJobsError(f"{error['filename']}: {error['stack_trace']}")
    known = {dag["dag_id"] for dag in root.get("dags")["dags"]}
    return known.issuperset(DAGS)
