"""A data owner answers a run that asks: approve what was shown, or hold it.

An approval is written down; `capi-jobs approve` delivers under it, and counts again
before it does. A run of Airflow is answered by its own task, which waits for it.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger.values import Decision, Run, RunDestination
from capi_jobs.web.access import Looking, refuse_foreign, refuse_viewer
from capi_jobs.web.office import Desk, office_of
from capi_jobs.web.refusals import NotFound
from capi_jobs.web.rendering import Addresses
from capi_jobs.web.views.asking import AIRFLOWS, question_of
from capi_jobs.web.views.parameters import TEXT_MAX, RunId

# A paragraph, as in Airflow's form: the ledger shows it in one line of a history.
REASON_MAX = 500
# A digest and a signed name are shorter.
_TOKEN_MAX = 1_000
_SEE_OTHER = 303

ROUTER = APIRouter()


@ROUTER.post("/runs/{run_id}/decision", name="decide", include_in_schema=False)
def decide(  # noqa: PLR0913, PLR0917 - the fields of the form
    request: Request,
    person: Looking,
    run_id: RunId,
    destination: Annotated[str, Form(max_length=TEXT_MAX)],
    decision: Annotated[Decision, Form()],
    reason: Annotated[str, Form(max_length=REASON_MAX)],
    question: Annotated[str, Form(max_length=_TOKEN_MAX)],
    token: Annotated[str, Form(max_length=_TOKEN_MAX)],
) -> Response:
    """Write the answer down, if the question is the one that was shown."""
    refuse_viewer(person)
    refuse_foreign(request, person, token)
    with office_of(request).deciding() as desk:
        run, part = _part(desk, run_id, destination)
        _refuse_another(run, part, question)
        desk.ledger.decide(
            run_id,
            destination,
            decision,
            actor=person.name,
            reason=reason.strip(),
            now=desk.now,
            shown=part,
        )
        desk.ledger.tell_run(run_id, now=desk.now)
    return RedirectResponse(Addresses(request)("run", run_id=run_id), _SEE_OTHER)


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
