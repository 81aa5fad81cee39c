"""A data owner answers a run that asks: approve what was shown, or hold it.

An approval is written down; `capi-jobs approve` delivers under it, and counts again
before it does. A run of Airflow is answered by its own task, which waits for it.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger.values import Decision, Run, RunDestination
from capi_jobs.report.remedies import of_gate
from capi_jobs.web.access import (
    Looking,
    Person,
    refuse_foreign,
    refuse_forged,
    refuse_viewer,
)
from capi_jobs.web.office import Desk, office_of
from capi_jobs.web.page import API, Shown
from capi_jobs.web.refusals import NotFound
from capi_jobs.web.rendering import Addresses
from capi_jobs.web.views.asking import AIRFLOWS, question_of
from capi_jobs.web.views.parameters import TEXT_MAX, Kept, RunId

# A paragraph, as in Airflow's form: the ledger shows it in one line of a history.
REASON_MAX = 500
# A digest and a signed name are shorter.
_TOKEN_MAX = 1_000
_SEE_OTHER = 303

ROUTER = APIRouter()
Text = Annotated[str, Field(max_length=TEXT_MAX), Kept]
Reason = Annotated[str, Field(min_length=1, max_length=REASON_MAX), Kept]
Token = Annotated[str, Field(max_length=_TOKEN_MAX)]


class Answer(BaseModel):
    """A data owner's answer to what one destination of a run asks."""

    model_config = ConfigDict(extra="forbid")

    destination: Text
    decision: Decision
    reason: Reason
    question: Token = Field(description="`asking.question` of the run, as it was shown")


class AnswerForm(Answer):
    """The same, as the form of the page sends it."""

    token: Token


class Answered(Shown):
    """What was kept."""

    run_id: str
    destination: str
    decision: Decision
    next: str  # the command that delivers; empty: nothing is sent


@ROUTER.post("/runs/{run_id}/decision", name="decide", include_in_schema=False)
def decide(
    request: Request,
    person: Looking,
    run_id: RunId,
    answer: Annotated[AnswerForm, Form()],
) -> Response:
    """Write the answer down, and show the run."""
    refuse_viewer(person)
    refuse_foreign(request, person, answer.token)
    _keep(request, person, run_id, answer)
    return RedirectResponse(Addresses(request)("run", run_id=run_id), _SEE_OTHER)


@ROUTER.post(
    f"{API}/runs/{{run_id}}/decision",
    tags=["decisions"],
    summary="Approve what one destination of a waiting run would be sent, or hold it.",
)
def decide_json(
    request: Request, person: Looking, run_id: RunId, answer: Answer
) -> Answered:
    """Write the answer down; `next` is what sends."""
    refuse_viewer(person)
    refuse_forged(request, person)
    _keep(request, person, run_id, answer)
    approve, _ = of_gate(run_id, answer.destination)
    return Answered(
        run_id=run_id,
        destination=answer.destination,
        decision=answer.decision,
        next=approve if answer.decision is Decision.APPROVED else "",
    )


def _keep(request: Request, person: Person, run_id: str, answer: Answer) -> None:
    """Keep the answer, if the question is the one that was shown."""
    with office_of(request).deciding() as desk:
        run, part = _part(desk, run_id, answer.destination)
        _refuse_another(run, part, answer.question)
        desk.ledger.decide(
            run_id,
            answer.destination,
            answer.decision,
            actor=person.name,
            reason=answer.reason.strip(),
            now=desk.now,
            shown=part,
        )
        desk.ledger.tell_run(run_id, now=desk.now)


def _part(desk: Desk, run_id: str, destination: str) -> tuple[Run, RunDestination]:
    if desk.ledger.is_run(run_id):
        run = desk.ledger.run(run_id)
        if destination in run.destinations:
            return run, run.destinations[destination]
    raise NotFound("there is no such run of this destination", ids=[run_id])


def _refuse_another(run: Run, part: RunDestination, question: str) -> None:
    if run.kind in AIRFLOWS:
        raise DecisionRefused(
            "a task of Airflow waits for this answer, and delivers after it",
            ids=[run.run_id],
            do="answer it in Airflow",
        )
    if question != question_of(part):
        raise DecisionRefused(
            f"what {part.destination} would be sent is another than was shown",
            ids=[run.run_id],
            do="look at the run again, then decide",
        )
