"""Whether a run goes on or asks a data owner first: pure, no I/O, no clock.

It looks at counts only. Which rows are held is decided in `validation/`, what a
person answered stands in the ledger.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import median
from typing import Literal

from capi_jobs.validation.verdict import ExpectationResult

Figures = Mapping[str, int | float | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateLimits:
    """When to ask; `[gate]` of the configuration has the same names."""

    # Below a row in twenty it is the dirt of any shop; above, a column broke.
    bad_rows_share_max: float = 0.05
    # 2 bad rows of 10 are no share.
    bad_rows_floor: int = 20
    # Days differ by two, sales days by three; a pixel that broke multiplies by more.
    missing_growth_max: float = 3.0
    # A night's stray orders must not wake anybody.
    missing_floor: int = 100
    # A week of nightly runs: every weekday is among them.
    history_runs: int = 7
    # Sundays sell half, holidays a third of a usual day.
    source_shrink_max: float = 4.0
    ask_first_run: bool = True
    ask_without_sent_events: bool = True
    ask_empty_source: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a run found for one destination, before anything is sent."""

    destination: str
    days: float  # length of the interval
    source_orders: int
    missing_orders: int
    missing_value: Mapping[str, Decimal] = field(default_factory=dict)  # by currency
    bad_rows: int = 0
    checked_rows: int = 0
    results: Sequence[ExpectationResult] = ()
    has_sent_events: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAssessment:
    """What an earlier run of the same destination found."""

    days: float
    source_orders: int
    missing_orders: int
    missing_value: Mapping[str, Decimal] = field(default_factory=dict)
    passed: bool = True  # by itself, or because a person approved it


@dataclass(frozen=True, slots=True)
class GateReason:
    """One thing to look at; `rule` is stable, `says` is for people."""

    rule: str
    says: str
    figures: Figures = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gate:
    """The verdict with everything that speaks for asking."""

    verdict: Literal["pass", "ask"]
    reasons: tuple[GateReason, ...] = ()


def judge(
    found: Assessment,
    history: Sequence[PastAssessment],
    *,
    ever_approved: bool,
    limits: GateLimits,
) -> Gate:
    """Judge a run by itself and by the runs before it, newest first."""
    past = history[: limits.history_runs]
    # A run that a person turned down says nothing about what is usual.
    usual = [run for run in past if run.passed]
    reasons = (
        *_beginnings(found, usual, limits, ever_approved=ever_approved),
        *_bad_rows(found, limits),
        *_missing_orders(found, usual, limits),
        *_missing_value(found, usual, limits),
        *_source(found, usual, limits),
        *_expectations(found, limits),
    )
    return Gate("ask" if reasons else "pass", reasons)


def grown(
    approved_count: int,
    approved_value: Mapping[str, Decimal],
    now_count: int,
    now_value: Mapping[str, Decimal],
) -> GateReason | None:
    """Say so if more is missing than a person approved, in number or in value."""
    more = {
        currency: f"{value} > {approved_value.get(currency, Decimal(0))}"
        for currency, value in sorted(now_value.items())
        if value > approved_value.get(currency, Decimal(0))
    }
    if now_count <= approved_count and not more:
        return None
    return GateReason(
        "grown_since_approval",
        "more is missing now than was approved: look again, then approve again",
        {"approved_orders": approved_count, "missing_orders": now_count, **more},
    )


def log_stopped(shown: int, now: int, limits: GateLimits) -> GateReason | None:
    """Say so if far more is missing than when the gate passed: nobody was asked."""
    if now <= limits.missing_floor or now <= limits.missing_growth_max * shown:
        return None
    return GateReason(
        "grown_since_assessment",
        f"{now:,} orders are missing now, {shown:,} were when the gate passed: look"
        " whether a log of sent events stopped meanwhile",
        {"assessed_orders": shown, "missing_orders": now},
    )


def _beginnings(
    found: Assessment,
    usual: Sequence[PastAssessment],
    limits: GateLimits,
    *,
    ever_approved: bool,
) -> Iterator[GateReason]:
    if not found.missing_orders or ever_approved:
        return
    figures = {"missing_orders": found.missing_orders}
    if limits.ask_first_run and not usual:
        yield GateReason(
            "first_run",
            f"it is the first run of {found.destination}: until events sent before"
            " are known, everything looks missing",
            figures,
        )
    if limits.ask_without_sent_events and not found.has_sent_events:
        yield GateReason(
            "no_sent_events",
            f"no log of sent events covers {found.destination}: what others sent"
            " looks missing and would count twice under another event id",
            figures,
        )


def _bad_rows(found: Assessment, limits: GateLimits) -> Iterator[GateReason]:
    share = found.bad_rows / found.checked_rows if found.checked_rows else 0.0
    if found.bad_rows >= limits.bad_rows_floor and share > limits.bad_rows_share_max:
        yield GateReason(
            "bad_rows_share",
            f"{share:.1%} of the rows break a rule, more than"
            f" {limits.bad_rows_share_max:.1%}",
            {"bad_rows": found.bad_rows, "checked_rows": found.checked_rows},
        )


def _missing_orders(
    found: Assessment, usual: Sequence[PastAssessment], limits: GateLimits
) -> Iterator[GateReason]:
    if not usual or found.missing_orders <= limits.missing_floor:
        return
    now = found.missing_orders / _days(found)
    most = max(run.missing_orders / _days(run) for run in usual)
    if now > limits.missing_growth_max * most:
        yield GateReason(
            "missing_orders_far_from_usual",
            f"{now:,.0f} orders a day are missing; the most of the last"
            f" {len(usual)} run(s) was {most:,.0f}",
            {"missing_per_day": now, "most_before": most},
        )


def _missing_value(
    found: Assessment, usual: Sequence[PastAssessment], limits: GateLimits
) -> Iterator[GateReason]:
    if not usual or found.missing_orders <= limits.missing_floor:
        return
    most = _most_value(usual)
    # A new currency is measured against the largest known one.
    largest = max(most.values(), default=Decimal(0))
    for currency, value in sorted(found.missing_value.items()):
        now = value / Decimal(_days(found))
        before = most.get(currency, largest)
        if now > Decimal(limits.missing_growth_max) * before:
            yield GateReason(
                "missing_value_far_from_usual",
                f"{now:,.2f} {currency} a day are missing; the most of the last"
                f" {len(usual)} run(s) was {before:,.2f}",
                {"currency": currency, "value_per_day": f"{now:.2f}"},
            )


def _most_value(usual: Sequence[PastAssessment]) -> dict[str, Decimal]:
    most: dict[str, Decimal] = {}
    for run in usual:
        for currency, value in run.missing_value.items():
            daily = value / Decimal(_days(run))
            most[currency] = max(daily, most.get(currency, daily))
    return most


def _source(
    found: Assessment, usual: Sequence[PastAssessment], limits: GateLimits
) -> Iterator[GateReason]:
    if not found.source_orders:
        # Shops that sell nothing for a day exist: once approved, it is usual.
        known_empty = any(not run.source_orders for run in usual)
        if limits.ask_empty_source and not known_empty:
            yield GateReason(
                "source_empty",
                "the view of the orders is empty in this interval: look whether its"
                " load ran and the mapping is right",
            )
        return
    daily = [r.source_orders / r.days for r in usual if r.days >= 1]
    if not daily or found.days < 1:
        return  # hours differ by far more than days
    before, now = median(daily), found.source_orders / found.days
    if before >= _ORDERS_PER_DAY_MIN and now * limits.source_shrink_max < before:
        yield GateReason(
            "source_shrunk",
            f"the view has {now:,.0f} orders a day, usual are {before:,.0f}: look"
            " whether its load is complete",
            {"orders_per_day": now, "usual_per_day": before},
        )


def _expectations(found: Assessment, limits: GateLimits) -> Iterator[GateReason]:
    for result in found.results:
        warns = result.severity == "warning" and not result.within
        if warns and result.failed >= limits.bad_rows_floor:
            yield GateReason(
                f"expectation:{result.rule}",
                f"{result.says}, in {result.failed_share:.1%} of the rows; up to"
                f" {1 - result.mostly:.1%} is usual",
                {"failed": result.failed, "evaluated": result.evaluated},
            )


def _days(run: Assessment | PastAssessment) -> float:
    """Hours are not scaled up to days: a busy hour would look like a busy day."""
    return max(run.days, 1.0)


# Below it, chance alone makes days differ by the factor that asks.
_ORDERS_PER_DAY_MIN = 20
