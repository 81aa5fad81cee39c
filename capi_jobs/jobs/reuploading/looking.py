"""Looks at the orders of a wish at one destination: keys, ledger, then whole rows.

Writes nothing. What is decided by keys stands in `deciding.py`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice

from capi_jobs.config import Destination
from capi_jobs.jobs.assessing import Assessed
from capi_jobs.jobs.house import House
from capi_jobs.jobs.memory import give_back
from capi_jobs.jobs.reuploading.deciding import BARS, Facts, Sent, decide
from capi_jobs.jobs.reuploading.line import GOING, Action, Line
from capi_jobs.jobs.reuploading.places import Part
from capi_jobs.jobs.reuploading.wish import Wish
from capi_jobs.lifecycle import Status
from capi_jobs.model import DataInterval, OrderClass, OrderKey, OwedAs
from capi_jobs.preparation import Page
from capi_jobs.reconcile import AskedOrder, asked_orders

# Of these the ledger tells more.
_KNOWN = frozenset(
    {
        OrderClass.DELIVERED,
        OrderClass.IN_DOUBT,
        OrderClass.IN_FLIGHT,
        OrderClass.REJECTED,
    }
)
_CLASS_OF = {
    Status.IN_FLIGHT: OrderClass.IN_FLIGHT,
    Status.IN_DOUBT: OrderClass.IN_DOUBT,
    Status.RESENDING: OrderClass.IN_DOUBT,
    Status.DELIVERED: OrderClass.DELIVERED,
    Status.REJECTED: OrderClass.REJECTED,
}


@dataclass(frozen=True, slots=True)
class Looker:
    """Decides about a destination's orders, a page at a time."""

    house: House
    destination: Destination
    wish: Wish
    facts: Facts

    @classmethod
    def at(
        cls, house: House, destination: Destination, wish: Wish, run_id: str
    ) -> "Looker":
        """Gather what holds for all orders of the destination."""
        delivery, name = house.settings.delivery, destination.name
        proven = (
            house.has_sent_events(destination)
            or house.ledger.ever_approved(name)
            or any(past.passed for past in house.past_assessments(name, run_id))
        )
        facts = Facts(
            destination=name,
            now=house.clock.now(),
            lease=delivery.lease,
            dedup_window=destination.limits().dedup_window,
            in_doubt_attempts_max=delivery.in_doubt_attempts_max,
            proven=proven,
            run_id=run_id,
        )
        return cls(house, destination, wish, facts)

    def lines(self, found: Assessed | None, part: Part) -> Iterator[list[Line]]:
        """Yield what becomes of each order, page by page; what went away comes last."""
        page, left = self.house.settings.delivery.page_rows, set(part.wanted.order_ids)
        if found is not None:
            reached = 0
            for orders in asked_orders(found.reconciliation.connection, page):
                left.difference_update(order.order_id for order in orders)
                reached += len(orders)
                yield self._decided(orders, found.interval)
                give_back()
        yield from self._gone(sorted(left), page)
        yield from self._old(part.old, page)

    def _decided(
        self, orders: Sequence[AskedOrder], interval: DataInterval | None
    ) -> list[Line]:
        ids = [order.order_id for order in orders]
        known = self._sent([o.order_id for o in orders if o.order_class in _KNOWN])
        run_id, name = self.facts.run_id, self.destination.name
        repeated = self.house.ledger.requeued_by(run_id, name, ids)
        lines = [
            decide(
                order,
                known.get(order.order_id),
                self.wish,
                self.facts,
                repeated=order.order_id in repeated,
            )
            for order in orders
        ]
        return self._with_rows(orders, lines, interval) if interval else lines

    def _sent(self, ids: Sequence[str]) -> dict[str, Sent]:
        """Look up the entries; an order with several of them is in none."""
        if not ids:
            return {}
        known: dict[str, Sent] = {}
        several = set[str]()
        for row in self.house.ledger.entries(self.destination.name, order_ids=ids):
            order_id = row["order_id"]
            several |= {order_id} & known.keys()
            known[order_id] = Sent.of(row)
        return {i: sent for i, sent in known.items() if i not in several}

    def _with_rows(
        self, orders: Sequence[AskedOrder], lines: list[Line], interval: DataInterval
    ) -> list[Line]:
        """Ask the rules about the rows of what would go."""
        going = [
            _key(order)
            for order, line in zip(orders, lines, strict=True)
            if line.action in GOING
        ]
        if not going:
            return lines
        released = {line.order_id for line in lines if line.action is Action.RELEASE}
        told = _told(self._page(going, interval, released))
        values = {i: one for i, one in told.items() if isinstance(one, tuple)}
        return [
            _refused(line, str(told[line.order_id]))
            if line.action in GOING and line.order_id not in values
            else _valued(line, values.get(line.order_id))
            for line in lines
        ]

    def _page(
        self, keys: Sequence[OrderKey], interval: DataInterval, released: set[str]
    ) -> Page:
        now, ids = self.house.clock.now(), [key.order_id for key in keys]
        preparer = self.house.preparer(self.destination, now)
        before = self.house.released(self.destination.name, ids)
        rows = self.house.orders(ids, interval)
        return preparer.page(keys, rows, released=before | released, now=now)

    def _gone(self, ids: Sequence[str], page: int) -> Iterator[list[Line]]:
        for some in _chunks(ids, page):
            yield [
                Line(
                    destination=self.destination.name,
                    order_id=order_id,
                    was="",
                    action=Action.REFUSE,
                    reason="gone",
                    why=BARS["gone"],
                    value=Decimal(0),
                    currency="",
                )
                for order_id in some
            ]

    def _old(self, ids: Sequence[str], page: int) -> Iterator[list[Line]]:
        """What nobody takes any more: only what the ledger knows can be decided."""
        for some in _chunks(ids, page):
            rows = self.house.ledger.entries(self.destination.name, order_ids=some)
            known = {row["order_id"]: row for row in rows}
            yield self._decided([_old_order(i, known.get(i)) for i in some], None)


def _old_order(order_id: str, row: Mapping[str, object] | None) -> AskedOrder:
    told = row or {}
    status, value = told.get("status"), told.get("value")
    return AskedOrder(
        order_id=order_id,
        event_id=str(told.get("event_id", "")),
        order_class=_CLASS_OF[status] if isinstance(status, Status) else _EXPIRED,
        reason="",
        day=None,
        value=value if isinstance(value, Decimal) else Decimal(0),
        currency=str(told.get("currency", "")),
        bar="expired",
    )


_EXPIRED = OrderClass.EXPIRED


def _key(order: AskedOrder) -> OrderKey:
    return OrderKey(
        order_id=order.order_id,
        event_id=order.event_id,
        completed_at=order.completed_at,
        day=order.day,
        value=order.row_value,
        currency=order.row_currency,
        owed_as=OwedAs.MISSING,
    )


def _told(page: Page) -> dict[str, tuple[Decimal, str] | str]:
    """Return each order's worth, or the rule that keeps it back."""
    told: dict[str, tuple[Decimal, str] | str] = dict.fromkeys(page.gone, "gone")
    told |= page.excluded
    told |= {hold.order_id: hold.rule for hold in page.holds}
    for one in page.ready:
        told[one.entry.order_id] = one.entry.value, one.entry.currency
    return told


def _refused(line: Line, rule: str) -> Line:
    told = f"the rule {rule} holds its row; mend it, or release it"
    if line.action is Action.RELEASE:
        told = f"nobody can release {rule}: unreadable, or refused by the platform"
    why = BARS.get(rule, told)
    return replace(line, action=Action.REFUSE, reason=rule, why=why, twice=False)


def _valued(line: Line, worth: tuple[Decimal, str] | None) -> Line:
    if worth is None:
        return line
    return replace(line, value=worth[0], currency=worth[1])


def _chunks(ids: Sequence[str], size: int) -> Iterator[list[str]]:
    source = iter(ids)
    while some := list(islice(source, size)):
        yield some
