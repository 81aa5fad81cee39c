"""What validation found: plain data, safe to store and show.

Nothing here ever holds a value of a row: samples are order ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Severity = Literal["critical", "warning", "info"]

# Enough to see a pattern, few enough for a report's cell.
SAMPLE_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationResult:
    """How one rule fared: so many rows looked at, so many failed."""

    suite: str
    rule: str
    column: str
    severity: Severity
    evaluated: int  # rows to which the rule applies
    failed: int
    mostly: float = 1.0  # the share that must pass; for warnings, else the gate asks
    says: str = ""
    do: str = ""
    ask: str = ""
    sample: tuple[str, ...] = ()  # order ids, cut

    @property
    def failed_share(self) -> float:
        """Share of the rows looked at that failed; nothing looked at is no failure."""
        return self.failed / self.evaluated if self.evaluated else 0.0

    @property
    def within(self) -> bool:
        """Whether enough rows pass."""
        return self.failed_share <= 1 - self.mostly + _ROUNDING

    def plus(self, other: "ExpectationResult") -> "ExpectationResult":
        """Add what the same rule found on another page."""
        worst = min(self.severity, other.severity, key=SEVERITIES.index)
        return replace(
            self,
            severity=worst,
            evaluated=self.evaluated + other.evaluated,
            failed=self.failed + other.failed,
            sample=(self.sample + other.sample)[:SAMPLE_MAX],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteVerdict:
    """What one page of rows, or many, looked like to one suite."""

    rows: int = 0
    held: int = 0
    # Row of the page → the rules that hold it, in the suite's order.
    failures: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    results: tuple[ExpectationResult, ...] = ()
    messages: Mapping[str, str] = field(default_factory=dict)

    def merge(self, page: "SuiteVerdict") -> "SuiteVerdict":
        """Add up counts; `failures` are dropped, they name rows of one page only."""
        totals = {(r.suite, r.rule): r for r in self.results}
        for result in page.results:
            key = result.suite, result.rule
            totals[key] = totals[key].plus(result) if key in totals else result
        return SuiteVerdict(
            rows=self.rows + page.rows,
            held=self.held + page.held,
            results=tuple(totals.values()),
            messages={**self.messages, **page.messages},
        )


SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
# 1 - 0.9 is a little less than 0.1 in binary; no page has a billion rows.
_ROUNDING = 1e-9
