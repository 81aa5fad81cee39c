"""What is told of an audit: rates, groups, the balance as a statement that closes.

Plain values made of `audit/`'s findings while its tables are there; as JSON in
`audit_json.py`, on a terminal in `audit_terminal.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from capi_jobs.audit import Audit, CorrectionSum, Group, Kind
from capi_jobs.audit.health import DedupHealth
from capi_jobs.audit.inputs import Inputs
from capi_jobs.audit.statement import Remainder, Statement
from capi_jobs.model import DataInterval
from capi_jobs.report.amounts import Amount
from capi_jobs.report.balance import Balance, live, several


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many orders of the interval have a finding of one kind."""

    kind: Kind
    orders: int
    share: float  # of the interval's orders
    values: Mapping[str, Decimal]
    earlier: tuple[float, ...] = ()  # shares of audits before, the newest last


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """One destination and interval."""

    destination: str
    platform: str
    interval: DataInterval
    rates: tuple[Rate, ...]
    groups: tuple[Group, ...]
    corrected: tuple[CorrectionSum, ...]
    health: DedupHealth
    inputs: Inputs
    total: Balance
    days: tuple[Balance, ...]
    remainder: tuple[Remainder, ...]

    @property
    def closes(self) -> bool:
        """Whether every order stands in exactly one column, each day."""
        return not self.remainder and all(day.closes for day in self.days)

    @property
    def needs_person(self) -> bool:
        """Whether anything waits for somebody."""
        return (
            not self.closes
            or bool(self.corrected)
            or any(group.cause.needs_person for group in self.groups)
            or any(notice.needs_person for notice in self.inputs.notices)
        )


def audit_report(
    found: Audit,
    *,
    destination: str,
    platform: str,
    interval: DataInterval,
    earlier: Mapping[str, Sequence[float]] | None = None,
) -> AuditReport:
    """Collect what is told; `earlier` has shares of audits before, by kind."""
    days = _days(destination, found.statement)
    return AuditReport(
        destination=destination,
        platform=platform,
        interval=interval,
        rates=tuple(_rates(found.groups, found.inputs.orders, earlier or {})),
        groups=found.groups,
        corrected=found.corrected,
        health=found.health,
        inputs=found.inputs,
        total=several(destination, days),
        days=days,
        remainder=found.statement.remainder,
    )


def _rates(
    groups: Sequence[Group], orders: int, earlier: Mapping[str, Sequence[float]]
) -> Iterable[Rate]:
    for kind in Kind:
        of_kind = [group for group in groups if group.cause.kind is kind]
        count = sum(group.orders for group in of_kind)
        values = dict[str, Decimal]()
        for group in of_kind:
            for currency, value in group.values.items():
                values[currency] = values.get(currency, Decimal(0)) + value
        yield Rate(
            kind=kind,
            orders=count,
            share=count / orders if orders else 0.0,
            values=values,
            earlier=tuple(earlier.get(kind, ())),
        )


def _days(destination: str, drawn: Statement) -> tuple[Balance, ...]:
    """Put each day's orders beside its columns; undated orders come last."""
    days = {one.day for one in drawn.counts} | {one.day for one in drawn.remainder}
    ordered = sorted(day for day in days if day is not None)
    return tuple(
        _day(destination, day, drawn)
        for day in [*ordered, *([None] if None in days else [])]
    )


def _day(destination: str, day: date | None, drawn: Statement) -> Balance:
    counted = live(
        Balance(destination=destination, day=day),
        [one for one in drawn.counts if one.day == day],
    )
    orders = counted.orders
    for one in drawn.remainder:
        if one.day == day:
            # In no column: an order more than the columns hold; else one too few.
            sign = 1 if one.why == "no_column" else -1
            value = one.value if sign > 0 else one.value.copy_negate()
            orders = orders.plus(Amount.of(sign, value, one.currency))
    return replace(counted, orders=orders)
