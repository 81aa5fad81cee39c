"""Lists for people, page by page: entries, quarantine, and batches of a run.

What a page is stands in paging.py; runs are listed in past.py; lists for programs are
in listing.py and holds.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Numeric,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.types import TypeEngine

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger.columns import EXACT, AnyRow, among, exact_sum, given, kept_id
from capi_jobs.ledger.door import Door, reading
from capi_jobs.ledger.holds import hold_from
from capi_jobs.ledger.journal import batch_from, entry_from
from capi_jobs.ledger.listing import batches_in
from capi_jobs.ledger.paging import PAGE_ROWS, Order, Page
from capi_jobs.ledger.schema import batch_counts, batches, entries, holds
from capi_jobs.ledger.values import HoldRow
from capi_jobs.lifecycle import Status
from capi_jobs.model import Batch, Entry


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry and the batch that it is in."""

    entry: Entry
    batch: Batch
    last_sent_at: datetime | None

    @property
    def status(self) -> Status:
        """An entry's status is its batch's."""
        return self.batch.status


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch, and what it holds now: nothing, once it was released."""

    batch: Batch
    events: int  # that were put into it, and not taken apart since
    orders: int  # that it holds
    values: Mapping[str, Decimal]  # of these, by currency
    last_sent_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StatusAmount:
    """How many orders of a destination stand in a status, and their value."""

    destination: str
    status: Status
    orders: int
    values: Mapping[str, Decimal]  # by currency


class Pages(Door):
    """Reads only, each in bounded time, however long the list is."""

    @reading
    def entries_page(  # noqa: PLR0913 - filters of a list
        self,
        connection: Connection,
        destination: str,
        *,
        status: Status | None = None,
        first_day: date | None = None,
        last_day: date | None = None,
        batch_id: str | None = None,
        after: str | None = None,
        limit: int = PAGE_ROWS,
    ) -> Page[EntryRow]:
        """List a destination's entries, those of the newest orders first."""
        destination = kept_id(destination)
        tests = given(
            (batch_id and kept_id(batch_id), entries.c.batch_id.__eq__),
            (first_day, entries.c.day.__ge__),
            (last_day, entries.c.day.__le__),
            # Said of the time as well, by which the list is sorted.
            (first_day and _begins(first_day), entries.c.event_time.__ge__),
            (last_day and _ends(last_day), entries.c.event_time.__lt__),
        )
        # By batches where they are few: else all entries are walked for a handful.
        if batch_id is not None:
            here = batches.c.destination == destination
        elif status is None or status is Status.DELIVERED:
            here = entries.c.destination == destination
        else:
            ids = batches_in(connection, [destination], status)
            here = among(connection, entries.c.batch_id, ids)
        tests += given((status, batches.c.status.__eq__))
        query = select(entries, *_OF_BATCH).join(batches).where(here, *tests)
        return _BY_TIME.page(connection, query, _entry_row, after, limit)

    @reading
    def holds_page(  # noqa: PLR0913 - filters of a list
        self,
        connection: Connection,
        destination: str | None = None,
        *,
        rule: str | None = None,
        first_day: date | None = None,
        last_day: date | None = None,
        min_value: Decimal | None = None,
        max_value: Decimal | None = None,
        after: str | None = None,
        limit: int = PAGE_ROWS,
    ) -> Page[HoldRow]:
        """List the quarantine by destination and order.

        Values are compared as they are, whatever their currency.
        """
        value = _number(holds.c.value)
        tests = given(
            (destination and kept_id(destination), holds.c.destination.__eq__),
            (rule and kept_id(rule), holds.c.rule.__eq__),
            (first_day, holds.c.day.__ge__),
            (last_day, holds.c.day.__le__),
            (min_value, lambda least: value >= _bound(least)),
            (max_value, lambda most: value <= _bound(most)),
        )
        query = select(holds).where(holds.c.ended_at.is_(None), *tests)
        return _BY_ORDER.page(connection, query, hold_from, after, limit)

    @reading
    def batches_page(
        self,
        connection: Connection,
        run_id: str,
        *,
        destination: str | None = None,
        status: Status | None = None,
        after: str | None = None,
        limit: int = PAGE_ROWS,
    ) -> Page[BatchRow]:
        """List the batches of a run, oldest first, with what they hold."""
        tests = given(
            (destination and kept_id(destination), batches.c.destination.__eq__),
            (status, batches.c.status.__eq__),
        )
        query = select(batches).where(batches.c.run_id == kept_id(run_id), *tests)
        page = _BY_BATCH.page(connection, query, lambda row: row, after, limit)
        held = _held(connection, [row.batch_id for row in page.rows])
        rows = tuple(_batch_row(row, held.get(row.batch_id, [])) for row in page.rows)
        return Page(rows, page.after)

    @reading
    def sent_by_run(self, connection: Connection, run_id: str) -> list[StatusAmount]:
        """Say where the entries stand that a run put into batches and that are there.

        What it sent of a re-upload, or was released since, is no longer there.
        """
        return status_amounts(connection, batches.c.run_id == kept_id(run_id))


def status_amounts(
    connection: Connection, *tests: ColumnElement[bool]
) -> list[StatusAmount]:
    """Count what batches hold by destination and status."""
    group = (batches.c.destination, batches.c.status, batch_counts.c.currency)
    rows = connection.execute(
        select(
            *group,
            func.sum(batch_counts.c.orders).label("orders"),
            exact_sum(batch_counts.c.value).label("value"),
        )
        .join(batches)
        .where(*tests)
        .group_by(*group)
        .order_by(*group)
    )
    found: dict[tuple[str, str], list[AnyRow]] = {}
    for row in rows:
        found.setdefault((row.destination, row.status), []).append(row)
    return [
        StatusAmount(destination, Status(status), *amounts_of(mine))
        for (destination, status), mine in found.items()
    ]


def amounts_of(rows: Sequence[AnyRow]) -> tuple[int, dict[str, Decimal]]:
    """Add up rows of `orders` and `value` in a currency each."""
    orders, values = 0, dict[str, Decimal]()
    for row in rows:
        orders += int(row.orders)
        before = values.get(row.currency, Decimal(0))
        values[row.currency] = EXACT.add(before, row.value or Decimal(0))
    return orders, values


_NUMBER: TypeEngine[Any] = Numeric().with_variant(Float(), "sqlite")
_MONEY = holds.c.value.type
_OF_BATCH = [
    column
    for column in batches.columns
    if column.name not in {"batch_id", "destination"}  # the entry tells them, too
]
_BY_TIME = Order(
    (entries.c.event_time, entries.c.event_name, entries.c.event_id), newest_first=True
)
_BY_ORDER = Order((holds.c.destination, holds.c.order_id))
# Their ids sort by time, see journal.py.
_BY_BATCH = Order((batches.c.batch_id,))
# A shop's day begins at most so long before that of UTC, and ends so long after.
_ZONES_AHEAD_MAX, _ZONES_BEHIND_MAX = timedelta(hours=14), timedelta(hours=12)
# What a calendar can be asked for beyond these, it cannot add hours to.
_FIRST_DAY, _LAST_DAY = date(2, 1, 1), date(9998, 1, 1)
# Ten times the digits of any amount that a sane row has; more would be a burden.
_DIGITS_MAX = 100


def _begins(day: date) -> datetime:
    return datetime.combine(max(day, _FIRST_DAY), time(), UTC) - _ZONES_AHEAD_MAX


def _ends(day: date) -> datetime:
    end = datetime.combine(min(day, _LAST_DAY), time(), UTC) + timedelta(days=1)
    return end + _ZONES_BEHIND_MAX


def _number(value: ColumnElement[Decimal]) -> ColumnElement[float]:
    """As a number, for a comparison: on SQLite, money is text."""
    return cast(value, _NUMBER)


def _bound(value: Decimal) -> ColumnElement[float]:
    if not value.is_finite() or abs(value.adjusted()) > _DIGITS_MAX:
        raise DecisionRefused("no order has such a value", do="name another")
    return _number(literal(value, _MONEY))


def _held(connection: Connection, batch_ids: Sequence[str]) -> dict[str, list[AnyRow]]:
    rows = connection.execute(
        select(batch_counts).where(
            among(connection, batch_counts.c.batch_id, batch_ids)
        )
    )
    found: dict[str, list[AnyRow]] = {}
    for row in rows:
        found.setdefault(row.batch_id, []).append(row)
    return found


def _batch_row(row: AnyRow, held: Sequence[AnyRow]) -> BatchRow:
    return BatchRow(
        batch_from(row), row.events, *amounts_of(held), row.last_sent_at, row.created_at
    )


def _entry_row(row: AnyRow) -> EntryRow:
    return EntryRow(entry_from(row), batch_from(row), row.last_sent_at)
