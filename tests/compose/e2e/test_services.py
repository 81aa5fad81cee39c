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

ZONE = ZoneInfo(NAIVE_ZONE)
DAG = "capi_nightly"
RUNS = f"dags/{DAG}/dagRuns"
PLATFORMS = ("meta", "tiktok", "snapchat")
ORDERS = 1_000  # of ten days
# The shop's days end at the time it is made. At whatever hour that is, each platform is
# owed 24 orders or more by the older day, and TikTok sixty or more between the days.
SLICE = 14
LOOK_SECONDS = 0.5
# People take longer to read. A quicker answer can overtake Airflow's own note that the
# task waits; it then takes the task for lost, and tries again.
ANSWER_AFTER = timedelta(seconds=3)
RUN_SECONDS_MAX = 420  # takes forty on two idle cores
ENDED = {"success", "failed"}


def configured(text: str) -> str:
    """Let a run reach back over all of the shop's days, in slices; try again soon."""
    changes = {
        'timezone = "Europe/Berlin"': 'timezone = "Europe/Berlin"\nlookback = "10d"',
        "slice_orders = 20": f"slice_orders = {SLICE}\npool_slots = 4\n"
        'retry_delay = "2s"',
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


def truth(at: Machine) -> list[tuple[str, str, str]]:
    """Read what the shop was made with: kind, order id, time of the order."""
    place = f"host=127.0.0.1 port={at.ports['5432']} dbname=warehouse user=reader"
    with psycopg.connect(f"{place} password=demo-only") as warehouse:
        return warehouse.execute(
            "SELECT kind, order_id, completed_at FROM demo_truth"
            " JOIN completed_orders USING (order_id)"
        ).fetchall()


def unlike(at: Machine, day: str) -> dict[str, list[tuple[str, int]]]:
    """Return what was counted other than once, or owed up to that day and not counted.

    Of two orders that share an event id, a run that sees one of them cannot know.
    """
    end = datetime.fromisoformat(day).replace(tzinfo=ZONE) + timedelta(days=1)
    known = truth(at)
    shared = {order for kind, order, _ in known if kind == "shared_event_id"}
    found = {}
    for platform, times in counted(at).items():
        owed = {
            order
            for kind, order, time in known
            if kind == f"owed_{platform}" and aware(time) < end
        }
        assert len(owed) > SLICE, platform  # so more than one slice
        right = {order: 1 for order in times if order in shared} | dict.fromkeys(
            owed, 1
        )
        found[platform] = sorted(dict(times).items() ^ right.items())
    return {platform: wrong for platform, wrong in found.items() if wrong}


def aware(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=ZONE)


def counted(at: Machine) -> dict[str, Counter[str]]:
    told = httpx.get(f"{at.url('8765')}/sandbox/counted").json()
    found: dict[str, Counter[str]] = {platform: Counter() for platform in PLATFORMS}
    for platform, times in found.items():
        for event in told[platform]["events"]:
            times[event["order_id"]] += event["counted"]
    return found


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
    assert unlike(started, older) == {}
    assert erik.get(f"{RUNS}/{night['dag_run_id']}")["state"] == "running"


@pytest.mark.skipif(
    shutil.which("redis-server") is None, reason="redis-server is not installed"
)
def test_with_celery_two_workers_deliver_a_sliced_day_once(started: Machine) -> None:
    """The night that waited is approved when everything has been started anew."""
    added = started.start("celery")
    assert {"redis", "airflow-worker-1", "airflow-worker-2"} <= added
    erik = api(started, "erik")
    night = awaited(lambda: scheduled(erik))

    state = ended(started, night["dag_run_id"])

    done = tasks(erik, night["dag_run_id"])
    assert state == "success", done
    assert unlike(started, night["partition_key"]) == {}
    slices = [index for task, index, _ in done if task == "tiktok-web.deliver"]
    assert sorted(slices) == list(range(len(slices)))
    assert len(slices) >= 4
    worked = {
        name: started.log(name).count("succeeded in")
        for name in ("airflow-worker-1", "airflow-worker-2")
    }
    assert min(worked.values()) > 0, worked
