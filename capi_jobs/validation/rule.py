"""A rule, what it found, and what is wrong with one; reading lives in `suites.py`."""

from dataclasses import dataclass
from typing import Any

from capi_jobs.validation.verdict import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One expectation of a suite, ready to run."""

    suite: str
    name: str
    column: str
    severity: Severity
    mostly: float
    says: str
    do: str
    ask: str
    expectation: Any  # Great Expectations'
    columns: frozenset[str] | None = None  # those it looks at; none: any


@dataclass(frozen=True, slots=True)
class Found:
    """What one rule found in one frame; `rows` only where the rule may hold them."""

    evaluated: int = 0
    failed: int = 0
    rows: tuple[int, ...] = ()
    error: str = ""  # why the rule could not be run; no value of a row in it


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one file or one expectation of it."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"
