"""The report as JSON under stable names, documented in docs/report-json.md.

Money is text, exact; times are ISO 8601 in UTC; every class is always there.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from capi_jobs.coverage import Advice
from capi_jobs.ledger.values import Run, RunDestination
from capi_jobs.model import ClassCount
from capi_jobs.report.amounts import Amount, plain
from capi_jobs.report.balance import Balance, Fault, live, several
from capi_jobs.report.contents import (
    CLASS_WORDS,
    DestinationReport,
    Group,
    Groups,
    Report,
    RuleResult,
    Score,
    SourceKeys,
)

Json = dict[str, Any]


def report_json(report: Report) -> Json:
    """Return the whole report."""
    return {
        "generated_at": _time(report.generated_at),
        "timezone": report.timezone,
        "first_day": report.first_day.isoformat(),
        "last_day": report.last_day.isoformat(),
        "closes": report.closes,
        "destinations": [_destination(each) for each in report.destinations],
        "runs": [_run(run) for run in report.runs],
    }


def destination_json(name: str, platform: str, counts: Iterable[ClassCount]) -> Json:
    """Return the balance of one destination as `plan` counts it, nothing sent yet."""
    told = tuple(counts)
    dated = sorted({one.day for one in told if one.day is not None})
    undated = [None] if any(one.day is None for one in told) else []
    days = [
        live(
            Balance(destination=name, day=day), [one for one in told if one.day == day]
        )
        for day in [*dated, *undated]
    ]
    return _books(name, platform, several(name, days), days)


def _books(name: str, platform: str, whole: Balance, days: Iterable[Balance]) -> Json:
    return {
        "name": name,
        "platform": platform,
        **balance_json(whole),
        "days": [
            {
                "day": day.day and day.day.isoformat(),
                "run_id": day.run_id or None,
                "taken_at": _time(day.taken_at),
                **balance_json(day),
            }
            for day in days
        ],
    }


def balance_json(balance: Balance) -> Json:
    """Return every column with its orders and value."""
    return {
        "orders": balance.orders.orders,
        "values": _values(balance.orders),
        "classes": {each.value: _amount(balance[each]) for each in CLASS_WORDS},
        "reasons": {
            order_class.value: {why: _amount(each) for why, each in found.items()}
            for order_class, found in balance.reasons.items()
        },
        "recovered": _amount(balance.recovered),
        "remainder": _amount(balance.remainder),
        "faults": [_fault(fault) for fault in balance.faults],
    }


def _amount(amount: Amount) -> Json:
    return {"orders": amount.orders, "values": _values(amount)}


def _values(amount: Amount) -> dict[str, str]:
    return _texts(amount.values)


def _fault(fault: Fault) -> Json:
    return {
        "day": fault.day and fault.day.isoformat(),
        "run_id": fault.run_id,
        "class": fault.order_class.value,
        "reason": fault.reason,
        "currency": fault.currency,
        "orders": fault.orders,
        "value": plain(fault.value, fault.currency),
    }


def _destination(told: DestinationReport) -> Json:
    return {
        **_books(told.target.name, told.target.platform, told.total, told.days),
        "days_unseen": [day.isoformat() for day in told.days_unseen],
        "needs_person": told.needs_person,
        "runs_asking": list(told.asks),
        "shown_run": told.shown_run or None,
        "validation": [_rule(each) for each in told.validation],
        "quarantine": _groups(told.quarantine),
        "in_doubt": _groups(told.in_doubt),
        "rejected": _groups(told.rejected),
        "coverage": [_source(each) for each in told.coverage],
        "platform_scores": [_score(each) for each in told.scores],
    }


def _rule(result: RuleResult) -> Json:
    found, words = result.found, result.words
    return {
        "suite": found.suite,
        "rule": found.rule,
        "column": found.column,
        "severity": found.severity,
        "evaluated": found.evaluated,
        "failed": found.failed,
        "share": found.share,
        "passed": found.passed,
        "samples": list(found.samples),
        "says": words.says,
        "do": words.do,
        "ask": words.ask,
    }


def _groups(groups: Groups) -> Json:
    return {
        "orders": groups.orders,
        "groups": [_group(each) for each in groups.shown],
        "orders_not_shown": groups.left,
    }


def _group(group: Group) -> Json:
    return {
        "reason": group.reason,
        **_amount(group.amount),
        "oldest": _time(group.oldest),
        "by_itself": group.by_itself,
        "says": group.says,
        "do": list(group.do),
        "samples": list(group.samples),
    }


def _source(told: SourceKeys) -> Json:
    return {
        "source": told.source,
        "conversions": told.conversions,
        "forecast": told.forecast,
        "keys": {
            key.identifier: {"covered": key.covered, "dropped": key.dropped}
            for key in told.keys
        },
        "advice": told.advice and advice_json(told.advice),
    }


def advice_json(advice: Advice) -> Json:
    """Tell what one change would lift; `plan --json` has it in the same words."""
    return {
        "source": advice.source,
        "change": advice.change,
        "identifier": advice.identifier,
        "coverage": round(advice.before, 4),
        "coverage_after": round(advice.after, 4),
        "forecast": round(advice.forecast_before, 1),
        "forecast_after": round(advice.forecast_after, 1),
        "sampled": advice.sampled,
        "says": advice.says,
    }


def _score(told: Score) -> Json:
    return {
        "day": told.day.isoformat(),
        "event_name": told.event_name,
        "forecast": None if told.forecast is None else float(told.forecast),
        "score": float(told.score),
    }


def _run(run: Run) -> Json:
    return {
        "run_id": run.run_id,
        "kind": run.kind,
        "status": run.status.value,
        "actor": run.actor,
        "interval_start": _time(run.interval.start),
        "interval_end": _time(run.interval.end),
        "started_at": _time(run.started_at),
        "finished_at": _time(run.finished_at),
        "note": run.note,
        "destinations": [_part(part) for part in run.destinations.values()],
    }


def _part(part: RunDestination) -> Json:
    return {
        "name": part.destination,
        "status": part.status.value,
        "gate": part.gate and part.gate.value,
        "gate_reasons": list(part.gate_reasons),
        "decision": part.decision and part.decision.value,
        "decided_by": part.decided_by,
        "decided_reason": part.decided_reason,
        "decided_at": _time(part.decided_at),
        "missing": {
            "orders": part.missing_count or 0,
            "values": _texts(part.missing_values),
        },
        "requests": dict(part.requests),
        "note": part.note,
    }


def _texts(values: Mapping[str, Decimal]) -> dict[str, str]:
    return {code: plain(value, code) for code, value in sorted(values.items())}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
