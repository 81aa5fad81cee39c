"""What may befall the runs of one round: each trouble adds rules, acts or errors to it.

How a round goes is in life.py; how a database breaks, in database.py.
"""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from chaos.database import Postgres, Sqlite
from chaos.world import CALL, LEASE, Worker, World

# A run needs about two seconds to start, and as long to send.
SECONDS_MAX = 5.0
# So often are calls slow, that much falls between intent and receipt.
SLOW: dict[str, object] = {"do": "delay", "seconds": 0.1, "every": 1}
# Whether a platform refuses what it counted a part of is not said of Snapchat.
PARTIAL = ("meta", "tiktok")


@dataclass(slots=True)
class Act:
    """Something that is done when so many seconds are over, or events came in."""

    do: Callable[[], bool]
    name: str
    seconds: float = 0.0
    events: int = 0


@dataclass(slots=True)
class Round:
    """What was planned for some runs at once."""

    world: World
    rng: Random
    workers: list[Worker] = field(default_factory=list)
    rules: list[dict[str, object]] = field(default_factory=list)
    # By the name under which the table shows them.
    rule_names: list[str] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    # Seconds since the round began, as it goes on.
    spent: float = 0.0
    together: int = 1
    errors: bool = False
    file_bytes: int = 0
    # The database must be mended, a token renewed.
    hurt_database: bool = False
    stale_token: bool = False

    def rule(self, name: str, **fields: object) -> None:
        """Let the platform go wrong."""
        self.rule_names.append(name)
        self.rules.append(fields)

    def act(self, name: str, do: Callable[[], bool], *, calling: bool = False) -> None:
        """Do it at a random moment, or in the midst of the calls."""
        if calling:
            self.acts.append(Act(do, name, events=self.rng.randint(1, 25)))
        else:
            self.acts.append(Act(do, name, seconds=self.rng.uniform(0.1, SECONDS_MAX)))

    def later(self, do: Callable[[], bool], least: float, most: float) -> None:
        """Do it so many seconds from now."""
        self.acts.append(
            Act(do, "", seconds=self.spent + self.rng.uniform(least, most))
        )

    def error(self) -> timedelta:
        """Say by how much a clock is off."""
        most = self.world.error_max
        return most * self.rng.choice([-1, 1, self.rng.uniform(-1, 1)])

    def mostly(self) -> bool:
        """Say yes more often than no."""
        return self.rng.choice([True, True, False])

    def someone(self) -> Worker | None:
        """Choose a run that is still there."""
        alive = [worker for worker in self.workers if worker.alive]
        return self.rng.choice(alive) if alive else None


# ── The platform ────────────────────────────────────────────────────────────────


def _some(this: Round) -> dict[str, object]:
    return {"every": this.rng.randint(1, 4), "times": this.rng.randint(1, 8)}


def dropped_before(this: Round) -> None:
    this.rule("connection lost before it counted", do="drop_before", **_some(this))


def dropped_after(this: Round) -> None:
    this.rule("connection lost after it counted", do="drop_after", **_some(this))


def too_late(this: Round) -> None:
    late = (CALL * 1.4).total_seconds()
    first = this.rng.choice([True, False])
    fields = {"seconds": late, "count_first": first, **_some(this)}
    this.rule("answer after the deadline", do="delay", **fields)


def throttled(this: Round) -> None:
    times = this.rng.randint(3, 12)
    this.rule("throttled", do="throttle", every=1, times=times)


def senseless(this: Round) -> None:
    do = this.rng.choice(["html", "error_500", "nonsense"])
    first = this.rng.choice([True, False])
    this.rule("answer nobody can read", do=do, count_first=first, **_some(this))


def transient(this: Round) -> None:
    this.rule("platform says later", do="transient", **_some(this))


def partial(this: Round) -> None:
    fields = {"platform": this.rng.choice(PARTIAL), "count": 2, **_some(this)}
    this.rule("counted a part of a call", do="partial_count", **fields)


def expired(this: Round) -> None:
    this.stale_token = True
    request = this.rng.randint(1, 8)
    this.rule("token expired", do="expire_token", request=request)


# ── The process ─────────────────────────────────────────────────────────────────


def _sent(this: Round, number: signal.Signals) -> bool:
    if worker := this.someone():
        worker.killed = True
        worker.signal(number)
    return worker is not None


def killed_calling(this: Round) -> None:
    this.act("kill -9", lambda: _sent(this, signal.SIGKILL), calling=True)


def killed_anywhere(this: Round) -> None:
    this.act("kill -9", lambda: _sent(this, signal.SIGKILL))


def asked_to_end(this: Round) -> None:
    this.act("SIGTERM", lambda: _sent(this, signal.SIGTERM), calling=True)


def asleep(this: Round) -> None:
    """One run sleeps beyond its lease; others go on, and it settles late."""
    this.together = max(2, this.together)
    sleeper: list[Worker] = []

    def sleep() -> bool:
        if worker := this.someone():
            sleeper.append(worker)
            worker.signal(signal.SIGSTOP)
            span = this.rng.choice([LEASE + CALL, timedelta(minutes=50)])
            this.world.pass_by(span)
            for each in this.workers:
                this.world.set_clock(each, timedelta(seconds=each.error))
            this.later(wake, 1, LEASE.total_seconds() + 2)
        return bool(sleeper)

    def wake() -> bool:
        for worker in sleeper:
            worker.signal(signal.SIGCONT)
        return False

    this.act("asleep beyond its lease", sleep, calling=True)


# ── The database ────────────────────────────────────────────────────────────────


def cut_off(this: Round) -> None:
    database = this.world.database
    assert isinstance(database, Postgres)
    for _ in range(this.rng.randint(1, 3)):
        this.act("database cut off", database.cut, calling=this.mostly())


def restarted(this: Round) -> None:
    database = this.world.database
    assert isinstance(database, Postgres)

    def restart() -> bool:
        database.restart()
        return True

    this.act("database powered off", restart, calling=True)


def read_only(this: Round) -> None:
    database = this.world.database
    assert isinstance(database, Postgres)
    this.hurt_database = True
    this.act("database read-only", database.turn_read_only, calling=True)


def disk_full_of_server(this: Round) -> None:
    database = this.world.database
    assert isinstance(database, Postgres)
    this.hurt_database = True
    this.act("disk full", database.fill_disk, calling=this.mostly())


def locked(this: Round) -> None:
    database = this.world.database
    assert isinstance(database, Sqlite)
    this.hurt_database = True

    def lock() -> bool:
        came = database.lock()
        this.later(free, 0.5, LEASE.total_seconds() + 2)
        return came

    def free() -> bool:
        database.mend()
        return False

    this.act("database locked", lock, calling=this.mostly())


def disk_full(this: Round) -> None:
    database = this.world.database
    assert isinstance(database, Sqlite)
    room = this.rng.choice([0, 4, 16, 48]) * 1024
    this.file_bytes = max(16 * 1024, database.bytes_of_books() + room)
    this.act("disk full", lambda: True)


# ── Time ────────────────────────────────────────────────────────────────────────


def clocks_differ(this: Round) -> None:
    this.errors, this.together = True, max(2, this.together)
    this.act("clocks differ", lambda: True)


def clock_jumps(this: Round) -> None:
    def jump() -> bool:
        if worker := this.someone():
            error = this.error()
            worker.error = error.total_seconds()
            this.world.set_clock(worker, error)
        return worker is not None

    this.act("clock jumps", jump, calling=this.mostly())


def two_at_once(this: Round) -> None:
    this.together = this.rng.choice([2, 2, 3])


Trouble = Callable[[Round], None]
# What comes twice is twice as likely.
EVERYWHERE: tuple[Trouble, ...] = (
    dropped_before,
    dropped_after,
    dropped_after,
    too_late,
    throttled,
    senseless,
    transient,
    partial,
    expired,
    killed_calling,
    killed_calling,
    killed_anywhere,
    asked_to_end,
    asleep,
    clocks_differ,
    clock_jumps,
    two_at_once,
)
ONLY: dict[str, tuple[Trouble, ...]] = {
    "sqlite": (locked, disk_full, disk_full),
    "postgres": (cut_off, cut_off, restarted, read_only, disk_full_of_server),
}
