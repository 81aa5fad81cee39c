"""A wish, and a shop in which it is explained and done as a task or a command does it.

Each call opens the house anew, as another process would.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from capi_jobs.config import load
from capi_jobs.errors import LedgerUnavailable
from capi_jobs.jobs.clock import ClockAsOf
from capi_jobs.jobs.house import House, Unwatched, opened
from capi_jobs.jobs.reuploading import (
    Explained,
    Reuploaded,
    Wish,
    confirmed,
    explain,
    send,
)
from capi_jobs.jobs.reuploading.line import Line
from tests.shop import Shop, client

RUN, META, WHY = "20261123-031500-4f2a", "meta-web", "the platform lost a morning"
AGAIN: dict[str, Any] = {"delivered": "again", "may_count_twice": True}
# More than the order is worth: a rule that a person may overrule.
ITEMS = '[{"sku": "a", "quantity": 9, "unit_price": "900.00"}]'
# Meta recognises an event id for two days.
OVER = timedelta(hours=49)


@dataclass
class Desk:
    """Where a person asks for re-uploads of one shop."""

    shop: Shop
    run_id: str = RUN
    ahead: timedelta = timedelta(0)  # of this machine's clock, ours and the platform's
    lines: list[Line] = field(default_factory=list)

    @contextmanager
    def house(self, *, to_look: bool = False) -> Iterator[House]:
        clock = ClockAsOf(datetime.now(UTC) + self.ahead)
        with opened(load(self.shop.config), clock, to_look=to_look) as house:
            yield house

    def later(self, ahead: timedelta) -> None:
        """Let time go by, for the shop and for the platform."""
        self.ahead = ahead
        shift = {"shift_seconds": ahead.total_seconds()}
        client().post(f"{self.shop.url}/sandbox/clock", json=shift).raise_for_status()

    def wish(self, house: House, *order_ids: str, **more: Any) -> Wish:  # noqa: ANN401
        told = {"because": WHY, "order_ids": order_ids, **more}
        return Wish.read(house.settings, now=house.clock.now(), **told)

    def explain(self, *order_ids: str, **more: Any) -> Explained:  # noqa: ANN401
        self.lines.clear()
        with self.house(to_look=True) as house:
            return explain(
                house,
                self.wish(house, *order_ids, **more),
                run_id=self.run_id,
                watcher=Unwatched(),
                told=self.lines.extend,
            )

    def send(
        self,
        *order_ids: str,
        by_second_person: bool = False,
        **more: Any,  # noqa: ANN401
    ) -> Reuploaded:
        self.lines.clear()
        with self.house() as house:
            return send(
                house,
                self.wish(house, *order_ids, **more),
                run_id=self.run_id,
                actor="ada",
                watcher=Unwatched(),
                told=self.lines.extend,
                by_second_person=by_second_person,
            )

    def confirm(self, *order_ids: str, yes: bool = True, **more: Any) -> None:  # noqa: ANN401
        """Let a second person see what would be done, and answer."""
        shown = self.explain(*order_ids, **more)
        with self.house() as house:
            confirmed(
                house,
                self.wish(house, *order_ids, **more),
                run_id=self.run_id,
                actor="ada",
                words="olga: seen",
                yes=yes,
                shown=shown,
            )

    def said(self) -> dict[str, tuple[str, str]]:
        """What was said of each order: what is done, and for which reason."""
        return {one.order_id: (str(one.action), one.reason) for one in self.lines}

    def moves(self, order_id: str, event: str = "requeued") -> int:
        """How often this was done with an order."""
        told = self.shop.capi("ledger", "show", order_id, "--json").json
        return sum(move["event"] == event for move in told["history"])

    def requests(self) -> int:
        """How many calls the platform has had."""
        return len(client().get(f"{self.shop.url}/sandbox/requests").json())


def away(*_: object, **__: object) -> None:
    """Stand for a step of the ledger's while its database is away."""
    raise LedgerUnavailable("away")
