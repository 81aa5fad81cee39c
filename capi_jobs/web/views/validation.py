"""The validation report: how each expectation fared, beside the runs before.

What is told stands in `report/validations.py`. The same is a file, too.
"""

from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from capi_jobs.errors import DecisionRefused
from capi_jobs.report.cells import lines
from capi_jobs.report.qualities import shown_run
from capi_jobs.report.rule_words import words_by_suite
from capi_jobs.report.sentences import Level, count
from capi_jobs.report.validations import (
    COLUMNS,
    RuleReport,
    ValidationReport,
    Words,
    rows,
    validation_report,
)
from capi_jobs.web.office import Desk, Looked
from capi_jobs.web.page import API, Page, Shown
from capi_jobs.web.refusals import NotFound
from capi_jobs.web.views.parameters import OneDestination, RunId
from capi_jobs.web.views.run import found_run

# More lines in one picture are told apart by nobody.
_LINES_MAX = 4


class EarlierShare(Shown):
    """How an expectation fared in an earlier run."""

    run_id: str
    at: datetime
    evaluated: int
    failed: int
    share: float


class Rule(Shown):
    """One expectation, its words and how it fared."""

    suite: str
    rule: str
    column: str
    severity: str  # critical: holds the order; warning: asks; info: is counted
    evaluated: int
    failed: int
    share: float
    within_limit: bool  # of a warning, so many may fail
    broken: bool  # it holds orders, or too many fail
    change: float | None  # of the share, since the run before; null: unknown
    earlier: tuple[EarlierShare, ...]  # the newest first
    says: str
    do: str
    ask: str  # whom to ask
    order_ids: tuple[str, ...]  # examples, at most 20


class Validation(Shown):
    """All expectations of one destination in one run, the worst first."""

    run_id: str
    destination: str
    assessed_at: datetime
    level: Level
    says: str  # how the orders fared, in one sentence
    of_held_alone: bool  # nothing was ready: only held orders were looked at again
    rules: tuple[Rule, ...]

    @property
    def trend(self) -> list[Rule]:
        """The rules whose shares are worth a line beside the runs before."""
        moving = [
            rule
            for rule in self.rules
            if rule.severity != "info"
            and rule.earlier
            and (rule.failed or any(one.failed for one in rule.earlier))
        ]
        return moving[:_LINES_MAX]

    @property
    def points(self) -> list[dict[str, object]]:
        """What the lines are drawn through; `part` is the place of the rule, from 1."""
        return [
            {"part": str(place), "at": at.isoformat(), "number": round(100 * share, 3)}
            for place, rule in enumerate(self.trend, start=1)
            for at, share in [
                (self.assessed_at, rule.share),
                *((one.at, one.share) for one in rule.earlier),
            ]
        ]


class Latest(Shown):
    """The latest validation of one destination; without a run there was none."""

    destination: str
    run_id: str
    assessed_at: datetime | None
    level: Level
    says: str
    broken: tuple[Rule, ...]


class Validations(Shown):
    """The latest validation of each destination."""

    destinations: tuple[Latest, ...]


def read(desk: Looked, run_id: RunId, destination: OneDestination) -> Validation:
    """Look at the expectations of one run and destination."""
    report = _report(desk, run_id, destination)
    level, says = _headline(report)
    return Validation(
        run_id=report.run_id,
        destination=report.destination,
        assessed_at=report.assessed_at,
        level=level,
        says=says,
        of_held_alone=report.of_held_alone,
        rules=tuple(_rule(one) for one in report.rules),
    )


def read_latest(desk: Looked) -> Validations:
    """Look at the latest of each destination, as the report does."""
    words = _words(desk)
    return Validations(
        destinations=tuple(
            _latest(desk, one.name, words) for one in desk.settings.destinations
        )
    )


def csv(desk: Looked, run_id: RunId, destination: OneDestination) -> StreamingResponse:
    """Send the expectations of one run and destination as CSV, safe in any sheet."""
    told = lines([COLUMNS, *rows([_report(desk, run_id, destination)])])
    name = f"validation-{run_id}-{destination}.csv"
    return StreamingResponse(
        told, media_type="text/csv", headers={"content-disposition": _saved_as(name)}
    )


def _saved_as(name: str) -> str:
    kept = "".join(
        c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name
    )
    return f'attachment; filename="{kept}"'


def _words(desk: Desk) -> Words:
    return words_by_suite(desk.settings.validation.expectations)


def _report(desk: Desk, run_id: str, destination: str) -> ValidationReport:
    run = found_run(desk, run_id)
    try:
        return validation_report(desk.ledger, run.run_id, destination, _words(desk))
    except DecisionRefused as refused:
        raise NotFound(refused.what, do=refused.do, ids=refused.ids) from None


def _latest(desk: Desk, name: str, words: Words) -> Latest:
    run_id = shown_run(desk.ledger, name)
    if not run_id:
        return Latest(
            destination=name,
            run_id="",
            assessed_at=None,
            level="empty",
            says="No run has looked at any order yet.",
            broken=(),
        )
    report = validation_report(desk.ledger, run_id, name, words)
    level, says = _headline(report)
    return Latest(
        destination=name,
        run_id=run_id,
        assessed_at=report.assessed_at,
        level=level,
        says=says,
        broken=tuple(_rule(one) for one in report.broken),
    )


def _headline(report: ValidationReport) -> tuple[Level, str]:
    """Say in one sentence how the orders fared."""
    if not report.rules:
        return "empty", "This run had no order to look at."
    holding = sum(one.found.severity == "critical" for one in report.broken)
    warning = len(report.broken) - holding
    said = []
    if holding:
        hold = "holds" if holding == 1 else "hold"
        said.append(f"{count(holding, 'expectation')} {hold} orders back")
    if warning:
        said.append(f"of {warning:,} more orders fail than is usual")
    kept = len(report.rules) - len(report.broken)
    return (
        ("look", f"{'; '.join(said).capitalize()}. {kept:,} others are kept.")
        if said
        else ("good", f"All {kept:,} expectations are kept.")
    )


def _rule(one: RuleReport) -> Rule:
    found, words = one.found, one.words
    return Rule(
        suite=found.suite,
        rule=found.rule,
        column=found.column,
        severity=found.severity,
        evaluated=found.evaluated,
        failed=found.failed,
        share=found.share,
        within_limit=found.passed,
        broken=one.broken,
        change=one.change,
        earlier=tuple(
            EarlierShare(
                run_id=past.run_id,
                at=past.at,
                evaluated=past.evaluated,
                failed=past.failed,
                share=past.share,
            )
            for past in one.earlier
        ),
        says=words.says,
        do=words.do,
        ask=words.ask,
        order_ids=found.samples,
    )


PAGE = Page(
    path="/validation/{run_id}/{destination}",
    name="validation_of_run",
    title="Validation report",
    read=read,
    model=Validation,
    summary="How each expectation fared in a run, beside the runs before it.",
)
LATEST = Page(
    path="/validation",
    name="validation",
    title="Validation",
    read=read_latest,
    model=Validations,
    summary="The latest validation of each destination.",
    in_menu=True,
)
FILES = APIRouter()
FILES.add_api_route(
    f"{API}/validation/{{run_id}}/{{destination}}/rules.csv",
    csv,
    name="validation_csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    tags=["files"],
)
