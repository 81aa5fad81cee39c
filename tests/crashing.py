"""Random lives of a ledger: crashes, lost answers, late ones, two workers, odd clocks.

One life is one seed. Times are drawn around the boundaries that matter (lease,
deduplication window, age), because uniform ones miss them. What must hold afterwards
stands in test_crash.py.
"""

import asyncio
import contextlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import Connection, event

from capi_jobs.config import Delivery
from capi_jobs.delivery import Attempts, Lane, LaneDelivery, Means, Tally
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.counts import miscounted
from capi_jobs.ledger.values import EventKey, key_of
from capi_jobs.lifecycle import Status
from capi_jobs.model import Answer, Call, Entry, NoAnswer, Prepared
from tests.delivery.building import (
    AGE_MAX,
    CALL,
    LEASE,
    META,
    TARGET,
    TICK,
    TOKEN,
    WINDOW,
    an_item,
)
from tests.simulator import NOON, FakeClock, Simulator

ZERO = timedelta(0)
LIMITS = replace(META.limits, requests_per_second_max=1e5, events_per_batch_max=3)
SETTINGS = Delivery(call_deadline=CALL, lease=LEASE, in_flight_max=2, attempts_max=2)
# What may befall a call; the good answer comes as often as all others together.
FAULTS = ("drop_before", "drop_after", "throttle", "never", "transient", "nonsense")
ORDERS, RUNS = 7, 5
# Commits and calls of one run lie below.
MOMENTS = 14


class CrashError(Exception):
    """The process died here: whatever it does from now on fails."""


@dataclass
class Process:
    """One process: dies at its n-th commit, or around its n-th call; may be slow."""

    rng: random.Random
    clock: FakeClock
    platform: Simulator
    dies_at: int | None
    dead: bool = False
    moments: int = 0

    def on_commit(self, connection: Connection) -> None:
        """Before each commit: a process that dies here never made it."""
        try:
            self._live_on()
        except CrashError:
            # Its connections die with it.
            connection.invalidate()
            raise
        if self.rng.random() < 0.05:
            # A ledger that is slow at the wrong moment.
            self.clock.pass_by(self.rng.choice([LEASE - CALL - TICK, LEASE - CALL]))

    async def send(self, call: Call) -> Answer | NoAnswer:
        """The transport: keeps its deadline, and may die before or after the call."""
        self._live_on()
        began = self.clock.monotonic()
        if self.rng.random() < 0.3:
            self.clock.pass_by(self.rng.choice([TICK, CALL - TICK]))
        # Others go on meanwhile.
        await asyncio.sleep(0)
        if self.clock.monotonic() - began >= CALL.total_seconds():
            return NoAnswer(sent=True, reason="no answer within the deadline")
        answer = await self.platform.send(call)
        self._live_on()
        return answer

    def _live_on(self) -> None:
        self.moments += 1
        self.dead = self.dead or self.moments == self.dies_at
        if self.dead:
            raise CrashError


@dataclass
class Life:
    """One ledger, one platform, and all that befalls them."""

    seed: int
    url: str
    rng: random.Random = field(init=False)
    clock: FakeClock = field(default_factory=FakeClock)
    platform: Simulator = field(init=False)
    shop: dict[str, Prepared] = field(init=False)
    _opened: list[Ledger] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = rng = random.Random(self.seed)
        self.platform = Simulator(self.clock, names_the_bad=rng.random() < 0.5)
        self.platform.after = self._overslept
        ages = [timedelta(hours=1), AGE_MAX - LEASE, AGE_MAX - WINDOW, AGE_MAX]
        self.shop = {
            f"o{n}": an_item(n, at=NOON - rng.choice(ages) + n * TICK)
            for n in range(1, ORDERS + 1)
        }

    def live(self) -> Iterator[str]:
        """Run again and again; yield after each, so that its books are looked at."""
        for number in range(RUNS):
            self.platform.script = self._fault
            # What a platform refuses today it may have taken yesterday.
            known = sorted(self.platform.counted) or [f"e{ORDERS}"]
            self.platform.bad = (
                {self.rng.choice(known)} if self.rng.random() < 0.4 else ()
            )
            workers = self.rng.choice([1, 1, 2])
            self._run_all([self._process() for _ in range(workers)])
            yield f"after run {number + 1}"
            self.clock.pass_by(self._until_a_window_closes() or self._a_time())
            if self.rng.random() < 0.1:
                self.clock.jump(-self._a_time())
        self.platform.script = lambda *_: None
        self.platform.after = _nothing
        for _ in range(2):
            self.clock.pass_by(LEASE)
            asyncio.run(
                self._work([Process(self.rng, self.clock, self.platform, None)])
            )
        yield "at rest"

    def _process(self) -> Process:
        dies_at = self.rng.choice([None, self.rng.randint(1, MOMENTS)])
        return Process(self.rng, self.clock, self.platform, dies_at)

    def _until_a_window_closes(self) -> timedelta | None:
        """Just before an event in doubt would count again: where haste does harm."""
        with Ledger.open(self.url) as ledger:
            sent = [
                row["first_sent_at"]
                for row in ledger.entries()
                if row["status"] in {Status.IN_DOUBT, Status.IN_FLIGHT}
            ]
        if not sent or self.rng.random() < 0.3:
            return None
        before = self.rng.choice([LEASE, LEASE / 2, CALL, TICK])
        left: timedelta = self.rng.choice(sent) + WINDOW - before - self.clock.now()
        return left if left > ZERO else None

    def _a_time(self) -> timedelta:
        """Around a boundary, or some way to it."""
        edge = self.rng.choice(
            [ZERO, CALL, LEASE, WINDOW - LEASE, WINDOW, WINDOW + LEASE, WINDOW / 2]
        )
        return max(ZERO, edge + self.rng.choice([-LEASE, -TICK, ZERO, TICK, LEASE]))

    def _fault(self, number: int, ids: Sequence[str]) -> str | None:
        return self.rng.choice(FAULTS) if self.rng.random() < 0.5 else None

    async def _overslept(self, ids: Sequence[str]) -> None:
        """The answer is there, but its process sleeps; another one works meanwhile."""
        if self.rng.random() < 0.15:
            self.clock.pass_by(self._a_time())
            await self._work([self._process()])

    def _run_all(self, processes: Sequence[Process]) -> None:
        try:
            asyncio.run(self._work(processes))
        finally:
            # Not before their last threads have ended.
            while self._opened:
                self._opened.pop().close()

    async def _work(self, processes: Sequence[Process]) -> None:
        await asyncio.gather(*(self._run(process) for process in processes))

    async def _run(self, process: Process) -> None:
        """One run, with objects of its own, on the same ledger."""
        ledger = Ledger.open(self.url)
        self._opened.append(ledger)
        event.listen(ledger.engine, "commit", process.on_commit)
        with contextlib.suppress(CrashError, BaseExceptionGroup):
            await self._deliver(ledger, process)

    async def _deliver(self, ledger: Ledger, process: Process) -> Tally:
        lane = Lane(
            name="meta", platform=META, target=TARGET, token=TOKEN, limits=LIMITS
        )
        means = Means(
            ledger=ledger,
            transport=process,
            settings=SETTINGS,
            run_id="r1",
            actor="test",
            clock=self.clock,
            stop=asyncio.Event(),
        )
        ledger.sweep(self.clock.now(), actor="test")
        known = {str(row["order_id"]) for row in ledger.entries()}
        missing = [one for order, one in self.shop.items() if order not in known]
        attempts = Attempts(lane, means, Tally("meta"))
        return await LaneDelivery(attempts, pages=iter([missing])).run(self._rebuild)

    def _rebuild(self, entries: Sequence[Entry]) -> dict[EventKey, Prepared | str]:
        if self.rng.random() < 0.4:
            self.clock.pass_by(LEASE - CALL - self.rng.choice([ZERO, TICK, TICK]))
        return {key_of(entry): self.shop[entry.order_id] for entry in entries}

    def statuses(self) -> dict[str, Status | None]:
        """Where each event stands; None: missing."""
        with Ledger.open(self.url) as ledger:
            rows = [(str(r["event_id"]), r["status"]) for r in ledger.entries()]
            with ledger.snapshot() as connection:
                assert miscounted(connection) == []
        assert len(rows) == len(dict(rows)), "an event stands in two places"
        missing = {one.entry.event_id: None for one in self.shop.values()}
        return missing | dict(rows)

    def young(self) -> set[str]:
        """Ids of events that the platform still takes for a while."""
        latest = self.clock.now() + LEASE - AGE_MAX
        return {
            one.entry.event_id
            for one in self.shop.values()
            if one.entry.event_time >= latest
        }


async def _nothing(ids: Sequence[str]) -> None:
    return
