"""The plugin (entry point `airflow.plugins`): pools, and our pages in Airflow's UI.

Every process of Airflow loads this file, also each task's: nothing heavy is imported
here. The pages are `pages.py`, the pools `pools.py`.
"""

from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

from capi_jobs.airflow.links import MOUNTED_AT, base_url
from capi_jobs.airflow.pools import make_pools
from capi_jobs.airflow.timetable import NightlyTimetable

if TYPE_CHECKING:
    from fastapi import FastAPI


class Pages:
    """The web application, made when it is first asked for something."""

    def __init__(self) -> None:
        self._made: FastAPI | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401
        """Answer as `pages.py` does."""
        if self._made is None:
            from capi_jobs.airflow.pages import create_pages  # noqa: PLC0415 - heavy

            self._made = create_pages()
        await self._made(scope, receive, send)


class PoolMaker:
    """Makes missing pools when Airflow starts, and before a run that needs them."""

    @hookimpl
    def on_starting(self, component: object) -> None:
        """Act in the processes that have Airflow's database; tasks have none."""
        if type(component).__name__ == "Job":
            make_pools()

    @hookimpl
    def on_dag_run_running(self, dag_run: Any, msg: str) -> None:  # noqa: ANN401, ARG002
        """Make the pool of a destination that came since.

        Aside, in a thread: the scheduler is amid a transaction of its own, which SQLite
        would let nobody write beside.
        """
        if str(dag_run.dag_id).startswith("capi_"):
            Thread(target=make_pools, name="capi-jobs-pools", daemon=True).start()


class CapiJobsPlugin(AirflowPlugin):
    """What Airflow takes of us."""

    name = "capi_jobs"
    listeners = [PoolMaker()]  # noqa: RUF012 - Airflow's own form
    timetables = [NightlyTimetable]  # noqa: RUF012 - Airflow's own form
    fastapi_apps = [  # noqa: RUF012 - Airflow's own form
        {"app": Pages(), "url_prefix": MOUNTED_AT, "name": "capi-jobs"}
    ]
    external_views = [  # noqa: RUF012 - Airflow's own form
        {
            "name": "Deliveries",
            "href": f"{urlsplit(base_url()).path}{MOUNTED_AT}/",
            "destination": "nav",
            "category": "browse",
            "url_route": "capi-jobs-deliveries",
        }
    ]
