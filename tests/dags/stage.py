"""Runs a DAG as `dag.test()` does, and answers for people while it waits.

`conftest.py` has said where Airflow's home is before this is imported.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow.dag_processing.dagbag import DagBag
from airflow.models.taskinstance import TaskInstance
from airflow.models.trigger import handle_event_submit
from airflow.models.xcom import XComModel
from airflow.sdk.timezone import utcnow
from airflow.triggers.base import TriggerEvent
from airflow.utils.session import create_session
from airflow.utils.state import TaskInstanceState
from sqlalchemy import select
from sqlalchemy.orm import joinedload

DAGS = os.environ["AIRFLOW__CORE__DAGS_FOLDER"]
Json = dict[str, Any]
# Nobody is asked more often in one run: else a test would wait for ever.
ASKED_MAX = 3
# What the scheduler says for people who did not answer in time.
SILENCE: Json = {"error": "nobody answered", "error_type": "timeout"}


def answer(choice: str, comment: str | None = None, who: str = "ana") -> Json:
    """Return what Airflow hands on when somebody answers."""
    return {"choice": choice, "comment": comment, "who": who}


@dataclass(frozen=True, slots=True)
class Played:
    """How a DAG run ended."""

    state: str
    tasks: Mapping[str, str | None]
    asked: tuple[Json, ...]
    run: Any

    def xcom(self, task: str, key: str = "return_value") -> Any:  # noqa: ANN401 - whatever it holds

        with create_session() as session:
            found = session.scalars(
                XComModel.get_many(
                    run_id=self.run.run_id,
                    key=key,
                    task_ids=[task],
                    dag_ids=[self.run.dag_id],
                )
            ).first()
            return found and XComModel.deserialize_value(found)


class Stage:
    """Parses the DAGs anew for each run, as the configuration may have changed."""

    def bag(self) -> Any:  # noqa: ANN401 - whatever it holds

        return DagBag(DAGS)

    def play(
        self,
        dag: str,
        conf: Json | None = None,
        *,
        says: Json | None = None,
        meanwhile: Callable[[], object] = lambda: None,
        after: datetime | None = None,
        marked: str | None = None,
    ) -> Played:
        """Run a DAG to its end; whoever is asked says this.

        `marked`: the task that somebody marks as done by hand.

        `meanwhile` happens between question and answer. `after`: when it was due;
        twice the same is the same run, cleared.
        """
        bag = self.bag()
        assert bag.import_errors == {}
        due = {"run_after": after, "logical_date": after} if after else {}
        with _people(says, meanwhile) as asked:
            run = bag.dags[dag].test(run_conf=conf, mark_success_pattern=marked, **due)
        tasks = {
            one.task_id
            + (f"[{one.map_index}]" if one.map_index >= 0 else ""): one.state
            for one in run.get_task_instances()
        }
        return Played(str(run.state), tasks, tuple(asked), run)


class _People(logging.Handler):
    """Answers whenever `dag.test()` says that it waits: it calls us in its own loop."""

    def __init__(self, says: Json | None, meanwhile: Callable[[], object]) -> None:
        super().__init__(logging.INFO)
        self.says, self.meanwhile = says, meanwhile
        self.asked: list[Json] = []

    def emit(self, record: logging.LogRecord) -> None:
        if "Waiting for Human-in-the-loop" in record.getMessage():
            assert len(self.asked) < ASKED_MAX, "an answer was not taken"
            self.meanwhile()
            _answer_all(self.says, self.asked)


@contextmanager
def _people(says: Json | None, meanwhile: Callable[[], object]) -> Iterator[list[Json]]:
    waits = logging.getLogger("airflow.sdk.definitions.dag")
    people = _People(says, meanwhile)
    before = waits.level
    waits.setLevel(logging.INFO)
    waits.addHandler(people)
    try:
        yield people.asked
    finally:
        waits.removeHandler(people)
        waits.setLevel(before)


def _answer_all(says: Json | None, asked: list[Json]) -> None:

    with create_session() as session:
        waiting = (
            select(TaskInstance)
            .where(TaskInstance.state == TaskInstanceState.AWAITING_INPUT)
            .options(joinedload(TaskInstance.hitl_detail))
        )
        for task in session.scalars(waiting):
            detail = task.hitl_detail
            asked.append(
                {
                    "subject": detail.subject,
                    "body": detail.body,
                    "of": [user["id"] for user in detail.assignees or []],
                }
            )
            said = says or SILENCE
            if "choice" in said:
                detail.responded_by = {"id": said["who"], "name": said["who"]}
                detail.responded_at = utcnow()
                detail.chosen_options = [said["choice"]]
                detail.params_input = {"comment": said["comment"]}
                said = detail.as_resume_event_payload()
            event = TriggerEvent(said)  # type: ignore[no-untyped-call] # Airflow's
            handle_event_submit(event, task_instance=task, session=session)
