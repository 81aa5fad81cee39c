"""What ninety nights leave in a ledger beside entries: runs, findings, quarantine.

The entries and their batches are in ledger_rows.py.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Table

from benchmarks.ledger_lots import (
    CURRENCIES,
    DAYS,
    DESTINATIONS,
    NOW,
    Row,
    day_of,
    run_id,
)
from capi_jobs.ledger.findings import (
    audits,
    balances,
    baselines,
    coverage,
    readings,
    run_destinations,
    runs,
    validations,
)
from capi_jobs.ledger.schema import holds, overrides
from capi_jobs.model import OrderClass

OPEN_HOLDS, ENDED_HOLDS, OVERRIDES = 50_000, 100_000, 5_000
RULES = ("value_negative", "value_extreme", "email_invalid", "phone_invalid")
CHECKS, IDENTIFIERS = 30, 15
# A night looks back so far: its balance tells of so many days.
LOOK_BACK = 7
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_PARTS = [(night, name) for night in range(DAYS) for name in DESTINATIONS]


def nights() -> Iterator[tuple[Table, Iterator[Row]]]:
    """Name each table with its rows, those that others refer to first."""
    yield runs, _runs()
    yield run_destinations, _run_destinations()
    yield balances, _balances()
    yield baselines, _baselines()
    yield validations, _validations()
    yield coverage, _coverage()
    yield readings, _readings()
    yield audits, _audits()
    yield holds, _holds()
    yield overrides, _overrides()


def _runs() -> Iterator[Row]:
    for night in range(DAYS):
        began = NOW - night * _DAY
        yield {
            "run_id": run_id(night),
            "kind": "run",
            "interval_start": began - LOOK_BACK * _DAY,
            "interval_end": began,
            "started_at": began,
            "finished_at": began + _HOUR,
            "actor": "scheduler",
            "status": "done",
        }


def _run_destinations() -> Iterator[Row]:
    for night, name in _PARTS:
        began = NOW - night * _DAY
        asks = night % 30 == 0
        yield {
            **_key(night, name),
            "interval_start": began - LOOK_BACK * _DAY,
            "interval_end": began,
            "day_first": day_of(night + LOOK_BACK - 1),
            "day_last": day_of(night),
            "status": "waiting" if asks and not night else "done",
            "assessed_at": began,
            "gate": "ask" if asks else "pass",
            "gate_reasons": ["more is missing than usual"] if asks else [],
            "missing_count": 18_000,
            "missing_values": {"EUR": "18000.00"},
            "decision": "approved" if asks and night else None,
            "decided_by": "dora" if asks and night else None,
            "decided_reason": "plausible" if asks and night else None,
            "decided_at": began + _HOUR if asks and night else None,
            "approved_values": {},
            "requests": {"requests": 20},
        }


def _key(night: int, destination: str) -> Row:
    return {"run_id": run_id(night), "destination": destination}


def _cells(night: int) -> Iterator[tuple[date, str]]:
    for back in range(LOOK_BACK):
        for currency in dict.fromkeys(CURRENCIES):
            yield day_of(night + back), currency


def _balances() -> Iterator[Row]:
    for night, name in _PARTS:
        for day, currency in _cells(night):
            for each in OrderClass:
                yield {
                    **_key(night, name),
                    "day": day,
                    "currency": currency,
                    "class": each,
                    "reason": "",
                    "orders": 1_000,
                    "value": Decimal("100000.00"),
                    "taken_at": NOW - night * _DAY,
                }


def _baselines() -> Iterator[Row]:
    for night, name in _PARTS:
        for day, currency in _cells(night):
            for status in ("delivered", "in_doubt", "rejected"):
                yield {
                    **_key(night, name),
                    "day": day,
                    "currency": currency,
                    "kind": "entries",
                    "name": status,
                    "owed_as": "missing",
                    "orders": 1_000,
                    "value": Decimal("100000.00"),
                }


def _validations() -> Iterator[Row]:
    for night, name in _PARTS:
        for check in range(CHECKS):
            yield {
                **_key(night, name),
                "suite": "orders",
                "rule": f"rule_{check}",
                "severity": "warning",
                "evaluated": 18_000,
                "failed": check,
                "share": check / 18_000,
                "samples": [f"DE-{10**8 + n}" for n in range(20)],
                "passed": not check,
            }


def _coverage() -> Iterator[Row]:
    for night, name in _PARTS:
        for source in ("missing", "enrichment"):
            for number in range(IDENTIFIERS):
                yield {
                    **_key(night, name),
                    "source": source,
                    "identifier": f"key_{number}",
                    "orders": 18_000,
                    "covered": 17_000 - number,
                    "dropped": number,
                }


def _readings() -> Iterator[Row]:
    for name in DESTINATIONS:
        for hour in range(DAYS * 24):
            start = NOW - hour * _HOUR
            yield _reading(name, "events", start, short=int(hour % 40 == 0))
            if hour % 24 == 0:
                yield _reading(name, "match_quality", start, short=0)


def _reading(name: str, metric: str, start: datetime, *, short: int) -> Row:
    return {
        "destination": name,
        "metric": metric,
        "event_name": "Purchase",
        "starts_at": start,
        "ends_at": start,
        "ours": Decimal(750),
        "theirs": Decimal(750 - short),
        "short": short,
        "verdict": "short" if short else "arrived",
        "why": "",
        "taken_at": min(NOW, start + 2 * _DAY),
    }


def _audits() -> Iterator[Row]:
    for night, name in _PARTS:
        for kind in ("duplicated", "missing", "misfiring", "misaligned"):
            yield {
                "destination": name,
                "starts_at": NOW - (night + 1) * _DAY,
                "ends_at": NOW - night * _DAY,
                "kind": kind,
                "found": 100,
                "orders": 200_000,
                "taken_at": NOW - night * _DAY,
            }


def _holds() -> Iterator[Row]:
    for n in range(OPEN_HOLDS + ENDED_HOLDS):
        night, is_open = n % DAYS, n < OPEN_HOLDS
        yield {
            "destination": DESTINATIONS[n % 3],
            "order_id": f"HELD-{10**7 + n}",
            "rule": RULES[n // 3 % len(RULES)],
            "rules": [RULES[n // 3 % len(RULES)]],
            "message": "says what is wrong with the row",
            "day": day_of(night),
            "value": Decimal(n % 30_000) / 100,
            "currency": CURRENCIES[n % len(CURRENCIES)],
            "run_first_seen": run_id(night),
            "run_last_seen": run_id(0),
            "first_seen_at": NOW - night * _DAY,
            "last_seen_at": NOW,
            "ended_at": None if is_open else NOW,
            "ended_how": None if is_open else "mended",
        }


def _overrides() -> Iterator[Row]:
    for n in range(OVERRIDES):
        yield {
            "destination": DESTINATIONS[n % 3],
            "order_id": f"HELD-{10**7 + OPEN_HOLDS + n}",
            "decision": "block" if n % 10 == 0 else "release",
            "rule": "*",
            "actor": "dora",
            "reason": "looked at it",
            # Some dozen at once, as people do.
            "at": NOW - n // 12 * _HOUR,
        }
