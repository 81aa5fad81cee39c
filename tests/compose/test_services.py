"""Every service of docker-compose.yml starts, is well by its own check, and works.

One start without a profile delivers a day; the same machine then changes to the Celery
profile, as `COMPOSE_PROFILES=celery docker compose up` does, and delivers the rest.
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest

from capi_jobs.airflow.local.api import AirflowApi
from capi_jobs.demo.dirt import NAIVE_ZONE
from tests.compose.machine import Machine, machine
from tests.compose.reading import services

pytestmark = pytest.mark.skipif(
    shutil.which("redis-server") is None, reason="redis-server is not installed"
)

ZONE = ZoneInfo(NAIVE_ZONE)
DAG = "capi_nightly"
PLATFORMS = ("meta", "tiktok", "snapchat")
ORDERS = 1_000  # of ten days: some hundred owed to each platform
SLICE = 10
LOOK_SECONDS = 0.5
RUN_SECONDS_MAX = 240  # takes thirty on two idle cores
ENDED = {"success", "failed"}


def configured(text: str) -> str:
    """Let a run reach back over all of the shop's days, in small slices."""
    assert 'timezone = "Europe/Berlin"' in text
    assert "slice_orders = 20" in text
    return text.replace(
        'timezone = "Europe/Berlin"', 'timezone = "Europe/Berlin"\nlookback = "10d"'
    ).replace("slice_orders = 20", f"slice_orders = {SLICE}")


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("machine")
    with machine(folder, configured, SHOP_ORDERS=str(ORDERS)) as made:
        yield made


def api(at: Machine, user: str) -> AirflowApi:
    return AirflowApi(at.url("8080"), user, "demo-only")


def day(ago: int) -> str:
    return (datetime.now(ZONE) - timedelta(days=ago)).date().isoformat()


def ready(root: AirflowApi) -> bool:
    broken = root.get("importErrors")["import_errors"]
    assert broken == []
    return DAG in {dag["dag_id"] for dag in root.get("dags")["dags"]}


def nightly(at: Machine, key: str) -> dict[str, Any]:
    """Trigger the run of a day, answer for the data owner, wait for its end."""
    erik, dora = api(at, "erik"), api(at, "dora")
    until = monotonic() + RUN_SECONDS_MAX
    while not ready(erik):
        assert monotonic() < until, at.log("airflow-dag-processor")[-4000:]
        sleep(LOOK_SECONDS)
    asked = {"logical_date": None, "partition_key": key}
    run = erik.post(f"dags/{DAG}/dagRuns", asked)
    path = f"dags/{DAG}/dagRuns/{run['dag_run_id']}"
    while run["state"] not in ENDED:
        assert monotonic() < until, tasks(erik, path)
        approve(dora, path)
        sleep(LOOK_SECONDS)
        run = erik.get(path)
    return {"state": run["state"], "tasks": tasks(erik, path)}


def tasks(erik: AirflowApi, path: str) -> dict[tuple[str, int], str]:
    found = erik.get(f"{path}/taskInstances?limit=200")["task_instances"]
    return {(task["task_id"], task["map_index"]): task["state"] for task in found}


def approve(dora: AirflowApi, path: str) -> None:
    for one in dora.get(f"{path}/hitlDetails")["hitl_details"]:
        task = one["task_instance"]
        if one["response_received"] or task["state"] != "awaiting_input":
            continue
        at = f"{path}/taskInstances/{task['task_id']}/{task['map_index']}/hitlDetails"
        dora.patch(at, {"chosen_options": ["Approve"], "params_input": {}})


def owed(at: Machine, until: str) -> dict[str, set[str]]:
    """Read the truth with which the shop was made: orders of whole days until one."""
    end = datetime.fromisoformat(until).replace(tzinfo=ZONE) + timedelta(days=1)
    found: dict[str, set[str]] = {platform: set() for platform in PLATFORMS}
    place = f"host=127.0.0.1 port={at.ports['5432']} dbname=warehouse user=shop"
    with psycopg.connect(f"{place} password=demo-only") as warehouse:
        rows = warehouse.execute(
            "SELECT kind, order_id, completed_at FROM demo_truth JOIN completed_orders"
            " USING (order_id) WHERE kind LIKE 'owed%'"
        ).fetchall()
    for kind, order_id, text in rows:
        completed = datetime.fromisoformat(text)
        aware = completed if completed.tzinfo else completed.replace(tzinfo=ZONE)
        if aware < end:
            found[kind.removeprefix("owed_")].add(order_id)
    return found


def counted(at: Machine) -> dict[str, Counter[str]]:
    told = httpx.get(f"{at.url('8765')}/sandbox/counted").json()
    found: dict[str, Counter[str]] = {platform: Counter() for platform in PLATFORMS}
    for platform in PLATFORMS:
        for event in told[platform]["events"]:
            found[platform][event["order_id"]] += event["counted"]
    return found


def once(orders: dict[str, set[str]]) -> dict[str, Counter[str]]:
    return {platform: Counter(found) for platform, found in orders.items()}


def test_all_services_start_and_deliver_a_day(started: Machine) -> None:
    assert started.start() == set(services())
    older = day(4)

    run = nightly(started, older)

    assert run["state"] == "success", run
    assert counted(started) == once(owed(started, older))


def test_with_celery_two_workers_deliver_a_sliced_day_once(started: Machine) -> None:
    """It goes on where the executor before it left off."""
    added = started.start("celery")
    assert {"redis", "airflow-worker-1", "airflow-worker-2"} <= added
    yesterday = day(1)

    run = nightly(started, yesterday)

    assert run["state"] == "success", run
    slices = [index for task, index in run["tasks"] if task == "tiktok-web.deliver"]
    assert len(slices) >= 4
    assert counted(started) == once(owed(started, yesterday))
    worked = {
        name: started.log(name).count("succeeded in")
        for name in ("airflow-worker-1", "airflow-worker-2")
    }
    assert min(worked.values()) > 0, worked
    assert sum(worked.values()) >= len(run["tasks"])
