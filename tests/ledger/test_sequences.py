"""Random moves against a model of a few lines; times are drawn around boundaries.

Always true: nothing is counted twice; delivered means counted;
missing and rejected mean not counted; every order stands in exactly one column.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from capi_jobs.ledger import Chosen, Ledger
from capi_jobs.ledger.counts import miscounted
from capi_jobs.ledger.schema import batches
from capi_jobs.ledger.values import EventKey, Settlement, key_of
from capi_jobs.lifecycle import Event, Status
from capi_jobs.model import Entry, Receipt
from tests.ledger.building import LEASE, NOON, TICK, Bench, entries

ORDERS = range(8)  # few, so that they meet again and again
WINDOW = 3 * LEASE  # some resends fall inside, some outside
# A call ends before its lease does; this one ends as late as that allows.
DEADLINE = LEASE - TICK
# Each guard of the lifecycle was taken away, and these found it.
SEEDS = range(20)
STEPS = 60


class Crash(BaseException):
    """The process died."""


@dataclass
class Platform:
    """Counts as an ad platform does: an event id once per window."""

    counted: Counter[str] = field(default_factory=Counter)
    first: dict[str, object] = field(default_factory=dict)

    def take(self, ids: list[str], now: object) -> None:
        for event_id in ids:
            first = self.first.get(event_id)
            if first is None or now >= first + WINDOW:  # type: ignore[operator]
                self.counted[event_id] += 1
                self.first[event_id] = now


@dataclass
class Call:
    """A call under way, and what it will be told."""

    batch_id: str
    attempt: int
    ids: list[EventKey]
    outcomes: dict[EventKey, Settlement]


@dataclass
class World:
    """One ledger, one platform, workers that die, and a clock."""

    ledger: Ledger
    chance: random.Random
    platform: Platform = field(default_factory=Platform)
    slow: list[Call] = field(default_factory=list)
    commits_left: int | None = None

    def __post_init__(self) -> None:
        self.bench = Bench(self.ledger, NOON)
        event.listen(self.ledger.engine, "commit", self._maybe_die)
        self.moments = [NOON + LEASE, NOON + WINDOW - LEASE, NOON + WINDOW]

    def _maybe_die(self, connection: object) -> None:
        """Die before the n-th commit: the transaction is lost."""
        del connection
        if self.commits_left is not None:
            self.commits_left -= 1
            if self.commits_left < 0:
                raise Crash

    # ── What can happen ─────────────────────────────────────────────────────────

    def step(self) -> None:
        act = self.chance.choices(
            (self.send, self.resend, self.sweep, self.answer_late, self.person),
            weights=(5, 6, 4, 2, 1),
        )[0]
        die = self.chance.random() < 0.2
        self.commits_left = self.chance.randrange(3) if die else None
        try:
            act()
        except Crash:
            pass
        finally:
            self.commits_left = None
        self.pass_time()

    def pass_time(self) -> None:
        """Jump to just before, at, or just after a moment that matters."""
        ahead = [moment for moment in self.moments if moment >= self.bench.now]
        if ahead and self.chance.random() < 0.75:
            beside = self.chance.choice((-TICK, timedelta(0), TICK))
            moment = self.chance.choice(sorted(ahead)[:3])
            self.bench.now = max(self.bench.now, moment + beside)
        else:
            self.bench.now += self.chance.choice((TICK, LEASE / 3))

    def send(self) -> None:
        wanted = self.chance.sample(ORDERS, self.chance.randint(1, 4))
        claim = self.bench.claim_these(entries(*wanted))
        if claim:
            self.call(claim.batch_id, 1, claim.entries)

    def resend(self) -> None:
        doubt = self.ledger.claim_in_doubt(
            "meta",
            now=self.bench.now,
            lease=LEASE,
            dedup_window=WINDOW,
            actor="test",
        )
        if doubt:
            self.call(doubt.batch.batch_id, doubt.batch.attempts, doubt.entries)

    def call(self, batch_id: str, attempt: int, sent: tuple[Entry, ...]) -> None:
        """Send somewhen inside the lease, and hear something, or nothing."""
        began = self.bench.now
        self.moments += [began + LEASE, began + WINDOW - LEASE, began + WINDOW]
        ids = [key_of(entry) for entry in sent]
        if self.chance.random() < 0.1:
            raise Crash  # after the claim, before the call
        self.bench.now += self.chance.choice((timedelta(0), DEADLINE))
        outcomes = {key: self.outcome() for key in ids}
        if self.chance.random() < 0.3:
            same = self.outcome()
            outcomes = dict.fromkeys(ids, same)
        taken = [
            key[1]
            for key, (told, receipt) in outcomes.items()
            if told is Event.ACCEPTED or receipt.reason == "counted"
        ]
        self.platform.take(taken, self.bench.now)
        call = Call(batch_id, attempt, ids, outcomes)
        fate = self.chance.random()
        if fate < 0.1:
            raise Crash  # after the call, before the receipt
        if fate < 0.25:
            self.slow.append(call)  # settles late
        else:
            self.settle(call)

    def outcome(self) -> Settlement:
        told = self.chance.choice(
            (Event.ACCEPTED, Event.REFUSED, Event.DEFERRED, *3 * (Event.LOST,))
        )
        # Whether a lost event was counted nobody knows but the platform.
        counted = told is Event.LOST and self.chance.random() < 0.8
        return told, Receipt("counted" if counted else str(told))

    def settle(self, call: Call) -> None:
        if len(set(call.outcomes.values())) == 1 and self.chance.random() < 0.5:
            told, receipt = next(iter(call.outcomes.values()))
            self.ledger.settle(
                call.batch_id,
                told,
                receipt,
                now=self.bench.now,
                actor="test",
                attempt=call.attempt,
            )
        else:
            self.ledger.settle_each(
                call.batch_id,
                call.outcomes,
                now=self.bench.now,
                actor="test",
                attempt=call.attempt,
            )

    def answer_late(self) -> None:
        if self.slow:
            self.settle(self.slow.pop(self.chance.randrange(len(self.slow))))

    def sweep(self) -> None:
        self.ledger.sweep(self.bench.now, actor="sweep")

    def person(self) -> None:
        """Somebody looks at the platform's own count, and decides rightly."""
        if self.chance.random() < 0.3:
            self.platform_loses_one()
            return
        rows = [
            row
            for row in self.ledger.entries()
            if row["status"] in {Status.IN_DOUBT, Status.REJECTED}
        ]
        if not rows:
            return
        row = self.chance.choice(rows)
        chosen = Chosen("meta", order_ids=[row["order_id"]])
        counted = self.platform.counted[row["event_id"]]
        act = (
            self.ledger.resolve
            if counted and row["status"] is Status.IN_DOUBT
            else self.ledger.requeue
        )
        act(chosen, actor="ana", reason="looked", now=self.bench.now)

    def platform_loses_one(self) -> None:
        """Sent to a wrong dataset, say; somebody sees it and sends it again."""
        done = [r for r in self.ledger.entries() if r["status"] is Status.DELIVERED]
        if not done:
            return
        lost = self.chance.choice(done)
        del self.platform.counted[lost["event_id"]]
        del self.platform.first[lost["event_id"]]
        self.ledger.requeue(
            Chosen("meta", order_ids=[lost["order_id"]]),
            actor="ana",
            reason="the platform lost it",
            now=self.bench.now,
            may_count_twice=True,
        )

    # ── What must always be true ────────────────────────────────────────────────

    def check(self) -> None:
        assert set(self.platform.counted.values()) <= {1}
        standing = self.bench.statuses()
        for number in ORDERS:
            status, counted = (
                standing.get(f"o{number}"),
                self.platform.counted[f"e{number}"],
            )
            if status is Status.DELIVERED:
                assert counted == 1
            if status in {None, Status.REJECTED}:
                assert counted == 0
        self.check_books()

    def check_books(self) -> None:
        """Every batch holds as many entries as it says, and as are counted."""
        held: Counter[str] = Counter(r["batch_id"] for r in self.ledger.entries())
        with self.ledger.snapshot() as connection:
            told = connection.execute(select(batches)).all()
            assert miscounted(connection) == []
        for batch in told:
            gone = batch.status == Status.RELEASED
            assert held[batch.batch_id] == (0 if gone else batch.events)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_order_is_counted_twice_whatever_happens(ledger: Ledger, seed: int) -> None:
    world = World(ledger, random.Random(seed))

    for _ in range(STEPS):
        world.step()
        world.check()
