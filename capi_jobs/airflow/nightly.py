"""What each task of `capi_nightly` does: one call of `jobs/steps`, and what is told.

The order of the tasks is `dags/capi_nightly.py`; the question is put by `approval.py`.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from capi_jobs.airflow import lineage
from capi_jobs.airflow.approval import Answer, Asked
from capi_jobs.airflow.assets import delivered_asset
from capi_jobs.airflow.entering import actor_of, day_of, entered
from capi_jobs.airflow.links import report_link
from capi_jobs.airflow.naming import group_id
from capi_jobs.airflow.telling import Ended, tell_of
from capi_jobs.config import Destination, Settings
from capi_jobs.errors import CredentialRefused, DecisionRefused, DestinationStopped

if TYPE_CHECKING:
    from capi_jobs.jobs.house import House
    from capi_jobs.jobs.steps import Sent
    from capi_jobs.model import DataInterval

log = logging.getLogger(__name__)

# Under these keys other tasks find counts and names; nothing else is handed on.
FOUND, SENT, CLOSED, STOPPED = "found", "sent", "closed", "stopped"
Context = Any  # Airflow's is a TypedDict of everything


@dataclass(frozen=True, slots=True)
class Night:
    """One destination's day, in an open house."""

    house: "House"
    destination: Destination
    run_id: str
    interval: "DataInterval"
    actor: str

    @property
    def link(self) -> str:
        """Where its report is."""
        return report_link(self.run_id, self.destination.name)


@contextmanager
def night(context: Context, name: str) -> Iterator[Night]:
    """Open the house for one destination of this DAG run."""
    from capi_jobs.jobs.steps import run_id_of  # noqa: PLC0415 - not while parsing

    with entered() as house:
        [destination] = house.settings.chosen((name,))
        key, interval = day_of(context, house.settings)
        run = context["dag_run"]
        run_id = run_id_of(key, name, f"{run.dag_id}/{run.run_id}")
        yield Night(house, destination, run_id, interval, actor_of(context))


def assess(name: str) -> list[dict[str, int]]:
    """Find what is owed; hand on only which slices there are."""
    from capi_jobs.jobs import steps  # noqa: PLC0415 - not while parsing

    context = get_current_context()
    with night(context, name) as at:
        told = at.house.settings.airflow
        found = steps.assess(
            at.house,
            at.run_id,
            at.destination,
            at.interval,
            actor=at.actor,
            slice_orders=told.slice_orders,
            # More than go at once would only read the keys more often.
            slices_max=min(told.slices_max, told.pool_slots),
        )
        lineage.orders_read(at.house.settings, context["ti"].task)
    log.info("found: %s", found.as_json())
    context["ti"].xcom_push(FOUND, found.as_json())
    return [{"slice": n + 1, "of": found.slices} for n in range(found.slices)]


def deliver(name: str, part: Mapping[str, int]) -> dict[str, object]:
    """Send one slice, up to what was shown of it."""
    from capi_jobs.jobs import steps  # noqa: PLC0415 - not while parsing

    context = get_current_context()
    context["ti"].xcom_push(STOPPED, "")
    with night(context, name) as at:
        sent = steps.deliver(
            at.house, at.run_id, at.destination, part["slice"] - 1, actor=at.actor
        )
        log.info("sent: %s", sent.as_json())
        context["ti"].xcom_push(SENT, sent.as_json())
        if sent.stopped is not None:
            context["ti"].xcom_push(STOPPED, type(sent.stopped).__name__)
        _stop_where_unfinished(name, sent)
    return sent.as_json()


def _stop_where_unfinished(name: str, sent: "Sent") -> None:
    """Let Airflow try again what may pass: throttling, lost answers, a stop.

    Not where the platform refused: each try would spend more orders. Not where time was
    up: each try would begin it anew, and a night would last until noon.
    """
    stopped = sent.stopped
    if stopped is None and str(sent.status) == "done":
        return
    if sent.out_of_time:
        raise AirflowFailException(
            f"{name}: [delivery] run_deadline was over before all was sent → clear"
            " `deliver` to go on now; else the next night takes the rest"
        )
    if stopped is None:
        raise AirflowException(f"{name}: stopped before all was sent; goes on next try")
    if type(stopped) is DestinationStopped and not sent.rejected:
        raise AirflowException(str(stopped))
    raise stopped


def report(name: str) -> dict[str, object]:
    """Say how the day ended; fail unless it ended well."""
    from capi_jobs.jobs import steps  # noqa: PLC0415 - not while parsing

    context = get_current_context()
    with night(context, name) as at:
        closed = steps.close(at.house, at.run_id, at.destination, actor=at.actor)
        settings, link = at.house.settings, at.link
    counts = closed.as_json()
    log.info("closed: %s", counts)
    context["ti"].xcom_push(CLOSED, {**counts, "link": link})
    ended = Ended(name, closed, link, _failed_before(context, name))
    tell_of(settings, ended, context)
    if ended.wrong:
        raise ended.error()
    lineage.delivered(name, context["ti"].task)
    day, _ = day_of(context, settings)
    delivered = delivered_asset(name)
    extra: dict[str, Any] = {**counts, "day": day}
    context["outlet_events"][delivered].extra = extra
    return counts


def _failed_before(context: Context, name: str) -> frozenset[str]:
    """Name this destination's tasks that did not end well, and a refused token."""
    run, group = context["dag_run"], group_id(name)
    ids = [f"{group}.{task}" for task in ("assess", "approve", "deliver")]
    told = context["ti"].get_task_states(
        dag_id=run.dag_id, task_ids=ids, run_ids=[run.run_id]
    )
    states = told.get(run.run_id, {})
    stopped = context["ti"].xcom_pull(task_ids=ids[-1], key=STOPPED)
    refused = CredentialRefused.__name__ in (stopped or ())
    words = {
        task.removeprefix(f"{group}.").partition("_")[0]
        for task, state in states.items()
        if state in {"failed", "upstream_failed"}
    }
    return frozenset(words | ({CredentialRefused.__name__} if refused else set()))


@dataclass(slots=True)
class NightlyCase:
    """What the data owners are asked about one destination's day."""

    at: Night
    settings: Settings
    link: str
    asked: Asked

    @property
    def shown(self) -> str:
        """How many orders of which value the ledger would let go."""
        run = self.at.house.ledger.run(self.at.run_id)
        part = run.destinations[self.at.destination.name]
        worth = {c: str(value) for c, value in sorted(part.missing_values.items())}
        return f"{part.missing_count} {worth}"

    def keep(self, answer: Answer) -> None:
        """Write the answer into the ledger."""
        from capi_jobs.jobs import steps  # noqa: PLC0415 - not while parsing
        from capi_jobs.ledger.values import Decision  # noqa: PLC0415 - likewise

        decision = Decision.APPROVED if answer.approved else Decision.HELD
        steps.decide(
            self.at.house,
            self.at.run_id,
            self.at.destination.name,
            decision,
            actor=answer.actor,
            reason=answer.reason,
        )


@dataclass(frozen=True, slots=True)
class OpenNight:
    """Opens the case of one destination; known by its name when the DAG is written."""

    destination: str

    @contextmanager
    def __call__(self, context: Context) -> Iterator[NightlyCase]:
        from capi_jobs.jobs import steps  # noqa: PLC0415 - not while parsing

        with night(context, self.destination) as at:
            asked = steps.question(at.house, at.run_id, self.destination)
            _refuse_held(at)
            yield NightlyCase(at, at.house.settings, at.link, asked)


def _refuse_held(at: Night) -> None:
    """Let an approval that is cleared alone not look as if somebody had said yes."""
    from capi_jobs.ledger.values import Decision  # noqa: PLC0415 - not while parsing

    part = at.house.ledger.run(at.run_id).destinations[at.destination.name]
    if part.decision is Decision.HELD:
        raise DecisionRefused(
            f"{at.destination.name} was held, nothing is sent",
            ids=[at.run_id],
            do="clear `assess` with all that follows to ask anew",
        )
