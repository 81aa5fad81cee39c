"""A real ledger moves at random, and the balance agrees with a second set of books."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from capi_jobs.ledger import Chosen, Ledger
from capi_jobs.ledger.values import HoldEnd
from capi_jobs.lifecycle import Event
from capi_jobs.model import OrderClass, OwedAs
from capi_jobs.report.gather import balances
from tests.report.building import DAY, NOON, TEN, Shop, a_count

SETTLED: dict[Event, OrderClass | None] = {
    Event.ACCEPTED: OrderClass.DELIVERED,
    Event.REFUSED: OrderClass.REJECTED,
    Event.LOST: OrderClass.IN_DOUBT,
    Event.DEFERRED: None,
}


class MovingLedger(RuleBasedStateMachine):
    """Orders of one day are claimed, settled, held and given back, in any order.

    `where` is a second set of books, order by order; the balance must agree with it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        path = Path(self.folder.name) / "ledger.sqlite"
        self.shop = Shop(Ledger.open(f"sqlite:///{path}"))
        self.where: dict[str, OrderClass] = {}
        self.home: dict[str, OrderClass] = {}
        self.batches: dict[str, list[str]] = {}
        self.runs = 0

    def teardown(self) -> None:
        self.shop.ledger.close()
        self.folder.cleanup()

    @initialize()
    def count(self) -> None:
        """A run counts ten missing orders and five seen from the browser."""
        for n in range(15):
            home = OrderClass.MISSING if n < 10 else OrderClass.SEEN_BROWSER
            self.home[f"o{n}"] = self.where[f"o{n}"] = home
        self.assess()

    @rule()
    def assess(self) -> None:
        """Another run counts anew: its baseline takes the place of the old one."""
        self.runs += 1
        self.shop.run_id = f"r{self.runs}"
        counts = [
            a_count(each, n, reason="a_rule" if each is OrderClass.HELD else "")
            for each, n in sorted(Counter(self.where.values()).items())
        ]
        self.shop.assess(*counts)

    def at_home(self) -> list[str]:
        return [each for each, at in self.where.items() if at is self.home[each]]

    def put(self, orders: list[str], to: OrderClass | None) -> None:
        for each in orders:
            self.where[each] = self.home[each] if to is None else to

    @precondition(lambda self: self.at_home())
    @rule(data=st.data())
    def claim(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(self.at_home()))
        home = self.home[chosen]
        orders = [each for each in self.at_home() if self.home[each] is home][:3]
        missing = home is OrderClass.MISSING
        owed_as = OwedAs.MISSING if missing else OwedAs.ENRICHMENT
        batch_id = self.shop.send(None, *orders, owed_as=owed_as)
        self.batches[batch_id] = orders
        self.put(orders, OrderClass.IN_FLIGHT)

    def batches_at(self, *classes: OrderClass) -> list[str]:
        return [b for b, o in self.batches.items() if self.where[o[0]] in classes]

    @precondition(lambda self: self.batches_at(OrderClass.IN_FLIGHT))
    @rule(data=st.data(), event=st.sampled_from(sorted(SETTLED)))
    def settle(self, data: st.DataObject, event: Event) -> None:
        batch_id = data.draw(st.sampled_from(self.batches_at(OrderClass.IN_FLIGHT)))
        self.shop.settle(batch_id, event, "a reason")
        self.put(self.batches[batch_id], SETTLED[event])
        if event is Event.DEFERRED:
            del self.batches[batch_id]

    @precondition(
        lambda self: self.batches_at(OrderClass.IN_DOUBT, OrderClass.REJECTED)
    )
    @rule(data=st.data())
    def requeue(self, data: st.DataObject) -> None:
        stuck = self.batches_at(OrderClass.IN_DOUBT, OrderClass.REJECTED)
        batch_id = data.draw(st.sampled_from(stuck))
        self.shop.ledger.requeue(
            Chosen("meta", batch_id=batch_id), actor="ana", reason="looked", now=NOON
        )
        self.put(self.batches.pop(batch_id), None)

    def missing(self) -> list[str]:
        return [e for e in self.at_home() if self.home[e] is OrderClass.MISSING]

    @precondition(lambda self: self.missing())
    @rule(data=st.data())
    def hold(self, data: st.DataObject) -> None:
        order_id = data.draw(st.sampled_from(self.missing()))
        self.shop.hold(order_id, rule="a_rule")
        self.put([order_id], OrderClass.HELD)

    @precondition(lambda self: OrderClass.HELD in self.where.values())
    @rule(data=st.data())
    def mend(self, data: st.DataObject) -> None:
        held = [e for e, at in self.where.items() if at is OrderClass.HELD]
        order_id = data.draw(st.sampled_from(held))
        self.shop.ledger.end_holds("meta", [order_id], HoldEnd.MENDED, now=NOON)
        self.put([order_id], None)

    @invariant()
    def every_order_stands_in_exactly_one_column(self) -> None:
        if not self.where:
            return
        (balance,) = balances(self.shop.ledger, "meta", DAY, DAY)
        assert balance.closes
        standing = {c: a.orders for c, a in balance.classes.items() if a.orders}
        assert Counter(self.where.values()) == standing
        assert balance.orders.values == {"EUR": 15 * TEN}


def test_after_any_moves_of_a_real_ledger_every_order_stands_in_one_column() -> None:
    run_state_machine_as_test(
        MovingLedger,
        settings=settings(
            max_examples=10,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            # Twenty steps are read as they are; each step of a file's ledger is slow.
            phases=[Phase.generate],
        ),
    )
