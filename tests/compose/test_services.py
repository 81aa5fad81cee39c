"""Every service of docker-compose.yml starts, is well by its own check, and works.

One start without a profile delivers a day; the same machine then changes to the Celery
profile, as `COMPOSE_PROFILES=celery docker compose up` does, and delivers the rest.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
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
RUNS = f"dags/{DAG}/dagRuns"
PLATFORMS = ("meta", "tiktok", "snapchat")
ORDERS = 1_000  # of ten days: some hundred owed to each platform
SLICE = 30
LOOK_SECONDS = 0.5
# People take longer to read. A quicker answer can overtake Airflow's own note that the
# task waits; it then takes the task for lost, and tries again.
ANSWER_AFTER = timedelta(seconds=3)
RUN_SECONDS_MAX = 300  # takes thirty on two idle cores
ENDED = {"success", "failed"}


def configured(text: str) -> str:
    """Let a run reach back over all of the shop's days, in slices; try again soon."""
    changes = {
        'timezone = "Europe/Berlin"': 'timezone = "Europe/Berlin"\nlookback = "10d"',
        "slice_orders = 20": f'slice_orders = {SLICE}\nretry_delay = "2s"',
    }
    for before, after in changes.items():
        assert text.count(before) == 1
        text = text.replace(before, after)
    return text


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("machine")
    with machine(folder, configured, SHOP_ORDERS=str(ORDERS)) as made:
        yield made


def api(at: Machine, user: str) -> AirflowApi:
    return AirflowApi(at.url("8080"), user, "demo-only")


def awaited(what: Callable[[], Any]) -> Any:  # noqa: ANN401 - JSON of Airflow's
    """Wait until there is something."""
    until = monotonic() + RUN_SECONDS_MAX
    while not (found := what()):
        assert monotonic() < until
        sleep(LOOK_SECONDS)
    return found


def scheduled(erik: AirflowApi) -> Any:  # noqa: ANN401 - JSON of Airflow's
    """Return the run of the last night, which the scheduler begins by itself."""
    assert erik.get("importErrors")["import_errors"] == []
    runs = erik.get(RUNS)["dag_runs"] if DAG in dag_ids(erik) else []
    return next((run for run in runs if run["run_type"] == "scheduled"), None)


def dag_ids(erik: AirflowApi) -> set[str]:
    return {dag["dag_id"] for dag in erik.get("dags")["dags"]}


def ended(at: Machine, run_id: str) -> str:
    """Answer for the data owner until the run has ended; its state."""
    dora, run = api(at, "dora"), f"{RUNS}/{run_id}"

    def state() -> str:
        approve(dora, run)
        found = str(dora.get(run)["state"])
        return found if found in ENDED else ""

    return str(awaited(state))


def approve(dora: AirflowApi, run: str) -> None:
    for one in dora.get(f"{run}/hitlDetails")["hitl_details"]:
        task, asked = one["task_instance"], datetime.fromisoformat(one["created_at"])
        waits = not one["response_received"] and task["state"] == "awaiting_input"
        if waits and datetime.now(UTC) - asked > ANSWER_AFTER:
            at = (
                f"{run}/taskInstances/{task['task_id']}/{task['map_index']}/hitlDetails"
            )
            dora.patch(at, {"chosen_options": ["Approve"], "params_input": {}})


def tasks(erik: AirflowApi, run_id: str) -> list[tuple[str, int, str]]:
    found = erik.get(f"{RUNS}/{run_id}/taskInstances?limit=200")["task_instances"]
    return [(task["task_id"], task["map_index"], task["state"]) for task in found]


def owed(at: Machine, until: str) -> dict[str, set[str]]:
    """Read the truth with which the shop was made, up to the end of a day."""
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
    """Beside the last night's run, which waits for an approval all the while."""
    assert started.start() == set(services())
    erik = api(started, "erik")
    night = awaited(lambda: scheduled(erik))
    last = datetime.fromisoformat(night["partition_key"]).date()
    older = (last - timedelta(days=3)).isoformat()

    run = erik.post(RUNS, {"logical_date": None, "partition_key": older})
    state = ended(started, run["dag_run_id"])

    assert state == "success", tasks(erik, run["dag_run_id"])
    assert counted(started) == once(owed(started, older))
    assert erik.get(f"{RUNS}/{night['dag_run_id']}")["state"] == "running"


def test_with_celery_two_workers_deliver_a_sliced_day_once(started: Machine) -> None:
    """The night that waited is approved when everything has been started anew."""
    added = started.start("celery")
    assert {"redis", "airflow-worker-1", "airflow-worker-2"} <= added
    erik = api(started, "erik")
    night = scheduled(erik)

    state = ended(started, night["dag_run_id"])

    done = tasks(erik, night["dag_run_id"])
    assert state == "success", done
    assert counted(started) == once(owed(started, night["partition_key"]))
    slices = [index for task, index, _ in done if task == "tiktok-web.deliver"]
    assert sorted(slices) == list(range(len(slices)))
    assert len(slices) >= 4
    worked = {
        name: started.log(name).count("succeeded in")
        for name in ("airflow-worker-1", "airflow-worker-2")
    }
    assert min(worked.values()) > 0, worked
