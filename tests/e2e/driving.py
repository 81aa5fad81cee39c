"""What people do in Airflow, by its REST API: start runs, answer, clear, wait.

Who they are stands in airflow/local/settings.py.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from capi_jobs.airflow.local import AirflowApi, ApiRefused, LocalAirflow

NIGHTLY, REUPLOAD, VERIFY = "capi_nightly", "capi_reupload", "capi_verify"
ENDED = {"success", "failed"}
# A step takes some seconds on an idle machine; ours may run the other tests beside.
PATIENCE_SECONDS = 240
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """One DAG run, by the address it has in the API."""

    dag: str
    id: str

    @property
    def path(self) -> str:
        return f"dags/{self.dag}/dagRuns/{quote(self.id, safe='')}"


class Desk:
    """One Airflow and the people in front of it."""

    def __init__(self, airflow: LocalAirflow) -> None:
        self.airflow = airflow
        names = airflow.prepared.passwords
        self.people = {name: airflow.api(name) for name in names}

    @property
    def root(self) -> AirflowApi:
        return self.people["root"]

    def until(self, reached: Callable[[], object], what: str) -> None:
        self.airflow.await_(lambda: bool(reached()), what, PATIENCE_SECONDS)

    # Runs

    def start(self, who: str, dag: str, **asked: object) -> Run:
        told = self.people[who].post(
            f"dags/{dag}/dagRuns", {"logical_date": None, **asked}
        )
        return Run(dag, told["dag_run_id"])

    def form(self, who: str, **fields: object) -> Run:
        """Trigger a re-upload by its form."""
        return self.start(who, REUPLOAD, conf=fields)

    def said(self, run: Run, task: str) -> str:
        """The log of a task's first try, as Airflow shows it."""
        told = self.root.get(f"{run.path}/taskInstances/{task}/logs/1")
        return json.dumps(told["content"], ensure_ascii=False)

    def runs(self, dag: str) -> list[Json]:
        listed: list[Json] = self.root.get(f"dags/{dag}/dagRuns")["dag_runs"]
        return listed

    def state(self, run: Run) -> str:
        return str(self.root.get(run.path)["state"])

    def tasks(self, run: Run) -> dict[str, Json]:
        """Each task's latest try by its id; slices have their number behind."""
        listed = self.root.get(f"{run.path}/taskInstances?limit=200")
        return {
            one["task_id"]
            + (f"[{one['map_index']}]" if one["map_index"] >= 0 else ""): one
            for one in listed["task_instances"]
        }

    def states(self, run: Run) -> dict[str, str | None]:
        return {name: one["state"] for name, one in self.tasks(run).items()}

    def ended(self, run: Run) -> str:
        """Wait for the end of a run; say how it was."""
        self.until(lambda: self.state(run) in ENDED, f"the end of {run.id}")
        return self.state(run)

    def clear(self, who: str, run: Run, *tasks: str) -> None:
        """Clear tasks with all that follow them, as the button does."""
        asked = {
            "dag_run_id": run.id,
            "task_ids": list(tasks),
            "include_downstream": True,
            "only_failed": False,
            "dry_run": False,
        }
        self.people[who].post(f"dags/{run.dag}/clearTaskInstances", asked)

    # Questions

    def questions(self) -> list[Json]:
        """All that somebody has to answer."""
        told = self.root.get("dags/~/dagRuns/~/hitlDetails?response_received=false")
        listed: list[Json] = told["hitl_details"]
        return [
            one
            for one in listed
            if one["task_instance"]["state"] == "awaiting_input"
            and self._is_settled(one["task_instance"]["id"])
        ]

    def _is_settled(self, instance: str) -> bool:
        """Whether the scheduler knows, too, that this task waits.

        Whoever answers before, within seconds, is asked again: Airflow takes the end of
        the worker for a failure of the task that goes on (apache/airflow#72716).
        """
        log = self.airflow.processes.log("scheduler").read_text("utf-8")
        return any(
            f"ti_id={instance}" in line and "state=awaiting_input" in line
            for line in log.splitlines()
        )

    def asked(self, run: Run, task: str) -> Json:
        """Wait until a task asks; return what it asks."""

        def found() -> list[Json]:
            return [
                one
                for one in self.questions()
                if one["task_instance"]["task_id"] == task
                and one["task_instance"]["dag_run_id"] == run.id
            ]

        self.until(found, f"{task} to ask")
        return found()[0]

    def answer(self, who: str, question: Json, option: str, comment: str = "") -> int:
        """Answer a question; return the status that Airflow answers with."""
        at = question["task_instance"]
        run = Run(at["dag_id"], at["dag_run_id"])
        path = f"{run.path}/taskInstances/{at['task_id']}/-1/hitlDetails"
        told = {
            "chosen_options": [option],
            "params_input": {"comment": comment} if comment else {},
        }
        try:
            self.people[who].patch(path, told)
        except ApiRefused as refused:
            return refused.status
        return 200

    def approve_all(self, who: str) -> None:
        for question in self.questions():
            self.answer(who, question, "Approve")
