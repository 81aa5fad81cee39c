"""The trace of one order as JSON under stable names, documented in docs/audit.md."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from capi_jobs.audit import BY_NAME, Finding
from capi_jobs.ledger.values import HoldRow, Override
from capi_jobs.reconcile import AskedOrder
from capi_jobs.report.audit_json import correction_row, finding_row, time_text
from capi_jobs.report.traces import Trace, TracedDestination, TracedOrder

Json = dict[str, Any]
EVENT = (
    "log channel event_name event_id order_id event_time value currency items".split()
)
ENTRY = (
    "event_name event_id event_time day value currency owed_as status reason trace_id"
    " attempts batch_id run_id first_sent_at last_sent_at"
).split()
MOVE = (
    "at destination batch_id from_status event to_status actor reason trace_id run_id"
).split()


def trace_json(trace: Trace) -> Json:
    """Return all that is known."""
    return {
        "order_id": trace.order_id,
        "known": trace.known,
        "needs_person": trace.broken,
        "order": trace.order and _order(trace.order),
        "destinations": [_destination(one) for one in trace.destinations],
        "history": [_picked(move, MOVE) for move in trace.history],
    }


def _order(order: TracedOrder) -> Json:
    return {
        "facts": dict(order.facts),
        "filled": list(order.filled),
        "empty": list(order.empty),
        "rows": order.rows,
    }


def _destination(one: TracedDestination) -> Json:
    name = one.destination.name
    return {
        "name": name,
        "platform": one.destination.platform,
        "decision": one.decision and _decision(one.decision),
        "events": [_picked(event, EVENT) for event in one.events],
        "entries": [_picked(entry, ENTRY) for entry in one.entries],
        "hold": one.hold and _hold(one.hold),
        "override": one.override and _override(one.override),
        "findings": [_finding(name, finding) for finding in one.findings],
        "corrections": [correction_row(name, wrong) for wrong in one.corrections],
        "counted": asdict(one.counted),
    }


def _decision(decision: AskedOrder) -> Json:
    return {
        "class": decision.order_class.value,
        "reason": decision.reason,
        "event_id": decision.event_id,
        "day": decision.day and decision.day.isoformat(),
        "bar": decision.bar,
    }


def _hold(hold: HoldRow) -> Json:
    return {
        "rule": hold.rule,
        "message": hold.message,
        "first_seen_at": time_text(hold.first_seen_at),
        "last_seen_at": time_text(hold.last_seen_at),
    }


def _override(word: Override) -> Json:
    return {
        "decision": word.decision,
        "actor": word.actor,
        "reason": word.reason,
        "at": time_text(word.at),
    }


def _finding(name: str, finding: Finding) -> Json:
    cause = BY_NAME[finding.kind, finding.cause]
    row = finding_row(name, finding)
    names = "kind cause currency value detail".split()
    told = {"says": cause.says, "do": cause.do, "needs_person": cause.needs_person}
    return {key: row[key] for key in names} | told


def _picked(row: Mapping[str, Any], names: list[str]) -> Json:
    return {name: _plain(row.get(name)) for name in names}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.value if isinstance(value, StrEnum) else value
