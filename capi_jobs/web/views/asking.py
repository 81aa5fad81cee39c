"""What the gate asked about one destination of a run, and what was answered.

How somebody answers here is `deciding.py`; what the gate asks about, `gate.py`.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime

import orjson
from fastapi import Request

from capi_jobs.ledger import Ledger
from capi_jobs.ledger.values import Decision, Gate, Run, RunDestination, RunStatus
from capi_jobs.report.amounts import plain
from capi_jobs.report.remedies import of_gate
from capi_jobs.web.amounts import Worth
from capi_jobs.web.page import Shown

# The kinds whose tasks deliver in Airflow: one of them waits for the answer there.
AIRFLOWS = frozenset({"nightly"})
_UNFINISHED = frozenset({RunStatus.WAITING, RunStatus.FAILED, RunStatus.INTERRUPTED})


class GateReason(Shown):
    """One thing that speaks for asking a person."""

    rule: str
    says: str


class Asking(Shown):
    """What the gate said, what was answered, and what can be done now."""

    gate: Gate | None  # null: nobody judged it
    reasons: tuple[GateReason, ...]
    due: Worth  # what would be sent, as it was judged
    decision: Decision | None
    decided_by: str
    decided_reason: str
    decided_at: datetime | None
    approved: Worth | None  # how far the approval goes
    waits: bool  # whether the question is open
    in_airflow: bool  # the answer belongs to Airflow's own task
    airflow_at: str  # where that is; empty: these pages do not know
    newer_run: str  # a later one has looked at some of these days since
    question: str  # what an answer is about: another, when more would be sent
    approve_command: str
    hold_command: str
    undelivered: bool  # approved, and the approval's command has not sent all


def asking(
    request: Request,
    ledger: Ledger,
    run: Run,
    part: RunDestination,
    usual: Mapping[str, int],
) -> Asking:
    """Tell what stands between the orders that were found and their delivery."""
    approve, hold = of_gate(run.run_id, part.destination)
    approved = part.decision is Decision.APPROVED
    in_airflow = run.kind in AIRFLOWS
    return Asking(
        gate=part.gate,
        reasons=tuple(map(_reason, part.gate_reasons)),
        due=Worth.given(part.missing_count or 0, part.missing_values, usual),
        decision=part.decision,
        decided_by=part.decided_by or "",
        decided_reason=part.decided_reason or "",
        decided_at=part.decided_at,
        approved=(
            Worth.given(part.approved_count or 0, part.approved_values, usual)
            if approved
            else None
        ),
        waits=waits(part),
        in_airflow=in_airflow,
        airflow_at=getattr(request.app.state, "airflow_at", ""),
        newer_run=_newer(ledger, part),
        question=question_of(part),
        approve_command=approve,
        hold_command=hold,
        undelivered=approved and part.status in _UNFINISHED and not in_airflow,
    )


def waits(part: RunDestination) -> bool:
    """Whether the question is open."""
    return part.gate is Gate.ASK and part.decision is None


def question_of(part: RunDestination) -> str:
    """Return a digest of what is asked, so that an answer is to nothing else."""
    values = {code: plain(value, code) for code, value in part.missing_values.items()}
    told = [part.destination, part.missing_count, values, part.gate_reasons]
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _newer(ledger: Ledger, part: RunDestination) -> str:
    [*newest] = ledger.recent_assessments(part.destination, 1, over=part.interval)
    for one in newest:
        if one.run_id != part.run_id and _later(one, part):
            return one.run_id
    return ""


def _later(one: RunDestination, other: RunDestination) -> bool:
    at, then = one.assessed_at, other.assessed_at
    return at is not None and then is not None and at > then


def _reason(reason: str | Mapping[str, object]) -> GateReason:
    if isinstance(reason, Mapping):
        rule, says = str(reason.get("rule", "")), str(reason.get("says", ""))
    else:
        rule, _, says = reason.partition(": ")
    return GateReason(rule=rule, says=says or rule)
