"""What the ledger holds now, counted, and what one assessment found.

The latest balance of each day, from which live counts are told, is in latest.py.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, Table, func, literal, select

from capi_jobs.coverage import Advice
from capi_jobs.ledger.columns import EXACT, AnyRow, AnySelect, exact_sum, given
from capi_jobs.ledger.door import Door, reading
from capi_jobs.ledger.findings import balances, coverage, run_destinations, validations
from capi_jobs.ledger.schema import batch_counts, batches, holds, removed
from capi_jobs.ledger.values import Coverage, LedgerCount, Validation
from capi_jobs.lifecycle import Status
from capi_jobs.model import ClassCount, OrderClass

ENTRIES, HOLDS = "entries", "holds"


class Balances(Door):
    """Reads only. Days are those of the balance, in the shop's time zone."""

    @reading
    def live_counts(
        self,
        connection: Connection,
        destination: str,
        first: date | None = None,
        last: date | None = None,
    ) -> list[LedgerCount]:
        """Count entries by status and open holds by rule, as they are now.

        What retention removed is counted still: it was delivered. Without days,
        everything is counted, orders without a day too.
        """
        queries = (
            _entry_counts(destination, first, last),
            _removed_counts(destination, first, last),
            _hold_counts(destination, first, last),
        )
        totals: dict[tuple[object, ...], LedgerCount] = {}
        for query in queries:
            for row in connection.execute(query):
                add_up(totals, ledger_count(row))
        return list(totals.values())

    @reading
    def undated_counts(
        self, connection: Connection, destination: str
    ) -> list[LedgerCount]:
        """Count open holds of orders that have no day; entries always have one."""
        query = _hold_counts(destination, None, None).where(holds.c.day.is_(None))
        return [ledger_count(row) for row in connection.execute(query)]

    @reading
    def balance_of(
        self, connection: Connection, run_id: str, destination: str
    ) -> list[ClassCount]:
        """Read the whole balance that one assessment found."""
        mine = select(balances).filter_by(run_id=run_id, destination=destination)
        return [class_count(row) for row in connection.execute(mine)]

    @reading
    def orders_assessed(
        self, connection: Connection, run_id: str, destination: str
    ) -> int:
        """Count the orders that one assessment found, of any class."""
        query = select(func.coalesce(func.sum(balances.c.orders), 0))
        mine = query.filter_by(run_id=run_id, destination=destination)
        return int(connection.execute(mine).scalar_one())

    @reading
    def validations_of(
        self, connection: Connection, run_id: str, destination: str
    ) -> list[Validation]:
        """Read how each expectation fared."""
        mine = select(validations).filter_by(run_id=run_id, destination=destination)
        rows = connection.execute(mine.order_by(validations.c.id))
        return [validation_from(row) for row in rows]

    @reading
    def coverage_of(
        self, connection: Connection, run_id: str, destination: str
    ) -> list[Coverage]:
        """Read how many orders carried each identifier."""
        mine = select(coverage).filter_by(run_id=run_id, destination=destination)
        return [
            Coverage(row.source, row.identifier, row.orders, row.covered, row.dropped)
            for row in connection.execute(mine.order_by(coverage.c.id))
        ]

    @reading
    def advice_of(
        self, connection: Connection, run_id: str, destination: str
    ) -> list[Advice]:
        """Read by source what one change would lift match quality most."""
        query = select(run_destinations.c.advice).filter_by(
            run_id=run_id, destination=destination
        )
        return [Advice(**one) for one in connection.scalar(query) or ()]

    @reading
    def status_counts(
        self, connection: Connection, destination: str | None = None
    ) -> Mapping[tuple[str, Status], int]:
        """Count entries by destination and status."""
        rows = connection.execute(
            select(
                batch_counts.c.destination,
                batches.c.status,
                func.sum(batch_counts.c.orders).label("orders"),
            )
            .join(batches)
            .where(*given((destination, batch_counts.c.destination.__eq__)))
            .group_by(batch_counts.c.destination, batches.c.status)
        )
        return {(row.destination, Status(row.status)): int(row.orders) for row in rows}


def validation_from(row: AnyRow) -> Validation:
    """Return the value for a row of `validations`."""
    return Validation(
        suite=row.suite,
        rule=row.rule,
        column=row.column,
        severity=row.severity,
        evaluated=row.evaluated,
        failed=row.failed,
        share=row.share,
        samples=tuple(row.samples),
        passed=row.passed,
    )


def _entry_counts(destination: str, first: date | None, last: date | None) -> AnySelect:
    group = (
        batch_counts.c.day,
        batch_counts.c.currency,
        batches.c.status.label("name"),
        batch_counts.c.owed_as,
    )
    return (
        select(
            *group,
            literal(ENTRIES).label("kind"),
            func.sum(batch_counts.c.orders).label("orders"),
            exact_sum(batch_counts.c.value).label("value"),
        )
        .join(batches)
        .where(batch_counts.c.destination == destination)
        .where(*_between(batch_counts, first, last))
        .group_by(*group)
    )


def _removed_counts(
    destination: str, first: date | None, last: date | None
) -> AnySelect:
    group = (
        removed.c.day,
        removed.c.currency,
        removed.c.status.label("name"),
        removed.c.owed_as,
    )
    return (
        select(
            *group,
            literal(ENTRIES).label("kind"),
            func.sum(removed.c.orders).label("orders"),
            exact_sum(removed.c.value).label("value"),
        )
        .where(removed.c.destination == destination, *_between(removed, first, last))
        .group_by(*group)
    )


def _hold_counts(destination: str, first: date | None, last: date | None) -> AnySelect:
    group = (holds.c.day, holds.c.currency, holds.c.rule.label("name"))
    return (
        select(
            *group,
            literal("").label("owed_as"),
            literal(HOLDS).label("kind"),
            func.count().label("orders"),
            exact_sum(holds.c.value).label("value"),
        )
        .where(holds.c.destination == destination, holds.c.ended_at.is_(None))
        .where(*_between(holds, first, last))
        .group_by(*group)
    )


def _between(
    table: Table, first: date | None, last: date | None
) -> list[ColumnElement[bool]]:
    return given((first, table.c.day.__ge__), (last, table.c.day.__le__))


def ledger_count(row: AnyRow) -> LedgerCount:
    """Return the value for a row of counts, or of `baselines`."""
    return LedgerCount(
        row.day,
        row.currency,
        row.kind,
        row.name,
        row.owed_as,
        int(row.orders),
        row.value or Decimal(0),
    )


def add_up(totals: dict[tuple[object, ...], LedgerCount], one: LedgerCount) -> None:
    """Add a count to those of the same kind."""
    key = (one.day, one.currency, one.kind, one.name, one.owed_as)
    before = totals.get(key)
    if before is not None:
        one = replace(
            one,
            orders=before.orders + one.orders,
            value=EXACT.add(before.value, one.value),
        )
    totals[key] = one


def class_count(row: AnyRow) -> ClassCount:
    """Return the value for a row of `balances`."""
    order_class = OrderClass(row._mapping["class"])  # noqa: SLF001 - a Python keyword
    return ClassCount(
        row.day, row.currency, order_class, row.reason, row.orders, row.value
    )
