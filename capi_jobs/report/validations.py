"""How the expectations fared in one run of a destination, beside the runs before it.

The words of a rule are in its suite (`rule_words.py`), examples are order ids. What
was delivered or held because of it is told elsewhere (`gather.py`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.past import Judged
from capi_jobs.ledger.values import Validation
from capi_jobs.report.contents import RuleWords

# A week of nights, and one more: a weekday is compared with itself.
RUNS_COMPARED = 8
COLUMNS = (
    "run_id",
    "destination",
    "assessed_at",
    "suite",
    "rule",
    "column",
    "severity",
    "evaluated",
    "failed",
    "share",
    "share_before",
    "within_limit",
    "says",
    "do",
    "ask",
    "order_ids",
)
# By suite and rule, see rule_words.py.
Words = Mapping[tuple[str, str], RuleWords]
_SEVERITIES = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class Earlier:
    """How an expectation fared in an earlier run."""

    run_id: str
    at: datetime
    evaluated: int
    failed: int
    share: float


@dataclass(frozen=True, slots=True)
class RuleReport:
    """One expectation: how it fared, what it means, and how it fared before."""

    found: Validation
    words: RuleWords
    earlier: tuple[Earlier, ...]  # the newest first

    @property
    def broken(self) -> bool:
        """Whether it holds orders, or more fail than is usual."""
        if self.found.severity == "critical":
            return bool(self.found.failed)
        return self.found.severity == "warning" and not self.found.passed

    @property
    def before(self) -> float | None:
        """Return the share that failed in the run before; None: it looked at none."""
        return next((one.share for one in self.earlier if one.evaluated), None)

    @property
    def change(self) -> float | None:
        """Return how much larger the share is than before; None: nothing to compare."""
        if self.before is None or not self.found.evaluated:
            return None
        return self.found.share - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationReport:
    """All expectations of one destination in one run, what holds most orders first."""

    run_id: str
    destination: str
    assessed_at: datetime
    rules: tuple[RuleReport, ...]
    # Nothing was ready to be sent: only what is held was looked at again.
    of_held_alone: bool

    @property
    def broken(self) -> tuple[RuleReport, ...]:
        """Return the rules that hold orders, or of which too many fail."""
        return tuple(one for one in self.rules if one.broken)


def validation_report(
    ledger: Ledger, run_id: str, destination: str, words: Words
) -> ValidationReport:
    """Collect the report; a run that did not judge this destination is refused."""
    part = ledger.run(run_id).destinations.get(destination)
    if part is None or part.assessed_at is None:
        raise DecisionRefused(
            f"the run has validated nothing for {destination}",
            ids=[run_id],
            do="look at another run",
        )
    judged = ledger.judged_before(run_id, destination, RUNS_COMPARED)
    found = ledger.validations_of(run_id, destination)
    rules = [
        RuleReport(
            one,
            words.get((one.suite, one.rule), RuleWords()),
            tuple(_earlier(one, judged)),
        )
        for one in found
    ]
    return ValidationReport(
        run_id=run_id,
        destination=destination,
        assessed_at=part.assessed_at,
        rules=tuple(sorted(rules, key=_worst_first)),
        of_held_alone=bool(found) and not ledger.coverage_of(run_id, destination),
    )


def _earlier(found: Validation, judged: Iterable[Judged]) -> Iterator[Earlier]:
    for run in judged:
        for one in run.found:
            if (one.suite, one.rule) == (found.suite, found.rule):
                yield Earlier(
                    run.run_id, run.assessed_at, one.evaluated, one.failed, one.share
                )


def _worst_first(one: RuleReport) -> tuple[bool, bool, int, int, str]:
    found = one.found
    rank = _SEVERITIES.index(found.severity) if found.severity in _SEVERITIES else 0
    return not one.broken, not found.failed, rank, -found.failed, found.rule


def rows(reports: Iterable[ValidationReport]) -> Iterator[Sequence[object]]:
    """Write a row for each expectation, fit for COLUMNS."""
    for report in reports:
        for one in report.rules:
            found, words = one.found, one.words
            yield (
                report.run_id,
                report.destination,
                report.assessed_at.isoformat(),
                found.suite,
                found.rule,
                found.column,
                found.severity,
                found.evaluated,
                found.failed,
                f"{found.share:.6f}",
                "" if one.before is None else f"{one.before:.6f}",
                "yes" if found.passed else "no",
                words.says,
                words.do,
                words.ask,
                " ".join(found.samples),
            )


def validation_json(report: ValidationReport) -> dict[str, Any]:
    """Tell it under stable names, those of the page's own JSON."""
    return {
        "run_id": report.run_id,
        "destination": report.destination,
        "assessed_at": report.assessed_at.isoformat(),
        "of_held_alone": report.of_held_alone,
        "rules": [_rule_json(one) for one in report.rules],
    }


def _rule_json(one: RuleReport) -> dict[str, Any]:
    found, words = one.found, one.words
    earlier = [asdict(past) | {"at": past.at.isoformat()} for past in one.earlier]
    return {
        "suite": found.suite,
        "rule": found.rule,
        "column": found.column,
        "severity": found.severity,
        "evaluated": found.evaluated,
        "failed": found.failed,
        "share": found.share,
        "within_limit": found.passed,
        "broken": one.broken,
        "change": one.change,
        "earlier": earlier,
        "says": words.says,
        "do": words.do,
        "ask": words.ask,
        "order_ids": list(found.samples),
    }
