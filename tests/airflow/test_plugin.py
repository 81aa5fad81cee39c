"""What Airflow takes of us: pools that are missing are made, pages are shown."""

import threading
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.jobs import job
from airflow.listeners.listener import get_listener_manager
from airflow.models.pool import Pool
from airflow.plugins_manager import get_plugin_info

from capi_jobs.airflow.plugin import CapiJobsPlugin, PoolMaker
from tests import airflow_home

CONFIG = """
warehouse = "sqlite:///shop.db"
orders = {{ relation = "orders" }}
airflow = {{ pool_slots = {slots} }}
[[destinations]]
name = "{name}"
platform = "meta"
account = "1"
token = "env:T"
"""


def _started() -> object:
    """Make what a scheduler makes when it starts."""
    return job.Job()  # type: ignore[no-untyped-call] # Airflow's


class Config:
    """A configuration that can change while Airflow runs."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, name: str, slots: int = 2) -> None:
        self.path.write_text(CONFIG.format(name=name, slots=slots))


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Config]:
    airflow_home.database()
    monkeypatch.setenv("CAPI_JOBS_CONFIG", str(tmp_path / "capi_jobs.toml"))
    yield Config(tmp_path / "capi_jobs.toml")
    for name in [pool.pool or "" for pool in Pool.get_pools()]:
        if name.startswith("capi_jobs_"):
            Pool.delete_pool(name)


def _pool(name: str) -> tuple[int, bool] | None:
    pool = Pool.get_pool(f"capi_jobs_{name}")
    return None if pool is None else (pool.slots, pool.include_deferred)


def test_airflow_finds_the_plugin_by_its_entry_point() -> None:
    [point] = entry_points(group="airflow.plugins", name="capi_jobs")
    assert point.load() is CapiJobsPlugin
    [told] = [one for one in get_plugin_info() if one["name"] == "capi_jobs"]
    assert [one["url_prefix"] for one in told["fastapi_apps"]] == ["/capi-jobs"]
    assert [one["href"] for one in told["external_views"]] == ["/capi-jobs/"]


def test_missing_pools_are_made_when_the_scheduler_starts(config: Config) -> None:
    config("meta_main", slots=3)
    maker, listeners = PoolMaker(), get_listener_manager()
    listeners.add_listener(maker)  # type: ignore[no-untyped-call] # Airflow's
    try:
        _started()
    finally:
        listeners.pm.unregister(maker)
    assert _pool("meta_main") == (3, False)


def test_a_pool_that_people_have_set_stays(config: Config) -> None:
    config("meta_main", slots=3)
    Pool.create_or_update_pool("capi_jobs_meta_main", 7, "ours", include_deferred=True)
    PoolMaker().on_starting(_started())
    assert _pool("meta_main") == (7, True)


def test_a_task_makes_none_for_it_has_no_database(config: Config) -> None:
    config("meta_main")
    PoolMaker().on_starting(SimpleNamespace())
    assert _pool("meta_main") is None


@pytest.mark.parametrize(
    ("dag_id", "made"), [("capi_nightly", (2, False)), ("x", None)]
)
def test_a_destination_that_came_since_gets_its_pool_before_it_runs(
    config: Config, dag_id: str, made: tuple[int, bool] | None
) -> None:
    config("new_one")
    PoolMaker().on_dag_run_running(SimpleNamespace(dag_id=dag_id), "")
    for thread in threading.enumerate():
        if thread.name == "capi-jobs-pools":
            thread.join()
    assert _pool("new_one") == made


def test_a_broken_configuration_stops_no_scheduler(
    config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    config.path.write_text("destinations = []")
    PoolMaker().on_starting(_started())
    assert "Pools of capi-jobs were not made: " in caplog.text
    assert "cannot be used" in caplog.text
