"""The balance of one destination and day, brought up to now; pure.

A run counted every order once and wrote down what the ledger held at that moment:
live = counted + (ledger now − ledger then). What moved since comes out of one column
and goes into another, so the orders need not be read again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

from capi_jobs.ledger.balances import ENTRIES
from capi_jobs.ledger.columns import EXACT
from capi_jobs.ledger.values import LedgerCount
from capi_jobs.lifecycle import Status
from capi_jobs.model import ClassCount, OrderClass, OwedAs
from capi_jobs.report.amounts import Amount, total

# Column of an entry; released ones are removed from the ledger.
COLUMNS: Mapping[Status, OrderClass] = MappingProxyType(
    {
        Status.IN_FLIGHT: OrderClass.IN_FLIGHT,
        Status.IN_DOUBT: OrderClass.IN_DOUBT,
        Status.RESENDING: OrderClass.IN_DOUBT,  # the first send may have counted
        Status.DELIVERED: OrderClass.DELIVERED,
        Status.REJECTED: OrderClass.REJECTED,
    }
)
# Column in which an entry's order stood before it was claimed.
ORIGINS: Mapping[str, OrderClass] = MappingProxyType(
    {
        OwedAs.MISSING: OrderClass.MISSING,
        OwedAs.ENRICHMENT: OrderClass.SEEN_BROWSER,
    }
)
# Columns that are told apart by reason.
REASONED = (OrderClass.HELD, OrderClass.EXCLUDED, OrderClass.SEEN_BROWSER)

_Cell = tuple[OrderClass, str, str]  # class, reason, currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A column that would hold less than nothing: the books do not close."""

    destination: str
    day: date | None
    order_class: OrderClass
    reason: str
    currency: str
    orders: int
    value: Decimal
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Every completed order of one destination and day, or of several days."""

    destination: str
    day: date | None = None  # None: undated orders, or several days
    run_id: str = ""  # whose counts these are, and when it took them
    taken_at: datetime | None = None
    orders: Amount = field(default_factory=Amount)
    classes: Mapping[OrderClass, Amount] = field(default_factory=dict)
    reasons: Mapping[OrderClass, Mapping[str, Amount]] = field(default_factory=dict)
    recovered: Amount = field(default_factory=Amount)
    faults: tuple[Fault, ...] = ()

    def __getitem__(self, order_class: OrderClass) -> Amount:
        return self.classes.get(order_class, Amount())

    @property
    def remainder(self) -> Amount:
        """Return the completed orders that stand in no column, or stand in two: none.

        Below nothing, where the columns hold more orders than the run counted.
        """
        return self.orders.minus(total(self.classes.values()))

    @property
    def closes(self) -> bool:
        """Whether every order stands in exactly one column."""
        return not self.faults and not self.remainder


def live(
    balance: Balance,
    counts: Iterable[ClassCount],
    then: Iterable[LedgerCount] = (),
    now: Iterable[LedgerCount] = (),
) -> Balance:
    """Fill a day's balance: what was counted, and what the ledger moved since."""
    now = tuple(now)
    cells = _Cells()
    for one in counts:
        cells.put(one.order_class, one.reason, one.currency, (one.orders, one.value))
    orders = cells.sum()
    for change in now:
        _move(cells, change, sign=1)
    for change in then:
        _move(cells, change, sign=-1)
    cells.drain_reasons(OrderClass.SEEN_BROWSER)
    faults = tuple(_fault(balance, cell, held) for cell, held in cells.pop_impossible())
    return Balance(
        destination=balance.destination,
        day=balance.day,
        run_id=balance.run_id,
        taken_at=balance.taken_at,
        orders=orders,
        classes={each: cells.sum(each) for each in OrderClass},
        reasons={each: cells.reasons(each) for each in REASONED},
        recovered=total(_amount(one) for one in now if _is_recovered(one)),
        faults=faults,
    )


def several(destination: str, balances: Iterable[Balance]) -> Balance:
    """Add up the days of one destination."""
    days = tuple(balances)
    reasons = {
        each: {
            reason: total(day.reasons[each].get(reason, Amount()) for day in days)
            for reason in sorted({r for day in days for r in day.reasons[each]})
        }
        for each in REASONED
    }
    return Balance(
        destination=destination,
        orders=total(day.orders for day in days),
        classes={each: total(day[each] for day in days) for each in OrderClass},
        reasons=reasons,
        recovered=total(day.recovered for day in days),
        faults=tuple(fault for day in days for fault in day.faults),
    )


def _move(cells: "_Cells", change: LedgerCount, *, sign: int) -> None:
    """Put what the ledger has into its column, out of the one where it stood.

    Where imported orders stood, and what they are worth, nobody knows before the next
    run reads them; nothing else ever becomes of them.
    """
    if change.owed_as == OwedAs.IMPORTED:
        return
    # copy_negate: a minus sign would round to the digits of the usual context.
    value = change.value if sign > 0 else change.value.copy_negate()
    moved = sign * change.orders, value
    back = -sign * change.orders, value.copy_negate()
    if change.kind == ENTRIES:
        to = COLUMNS[Status(change.name)], ""
        origin = ORIGINS[change.owed_as]
    else:
        to, origin = (OrderClass.HELD, change.name), OrderClass.MISSING
    cells.put(*to, change.currency, moved)
    cells.put(origin, "", change.currency, back)


def _is_recovered(one: LedgerCount) -> bool:
    return (one.kind, one.name, one.owed_as) == (
        ENTRIES,
        Status.DELIVERED,
        OwedAs.MISSING,
    )


def _amount(one: LedgerCount) -> Amount:
    return Amount.of(one.orders, one.value, one.currency)


def _fault(balance: Balance, cell: _Cell, held: tuple[int, Decimal]) -> Fault:
    order_class, reason, currency = cell
    return Fault(
        destination=balance.destination,
        day=balance.day,
        order_class=order_class,
        reason=reason,
        currency=currency,
        orders=held[0],
        value=held[1],
        run_id=balance.run_id,
    )


class _Cells:
    """Orders and value by class, reason and currency."""

    def __init__(self) -> None:
        self._held: dict[_Cell, tuple[int, Decimal]] = {}

    def put(
        self,
        order_class: OrderClass,
        reason: str,
        currency: str,
        moved: tuple[int, Decimal],
    ) -> None:
        cell = order_class, reason, currency
        orders, value = self._held.get(cell, (0, Decimal(0)))
        self._held[cell] = orders + moved[0], EXACT.add(value, moved[1])

    def sum(self, order_class: OrderClass | None = None) -> Amount:
        """Add up one column, or all of them."""
        return total(
            Amount.of(orders, value, cell[2])
            for cell, (orders, value) in sorted(self._held.items())
            if order_class in {None, cell[0]} and (orders or value)
        )

    def reasons(self, order_class: OrderClass) -> dict[str, Amount]:
        """Tell a column apart by reason."""
        found: dict[str, Amount] = {}
        for (of, reason, currency), (orders, value) in sorted(self._held.items()):
            if of is order_class and (orders or value):
                more = Amount.of(orders, value, currency)
                found[reason] = found.get(reason, Amount()).plus(more)
        return found

    def drain_reasons(self, order_class: OrderClass) -> None:
        """Take what left a column, reason unknown, from its reasons one by one.

        The ledger does not keep why an enriched order counted as seen. The column is
        exact; its reasons are once every enrichment is sent.
        """
        for of, reason, currency in sorted(self._held):
            unnamed = (order_class, "", currency)
            orders, value = self._held.get(unnamed, (0, Decimal(0)))
            if of is not order_class or not reason or orders >= 0:
                continue
            there = self._held[of, reason, currency]
            taken = min(-orders, there[0])
            share = value.copy_negate() if taken == -orders else there[1]
            self.put(of, reason, currency, (-taken, share.copy_negate()))
            self.put(*unnamed, (taken, share))

    def pop_impossible(self) -> list[tuple[_Cell, tuple[int, Decimal]]]:
        """Take out what no column can hold; it stays in the remainder, never hidden."""
        bad = [
            (cell, (orders, value))
            for cell, (orders, value) in sorted(self._held.items())
            if orders < 0 or (not orders and value)
        ]
        for cell, _ in bad:
            del self._held[cell]
        return bad
