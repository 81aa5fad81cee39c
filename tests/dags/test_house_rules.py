"""What holds for every DAG of ours, and how Airflow parses them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.dags.stage import DAGS, Stage
from tests.shop import PLATFORMS, Shop

pytestmark = pytest.mark.filterwarnings("default")  # Airflow's own warnings

NAMES = ("capi_nightly", "capi_reupload", "capi_verify")
WORK = ("assess", "deliver")


@pytest.fixture
def dags(shop: Shop, stage: Stage) -> Any:  # noqa: ANN401 - Airflow's own
    shop.configure(platforms=PLATFORMS)
    bag = stage.bag()
    assert bag.import_errors == {}
    return bag.dags


def _tasks(dags: Any) -> Iterator[Any]:  # noqa: ANN401
    for dag in dags.values():
        yield from dag.tasks


def test_these_are_all(dags: Any) -> None:  # noqa: ANN401
    assert sorted(dags) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_dag_says_whose_it_is_and_what_a_red_task_means(
    dags: Any,  # noqa: ANN401
    name: str,
) -> None:
    dag = dags[name]

    assert "capi-jobs" in dag.tags
    assert "red task" in dag.doc_md
    assert {task.owner for task in dag.tasks} == {"analytics"}
    assert all("**Red:**" in task.doc_md for task in dag.tasks)


@pytest.mark.parametrize("name", NAMES)
def test_no_dag_catches_up_and_each_bounds_its_runs(
    dags: Any,  # noqa: ANN401
    name: str,
) -> None:
    dag = dags[name]

    assert dag.catchup is False
    assert 1 <= dag.max_active_runs <= 16
    assert dag.start_date.year < 2024


def test_every_task_tries_again_ever_later(shop: Shop, stage: Stage) -> None:
    shop.configure(extra='[airflow]\nretries = 2\nretry_delay = "1m"\n')

    for task in _tasks(stage.bag().dags):
        assert task.retries == 2, task
        assert task.retry_delay == timedelta(minutes=1), task
        assert task.retry_exponential_backoff == 2.0, task


def test_every_task_ends_some_time(dags: Any) -> None:  # noqa: ANN401
    """An approval waits outside of any worker, by a time-out of its own."""
    waits = {"approve", "confirm"}
    for task in _tasks(dags):
        assert task.execution_timeout, task
        if task.task_id.rpartition(".")[2] in waits:
            assert task.response_timeout == timedelta(hours=12), task


def test_the_work_of_each_destination_has_its_pool(dags: Any) -> None:  # noqa: ANN401
    pools = {
        task.task_id: task.pool
        for task in dags["capi_nightly"].tasks
        if task.task_id.endswith(WORK)
    }

    assert pools == {
        f"{name}-web.{task}": f"capi_jobs_{name}-web"
        for name in PLATFORMS
        for task in WORK
    }


def test_destinations_do_not_wait_for_each_other(dags: Any) -> None:  # noqa: ANN401
    for task in dags["capi_nightly"].tasks:
        group = task.task_id.partition(".")[0]
        others = task.get_flat_relative_ids(upstream=True)
        assert {other.partition(".")[0] for other in others} <= {group}


def test_each_destination_has_one_asset_and_one_event(dags: Any) -> None:  # noqa: ANN401
    """An outlet on a task that is mapped would emit one for each slice."""
    outlets = {
        task.task_id: [asset.name for asset in task.outlets]
        for task in dags["capi_nightly"].tasks
        if task.outlets
    }

    assert outlets == {
        f"{name}-web.report": [f"capi_jobs_delivered_{name}-web"] for name in PLATFORMS
    }


def test_people_are_shown_the_destinations_own_name(shop: Shop, stage: Stage) -> None:
    text = shop.config.read_text().replace('"meta-web"', '"shop.de"')
    shop.config.write_text(text)

    groups = stage.bag().dags["capi_nightly"].task_group.get_task_group_dict()

    assert groups["shop_dot_de"].group_display_name == "shop.de"


def test_a_broken_configuration_is_an_import_error_that_says_so(
    shop: Shop, stage: Stage
) -> None:
    shop.config.write_text(shop.config.read_text().replace("retries = 0", "retrys = 0"))

    errors = stage.bag().import_errors

    assert len(errors) == len(NAMES)
    for told in errors.values():
        assert "airflow.retrys: " in told
        assert "retries" in told


@pytest.mark.parametrize(
    ("trigger", "timetable"),
    [
        ("clock", "NightlyTimetable"),
        ("asset", "AssetTriggeredTimetable"),
        ("asset_of_day", "PartitionedAssetTimetable"),
    ],
)
def test_the_clock_or_the_producer_of_the_orders_starts_the_night(
    shop: Shop, stage: Stage, trigger: str, timetable: str
) -> None:
    uri = "postgres://warehouse/shop/public/orders"
    more = f'trigger = "{trigger}"\norders_asset = "{uri}"\n'
    shop.configure(extra=shop.extra + more)

    dag = stage.bag().dags["capi_nightly"]

    assert type(dag.timetable).__name__ == timetable


PARSED = """
import json, sys, time
from tests import airflow_home
import airflow.sdk, airflow.providers.standard.operators.hitl
from airflow.dag_processing.dagbag import DagBag
before, began = set(sys.modules), time.monotonic()
bag = DagBag(sys.argv[1])
print("OUT" + json.dumps({
    "errors": bag.import_errors,
    "new": sorted(set(sys.modules) - before),
    "seconds": time.monotonic() - began,
}))
"""
# What only a task may load: engines, drivers, and the rooms that hold them.
HEAVY = """
adbc_driver_manager duckdb great_expectations numpy pandas psycopg pyarrow
capi_jobs.delivery capi_jobs.jobs capi_jobs.ledger capi_jobs.reconcile
capi_jobs.transport capi_jobs.validation capi_jobs.warehouse
""".split()


def test_parsing_loads_no_engine_and_none_of_the_rooms(shop: Shop) -> None:
    """In a process of its own, as Airflow's DAG processor does it."""
    left = subprocess.run(
        [sys.executable, "-c", PARSED, DAGS],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "CAPI_JOBS_CONFIG": str(shop.config)},
    )
    told = json.loads(left.stdout.partition("OUT")[2])

    assert told["errors"] == {}
    loaded = [
        m
        for m in told["new"]
        if m in HEAVY or m.startswith(tuple(f"{h}." for h in HEAVY))
    ]
    assert loaded == []
