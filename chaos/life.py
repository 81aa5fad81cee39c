"""One life: rounds of runs that are hurt, then runs that are not, then the books.

Every choice comes from the life's number; the moments, from the machine.
"""

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from chaos import books
from chaos.troubles import EVERYWHERE, ONLY, SLOW, Act, Round
from chaos.world import LEASE, TOKEN, Worker, World

# Beyond that a run hangs: its own deadline is a minute.
PATIENCE_SECONDS = 150.0
LOOK_SECONDS = 0.05
# Orders are two days old at most, and platforms take seven.
LIFE_MAX = timedelta(days=4)
CALM_RUNS_MAX = 6
# Orders of the first round, and of each later one.
FIRST_ORDERS, MORE_ORDERS = 40, 12
ENDS_WELL = frozenset({0, 1, 3})


@dataclass(slots=True)
class Told:
    """What one life was, and what was wrong with it."""

    number: int
    engine: str
    runs: int = 0
    calm_runs: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    truth: books.Truth = field(default_factory=books.Truth)
    seconds: float = 0.0


class Life:
    """Of one world."""

    def __init__(self, world: World, number: int, rng: Random) -> None:
        """Begin; nothing was sold yet."""
        self.world, self.rng = world, rng
        self.told = Told(number, world.database.kind)
        self._rounds: list[datetime] = []

    def live(self, runs: int, on_run: Callable[[int], None]) -> Told:
        """Hurt so many runs, then look."""
        began = time.monotonic()
        self.world.sell(FIRST_ORDERS)
        while self.told.runs < runs:
            ran = self._round(runs - self.told.runs)
            self.told.runs += ran
            on_run(ran)
            self.told.truth.wrong += books.twice(self.world)
            if self.told.truth.wrong:
                break
            self.world.pass_by(self._span())
            self.world.sell(MORE_ORDERS)
        before = self.told.truth.wrong
        if not before:
            self._rest()
            before = self.told.truth.wrong
            self.told.truth = books.at_rest(self.world)
            self.told.truth.wrong += before
        self.told.seconds = time.monotonic() - began
        return self.told

    def _round(self, runs_left: int) -> int:
        this = Round(self.world, self.rng)
        possible = EVERYWHERE + ONLY[self.world.database.kind] * 2
        for trouble in self.rng.sample(possible, self.rng.choice([1, 2, 2, 3])):
            trouble(this)
        self.world.sandbox.script([*this.rules, SLOW])
        self._rounds.append(self.world.now)
        for _ in range(min(this.together, runs_left)):
            this.workers.append(self._run(this))
            time.sleep(self.rng.choice([0, 0, 0.5]))
        try:
            self._carry_out(this)
        finally:
            self._end(this)
        return len(this.workers)

    def _run(self, this: Round) -> Worker:
        error = this.error() if this.errors else timedelta(0)
        room, this.file_bytes = this.file_bytes, 0
        words = ["run", "-i", self.world.days, "--json"]
        return self.world.start(*words, error=error, file_bytes=room)

    def _carry_out(self, this: Round) -> None:
        """Do what is planned, each at its moment, until every run has ended."""
        began, base = time.monotonic(), self.world.sandbox.received()
        while any(worker.alive for worker in this.workers):
            this.spent = time.monotonic() - began
            came = self.world.sandbox.received() - base
            for act in list(this.acts):
                if act.seconds <= this.spent and act.events <= came:
                    this.acts.remove(act)
                    self._do(act)
            if this.spent > PATIENCE_SECONDS:
                self.told.truth.wrong.append("a run hangs")
                return
            time.sleep(LOOK_SECONDS)

    def _do(self, act: Act) -> None:
        if act.do() and act.name:
            self.told.happened[act.name] += 1
            self._log(act.name)

    def _log(self, line: str) -> None:
        """Write down what was done, for a life that went wrong."""
        with (self.world.folder / "life.log").open("a", encoding="utf-8") as log:
            log.write(f"{self.world.now:%d %H:%M:%S} {line}\n")

    def _end(self, this: Round) -> None:
        """Mend everything, and look at how the runs ended."""
        self._log(f"{this.spent:.1f} s, {this.rule_names}, {this.rules}")
        for worker in this.workers:
            worker.ended(0)
            self._ended(worker)
        if this.hurt_database:
            self.world.database.mend()
        if this.stale_token:
            self.world.renew_token()
        if len(this.workers) > 1:
            self.told.happened["runs at once"] += 1
        names = [*this.rule_names, ""]
        for name, rule in zip(names, self.world.sandbox.mend(), strict=True):
            if name:
                self.told.happened[name] += rule["struck"]

    def _ended(self, worker: Worker) -> None:
        """Every end is one of those that docs/commands.md knows, and says no secret."""
        code, (out, err) = worker.code, worker.said
        self.told.ended[str(code)] += 1
        self._log(f"{worker.command.err.name} ended with {code}: {err[-200:]}")
        if "Traceback" in err or not (code in ENDS_WELL or worker.killed):
            last = err.strip().splitlines()[-1:]
            self.told.truth.wrong.append(f"a run ended with {code}: {last}")
        if TOKEN in err + out:
            self.told.truth.wrong.append("a run said its token")

    def _span(self) -> timedelta:
        """Say how much time passes: often to where a window closes."""
        rng, left = self.rng, LIFE_MAX - self.world.ahead
        edge = rng.choice(self._rounds) + self.world.window - self.world.now
        near = [-2 * LEASE, -LEASE, timedelta(0), LEASE, timedelta(hours=1)]
        span = rng.choice(
            [
                timedelta(0),
                LEASE + timedelta(seconds=1),
                LEASE + timedelta(seconds=1),
                timedelta(hours=rng.uniform(1, 8)),
                edge + rng.choice(near),
            ]
        )
        return min(max(span, timedelta(0)), max(left, LEASE))

    def _rest(self) -> None:
        """Run undisturbed until nothing is left to do."""
        self.world.pass_by(LEASE + 2 * self.world.error_max)
        for _ in range(CALM_RUNS_MAX):
            self.told.calm_runs += 1
            worker = self.world.start("run", "-i", self.world.days, "--json")
            if not worker.ended(PATIENCE_SECONDS):
                self.told.truth.wrong.append("an undisturbed run hangs")
                return
            self._ended(worker)
            if worker.code in ENDS_WELL and not self._called(worker):
                return
        self.told.truth.wrong.append("undisturbed runs find no end")

    def _called(self, worker: Worker) -> bool:
        """Whether this run had anything to send, or failed."""
        told = json.loads(worker.said[0] or "{}").get("destinations", [])
        calls = sum((one["sent"] or {}).get("requests", 0) for one in told)
        return bool(calls) or worker.code == 1
