"""One destination's day in a small shop: its steps, called as tasks call them.

Each call opens the house anew, as another process would.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from capi_jobs.config import load
from capi_jobs.jobs import steps
from capi_jobs.jobs.clock import ClockAsOf
from capi_jobs.jobs.house import House, Watcher, opened
from capi_jobs.jobs.steps.finding import UNWATCHED
from capi_jobs.ledger.values import Decision, Run, RunDestination, Slice
from capi_jobs.model import DataInterval
from tests.shop import Shop

RUN, META = "2026-11-22-meta-web-0a1b2c3d", "meta-web"
ASKS = "ask_first_run = true"
OWNER, WHY = "olga", "looks right"


@dataclass
class Night:
    """The day of one destination."""

    shop: Shop
    run_id: str = RUN
    name: str = META
    ahead: timedelta = timedelta(0)  # of this machine's clock

    @contextmanager
    def house(self) -> Iterator[House]:
        with opened(
            load(self.shop.config), ClockAsOf(datetime.now(UTC) + self.ahead)
        ) as house:
            yield house

    @property
    def interval(self) -> DataInterval:
        """Four days that hold every order of a shop."""
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return DataInterval(today - timedelta(days=3), today + timedelta(days=1))

    def assess(self, *, slice_orders: int = 250_000, most: int = 16) -> steps.Found:
        with self.house() as house:
            [destination] = house.settings.chosen((self.name,))
            return steps.assess(
                house,
                self.run_id,
                destination,
                self.interval,
                actor="airflow",
                slice_orders=slice_orders,
                slices_max=most,
            )

    def question(self) -> steps.Question:
        with self.house() as house:
            return steps.question(house, self.run_id, self.name)

    def decide(self, decision: Decision, reason: str = WHY, actor: str = OWNER) -> None:
        with self.house() as house:
            steps.decide(
                house, self.run_id, self.name, decision, actor=actor, reason=reason
            )

    def approve(self) -> None:
        self.decide(Decision.APPROVED)

    def hold(self) -> None:
        self.decide(Decision.HELD)

    def deliver(self, number: int = 0, watcher: Watcher = UNWATCHED) -> steps.Sent:
        with self.house() as house:
            [destination] = house.settings.chosen((self.name,))
            return steps.deliver(
                house,
                self.run_id,
                destination,
                number,
                actor="airflow",
                watcher=watcher,
            )

    def close(self) -> steps.Closed:
        with self.house() as house:
            [destination] = house.settings.chosen((self.name,))
            return steps.close(house, self.run_id, destination, actor="airflow")

    def run(self) -> Run:
        with self.house() as house:
            return house.ledger.run(self.run_id)

    def part(self) -> RunDestination:
        return self.run().destinations[self.name]

    def slices(self) -> list[Slice]:
        with self.house() as house:
            return house.ledger.slices(self.run_id, self.name)
