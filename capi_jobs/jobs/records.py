"""What a run found, in the words that the ledger keeps."""

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime

from capi_jobs.coverage import FORECAST, SourceCoverage
from capi_jobs.gate import Gate
from capi_jobs.jobs.assessing import Assessed
from capi_jobs.ledger import values
from capi_jobs.validation import ExpectationResult


def new_run_id(now: datetime) -> str:
    """Make an id that sorts by time and can be typed: 20261123-031500-4f2a."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def assessment_of(found: Assessed, gate: Gate) -> values.Assessment:
    """Put what was found into the ledger's words; nothing personal is in it."""
    return values.Assessment(
        interval=found.interval,
        gate=values.Gate(gate.verdict),
        gate_reasons=[f"{reason.rule}: {reason.says}" for reason in gate.reasons],
        counts=found.reconciliation.counts,
        baselines=_baselines(found),
        validations=[_validation(result) for result in found.results],
        coverage=_coverage(found.told_coverage),
        advice=found.advice,
        days=found.days,
        due=found.due(),
    )


def _baselines(found: Assessed) -> list[values.LedgerCount]:
    then = found.reconciliation
    return [
        *(
            values.LedgerCount(
                one.day,
                one.currency,
                "entries",
                one.status,
                one.owed_as,
                one.entries,
                one.value,
            )
            for one in then.baseline_entries
        ),
        *(
            values.LedgerCount(
                one.day, one.currency, "holds", one.rule, "", one.holds, one.value
            )
            for one in then.baseline_holds
        ),
    ]


def _validation(result: ExpectationResult) -> values.Validation:
    return values.Validation(
        suite=result.suite,
        rule=result.rule,
        column=result.column,
        severity=result.severity,
        evaluated=result.evaluated,
        failed=result.failed,
        share=result.failed_share,
        samples=result.sample,
        passed=result.within,
    )


def _coverage(told: Sequence[SourceCoverage]) -> list[values.Coverage]:
    return [row for one in told for row in _source_rows(one)]


def _source_rows(one: SourceCoverage) -> Iterator[values.Coverage]:
    tenths = round(10 * one.forecast)
    yield values.Coverage(one.source, FORECAST, one.conversions, tenths, 0)
    for identifier, covered in one.keys.items():
        dropped = one.dropped.get(identifier, 0)
        yield values.Coverage(one.source, identifier, one.conversions, covered, dropped)
