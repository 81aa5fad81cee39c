"""The task in which data owners answer: nothing waits where nobody is asked.

What is asked, and what an answer does, is said by who uses it: `nightly.py` and
`reupload.py`. Names and comments go into the ledger, never into XCom.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowFailException, TaskAwaitingInput

from capi_jobs.airflow.entering import NOBODY
from capi_jobs.airflow.links import answer_link
from capi_jobs.airflow.notifying import tell
from capi_jobs.config import Settings
from capi_jobs.config.types import span_text

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

# A paragraph; the ledger shows it in one line of a history.
COMMENT_CHARACTERS_MAX = 500


class Asked(Protocol):
    """What somebody is asked."""

    @property
    def asked(self) -> bool:
        """Whether anybody is asked at all."""

    @property
    def subject(self) -> str:
        """One line."""

    @property
    def body(self) -> str:
        """Markdown."""

    @property
    def notice(self) -> str:
        """Why, in plain lines: mail and Slack show no Markdown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a data owner said, or what the configuration says for them."""

    approved: bool
    actor: str
    reason: str


class Case(Protocol):
    """What one approval is about, while the house is open."""

    settings: Settings
    link: str
    asked: Asked

    @property
    def shown(self) -> str:
        """What an approval would cover, as it stands now."""

    def keep(self, answer: Answer) -> None:
        """Write the answer into the ledger."""


# Opens the house for the run of this context.
OpenCase = Callable[[Mapping[str, Any]], AbstractContextManager[Case]]


class OwnersApproval(ApprovalOperator):
    """Asks the data owners where a question is open; else passes at once."""

    def __init__(
        self,
        *,
        about: str,
        opened: OpenCase,
        told: Settings,
        params: object = None,
        **others: Any,  # noqa: ANN401 - an operator's
    ) -> None:
        """Ask about one destination; who, and how long, is configured."""
        del params  # the DAG's own form, which Airflow puts in: no answer needs it
        airflow = told.airflow
        self.about, self.opened = about, opened
        self.unanswered = airflow.approval_unanswered
        self.patience: timedelta = airflow.approval_timeout
        super().__init__(
            subject=f"{about}: what would be sent?",
            body="Written when the task runs.",
            assigned_users=[{"id": who, "name": who} for who in airflow.data_owners],
            response_timeout=self.patience,
            params={"comment": _comment()},
            **others,
        )

    def execute(self, context: "Context") -> None:
        """Put the question, if there is one, and wait outside of any worker."""
        with self.opened(context) as case:
            asked, link, settings = case.asked, case.link, case.settings
            shown = case.shown if asked.asked else ""
        if not asked.asked:
            log.info("%s: nobody has to be asked", self.about)
            return
        self.subject, self.body = asked.subject, f"{asked.body}\n\n[Report]({link})\n"
        tell(
            settings,
            "needs_approval",
            subject=asked.subject,
            body=asked.notice,
            link=answer_link(context["ti"]),
            context=context,
        )
        try:
            super().execute(context)
        except TaskAwaitingInput as waits:
            # Comes back with the answer: who approves, approves what was shown.
            waits.kwargs = {"shown": shown}
            raise

    def execute_complete(
        self, context: "Context", event: dict[str, Any], shown: str = ""
    ) -> dict[str, str]:
        """Keep the answer; whatever is not a yes ends this task as failed.

        Where the ledger is away just then, the next try asks anew: no answer is lost
        without somebody noticing, and none is taken for another question.
        """
        if event.get("error_type") == "timeout":
            answer = self._silence(context)
        else:
            HITLOperator.execute_complete(self, context, event)
            answer = _answer(event, self.APPROVE)
        with self.opened(context) as case:
            if answer.approved and case.shown != shown:
                raise AirflowFailException(
                    f"{self.about}: what would be sent is another than was shown"
                    " → clear this task to ask again; nothing is sent"
                )
            case.keep(answer)
        if not answer.approved:
            raise AirflowFailException(
                f"{self.about}: held, nothing is sent. Who and why stands in the report"
            )
        return {"decision": "approved"}

    def _silence(self, context: "Context") -> Answer:
        """Do what the configuration says where nobody answered, and say so."""
        waited = span_text(self.patience)
        said = f"nobody answered within {waited}"
        does = _UNANSWERED[self.unanswered]
        with self.opened(context) as case:
            tell(
                case.settings,
                "needs_approval",
                subject=f"{self.about}: {said}",
                body=f"{said.capitalize()}: {does}",
                link=case.link,
                context=context,
            )
        if self.unanswered == "fail":
            raise AirflowFailException(f"{self.about}: {said}; {does}")
        return Answer(self.unanswered == "approve", NOBODY, f"{said}: {does}")


_UNANSWERED = {
    "hold": "the run is held and nothing is sent.",
    "fail": "the question stays open, nothing is sent; clear this task to ask again.",
    "approve": "as configured, what was shown is sent.",
}


def _comment() -> Param:
    # Without a default, Airflow's form would demand one.
    return Param(
        None,
        type=["null", "string"],
        maxLength=COMMENT_CHARACTERS_MAX,
        title="Comment",
        description="Kept in the ledger with your name. Nothing personal about buyers.",
    )


def _answer(event: Mapping[str, Any], approve: str) -> Answer:
    who = event.get("responded_by_user") or {}
    comment = str((event.get("params_input") or {}).get("comment") or "").strip()
    return Answer(
        approved=event["chosen_options"] == [approve],
        actor=str(who.get("name") or who.get("id") or NOBODY),
        reason=comment or "answered in Airflow, without a comment",
    )
