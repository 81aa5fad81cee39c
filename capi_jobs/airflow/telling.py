"""What is told of a destination's day, and when: each event once, not at every try.

Who hears of it, and how, is `notifying.py`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from capi_jobs.airflow.notifying import tell
from capi_jobs.config import Settings, load
from capi_jobs.config.scheduling import Occasion
from capi_jobs.errors import CapiJobsError, ConfigFault, CredentialRefused

if TYPE_CHECKING:
    from capi_jobs.jobs.steps import Closed


class EndedBadly(AirflowFailException):
    """What a person must look at; says what is to be told, and where more stands."""

    def __init__(self, sentence: str, event: Occasion | None, link: str) -> None:
        super().__init__(sentence)
        self.event, self.link = event, link


@dataclass(frozen=True, slots=True)
class Ended:
    """How a destination's day ended, in words."""

    name: str
    closed: "Closed"
    link: str
    failed: Collection[str]  # tasks, and `CredentialRefused` where a token was

    @property
    def wrong(self) -> bool:
        """Whether this day must not be green."""
        return bool(self.failed) or self.status != "done" or not self.closed.closes

    @property
    def status(self) -> str:
        """How the ledger says that it stands."""
        return str(self.closed.status)

    @property
    def event(self) -> Occasion | None:
        """What is told of it. Who held a run knows so."""
        if CredentialRefused.__name__ in self.failed:
            return "token_refused"
        if self.status == "held":
            return None
        return "needs_approval" if self.status == "waiting" else "failed"

    @property
    def sentence(self) -> str:
        """Say what is wrong and what to do, without anybody's words or names."""
        note = f" ({self.closed.note})" if self.closed.note else ""
        if self.status == "done" and not self.closed.closes:
            return f"{self.name}: its books do not close → report a bug"
        if self.status == "done":
            told = ", ".join(sorted(self.failed))
            return f"{self.name}: failed in {told} → see that task's log, then clear it"
        return f"{self.name}: {_WORDS.get(self.status, self.status)}{note}"

    def error(self) -> EndedBadly:
        """Return what the task ends with."""
        return EndedBadly(self.sentence, self.event, self.link)


_WORDS = {
    "failed": "not all was sent → mend what the log of `deliver` names, then clear it",
    "held": "held by a data owner, nothing was sent → clear `assess` to ask anew",
    "waiting": "waits for an approval → clear `assess`, which asks again",
    "interrupted": "broke off → clear `deliver`: what was sent is not sent again",
    "running": "broke off → clear `deliver`: what was sent is not sent again",
}


def tell_of(settings: Settings, ended: Ended, context: Any) -> None:  # noqa: ANN401
    """Tell what needs an eye: doubts, and books that do not close."""
    closed, name, link = ended.closed, ended.name, ended.link
    if closed.in_doubt.orders:
        tell(
            settings,
            "in_doubt",
            subject=f"{name}: {closed.in_doubt.orders:,} orders in doubt",
            body="Sent, but the answer was lost. The next runs send them again while"
            " the platform still knows their ids; then a person decides.",
            link=link,
            context=context,
        )
    if not closed.closes:
        tell(
            settings,
            "balance_open",
            subject=f"{name}: the books do not close",
            body="An order stands in no column, or in two: please report a bug.",
            link=link,
            context=context,
        )


def tell_failed(context: Any) -> None:  # noqa: ANN401 - Airflow's context
    """Tell, once, that a task failed for good: `on_failure_callback`."""
    error = context.get("exception")
    ours = error if isinstance(error, EndedBadly) else None
    event: Occasion | None = ours.event if ours else "failed"
    try:
        settings = load()
    except ConfigFault:
        return  # who is to be told stands in what cannot be read
    if event is None:
        return
    task, run = context["ti"], context["dag_run"]
    tell(
        settings,
        event,
        subject=f"{task.dag_id}: {task.task_id} failed",
        body=f"{_words(error)}\nRun {run.run_id}",
        link=(ours.link if ours else "") or task.log_url,
        context=context,
    )


def _words(error: object) -> str:
    """Say what went wrong in our own words: those of a library may hold a row."""
    if isinstance(error, CapiJobsError | AirflowException):
        return str(error)
    return type(error).__name__ if error else "It was killed."
