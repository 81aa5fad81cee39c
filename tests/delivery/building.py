"""Prepared conversions, and a desk from which one destination is delivered."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from capi_jobs.config import Delivery
from capi_jobs.delivery import Attempts, Lane, LaneDelivery, Means, Tally
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.values import EventKey, key_of
from capi_jobs.lifecycle import Status
from capi_jobs.model import Conversion, Entry, Prepared
from capi_jobs.platforms import Target, platform_named
from tests.simulator import NOON, FakeClock, Simulator

META = platform_named("meta")
TOKEN = "token-1"
TARGET = Target(account="123", base_url="https://platform.example", api_version="v26.0")
CALL, LEASE = timedelta(seconds=30), timedelta(minutes=2)
WINDOW = META.limits.dedup_window
AGE_MAX = META.limits.event_age_max["website"]
TICK = timedelta(microseconds=1)


def an_item(
    number: int,
    *,
    at: datetime | None = None,
    name: str = "Purchase",
    destination: str = "meta",
    send_until: datetime | None = None,
) -> Prepared:
    """Order o1 with event e1, and so on; an hour old, each a second younger."""
    time = at or NOON - timedelta(hours=1) + timedelta(seconds=number)
    conversion = Conversion(
        destination=destination,
        order_id=f"o{number}",
        event_id=f"e{number}",
        event_name=name,
        event_time=time,
        value=Decimal("10.10"),
        currency="EUR",
        source="website",
        match_keys={"em": "5e" * 32, "client_user_agent": "Mozilla/5.0"},
        page_url="https://shop.example/thanks",
    )
    entry = Entry(
        destination=destination,
        event_name=name,
        event_id=f"e{number}",
        order_id=f"o{number}",
        event_time=time,
        day=time.date(),
        value=conversion.value,
        currency="EUR",
    )
    return Prepared(
        entry=entry,
        conversion=conversion,
        event=META.event(conversion),
        send_until=send_until,
    )


def items(count: int, *, destination: str = "meta") -> list[Prepared]:
    return [an_item(number, destination=destination) for number in range(1, count + 1)]


def ids(count: int) -> set[str]:
    return {f"e{number}" for number in range(1, count + 1)}


@dataclass
class Desk:
    """One destination: its ledger, its platform, its orders."""

    ledger: Ledger
    clock: FakeClock = field(default_factory=FakeClock)
    platform: Simulator = field(init=False)
    settings: dict[str, object] = field(default_factory=dict)
    limits: dict[str, object] = field(default_factory=dict)
    name: str = "meta"
    # The orders that can be read again.
    shop: dict[str, Prepared | str] = field(default_factory=dict)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    rebuilt: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.platform = Simulator(self.clock)

    def lane(self) -> Lane:
        # Pauses between calls are not what most tests are about.
        limits = {"requests_per_second_max": 1e5} | self.limits
        return Lane(
            name=self.name,
            platform=META,
            target=TARGET,
            token=TOKEN,
            limits=replace(META.limits, **limits),  # type: ignore[arg-type]
        )

    def means(self) -> Means:
        settings = {"call_deadline": CALL, "lease": LEASE} | self.settings
        return Means(
            ledger=self.ledger,
            transport=self.platform,
            settings=Delivery.model_validate(settings),
            run_id="r1",
            actor="test",
            clock=self.clock,
            stop=self.stop,
        )

    async def delivering(
        self,
        pages: Iterable[Sequence[Prepared]] = (),
        tally: Tally | None = None,
    ) -> Tally:
        attempts = Attempts(self.lane(), self.means(), tally or Tally(self.name))
        return await LaneDelivery(attempts, pages=iter(pages)).run(self.rebuild)

    def deliver(self, *pages: Sequence[Prepared]) -> Tally:
        """One run; what it read can be read again."""
        self.shop |= {one.entry.order_id: one for page in pages for one in page}
        return asyncio.run(self.delivering(pages))

    async def cancelled(self, page: Sequence[Prepared], reached: asyncio.Event) -> None:
        """A run that is told to stop at once, when something is reached."""
        run = asyncio.ensure_future(self.delivering([page]))
        await reached.wait()
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    def again(self, after: timedelta = LEASE) -> Tally:
        """Another run, some time later, that finds nothing missing."""
        self.clock.pass_by(after)
        self.ledger.sweep(self.clock.now(), actor="test")
        return asyncio.run(self.delivering())

    def rebuild(self, entries: Sequence[Entry]) -> dict[EventKey, Prepared | str]:
        self.rebuilt()
        return {
            key_of(entry): self.shop[entry.order_id]
            for entry in entries
            if entry.order_id in self.shop
        }

    def in_status(self, status: Status) -> set[str]:
        """Ids of the events that stand there."""
        return {
            str(row["event_id"])
            for row in self.ledger.entries()
            if row["status"] == status
        }

    def statuses(self) -> dict[Status, int]:
        counts = self.ledger.status_counts()
        return {status: n for (name, status), n in counts.items() if name == self.name}

    def reasons(self, status: Status) -> set[str]:
        return {
            str(row["reason"])
            for row in self.ledger.entries()
            if row["status"] == status
        }
