"""An audit as JSON under stable names, documented in docs/audit.md.

Money is text, exact; times are ISO 8601 in UTC; every kind is always there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from capi_jobs.audit import Correction, CorrectionSum, Finding, Group
from capi_jobs.audit.health import DedupHealth
from capi_jobs.audit.inputs import Inputs
from capi_jobs.report.amounts import plain
from capi_jobs.report.as_json import balance_json
from capi_jobs.report.audits import AuditReport, Rate

Json = dict[str, Any]
# Shares are told to a thousandth of a percent.
_DIGITS = 5


def audits_json(reports: Iterable[AuditReport], generated_at: datetime) -> Json:
    """Return the whole audit."""
    told = tuple(reports)
    return {
        "generated_at": time_text(generated_at),
        "needs_person": any(one.needs_person for one in told),
        "closes": all(one.closes for one in told),
        "destinations": [_destination(one) for one in told],
    }


def _destination(one: AuditReport) -> Json:
    return {
        "name": one.destination,
        "platform": one.platform,
        "interval": {
            "start": time_text(one.interval.start),
            "end": time_text(one.interval.end),
        },
        "needs_person": one.needs_person,
        "rates": {rate.kind.value: _rate(rate) for rate in one.rates},
        "findings": [_group(group) for group in one.groups],
        "corrections": _corrected(one.corrected),
        "dedup": _health(one.health),
        "inputs": _inputs(one.inputs),
        "balance": _balance(one),
    }


def _rate(rate: Rate) -> Json:
    return {
        "orders": rate.orders,
        "share": round(rate.share, _DIGITS),
        "values": _values(rate.values),
        "earlier_shares": [round(one, _DIGITS) for one in rate.earlier],
    }


def _group(group: Group) -> Json:
    return {
        "kind": group.cause.kind.value,
        "cause": group.cause.name,
        "orders": group.orders,
        "values": _values(group.values),
        "detail": group.detail,
        "says": group.cause.says,
        "do": group.cause.do,
        "needs_person": group.cause.needs_person,
        "samples": list(group.samples),
    }


def _corrected(sums: Iterable[CorrectionSum]) -> Json:
    told = tuple(sums)
    return {
        "orders": sum(one.orders for one in told),
        "groups": [
            {
                "cause": one.cause,
                "currency": one.currency,
                "orders": one.orders,
                "overstated": plain(one.overstated, one.currency),
            }
            for one in told
        ],
    }


def _health(health: DedupHealth) -> Json:
    return {
        "channels": [
            {
                "channel": one.channel,
                "events": one.events,
                "with_id": one.with_id,
                "share": share(one.with_id, one.events),
            }
            for one in health.channels
        ],
        "both": health.both,
        "paired": health.paired,
        "paired_share": share(health.paired, health.both),
        "within_window": health.within_window,
        "window_seconds": _seconds(health.window),
        "apart_seconds": {
            "min": _seconds(health.apart_min),
            "median": _seconds(health.apart_median),
            "p95": _seconds(health.apart_p95),
            "max": _seconds(health.apart_max),
        },
    }


def _inputs(inputs: Inputs) -> Json:
    return {
        "orders": inputs.orders,
        "orders_around": inputs.orders_around,
        "logs": [{**asdict(log), "names": dict(log.names)} for log in inputs.logs],
        "notices": [asdict(notice) for notice in inputs.notices],
    }


def _balance(one: AuditReport) -> Json:
    return {
        **balance_json(one.total),
        "closes": one.closes,
        "days": [
            {
                "day": day.day and day.day.isoformat(),
                "closes": day.closes,
                **balance_json(day),
            }
            for day in one.days
        ],
        "remainder_orders": [
            {
                "order_id": left.order_id,
                "day": left.day and left.day.isoformat(),
                "currency": left.currency,
                "value": plain(left.value, left.currency),
                "why": left.why,
            }
            for left in one.remainder
        ],
    }


def finding_row(destination: str, finding: Finding) -> dict[str, str]:
    """Return one line of an export."""
    return {
        "destination": destination,
        "kind": finding.kind.value,
        "cause": finding.cause,
        "order_id": finding.order_id,
        "event_ids": " ".join(finding.event_ids),
        "day": finding.day.isoformat() if finding.day else "",
        "currency": finding.currency,
        "value": plain(finding.value, finding.currency),
        "detail": finding.detail,
    }


def correction_row(destination: str, one: Correction) -> dict[str, str]:
    """Return one line of the corrections that a platform is told by hand."""
    return {
        "destination": destination,
        "order_id": one.order_id,
        "event_id": one.event_id,
        "event_name": one.event_name,
        "cause": one.cause,
        "sent_at": time_text(one.sent_at) or "",
        "day": one.day.isoformat() if one.day else "",
        "currency": one.currency,
        "sent_value": plain(one.sent_value, one.currency),
        "true_value": plain(one.true_value, one.true_currency),
        "true_currency": one.true_currency,
        "overstated": plain(one.overstated, one.currency),
    }


FINDING_COLUMNS = (
    "destination kind cause order_id event_ids day currency value detail".split()
)
CORRECTION_COLUMNS = (
    "destination order_id event_id event_name cause sent_at day currency sent_value"
    " true_value true_currency overstated"
).split()


def _values(values: Mapping[str, Decimal]) -> dict[str, str]:
    return {code: plain(value, code) for code, value in sorted(values.items())}


def share(part: int, whole: int) -> float | None:
    """Return a share, or nothing of nothing."""
    return round(part / whole, _DIGITS) if whole else None


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def time_text(moment: datetime | None) -> str | None:
    """Write a time in UTC."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
