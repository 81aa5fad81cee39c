"""A day in slices, delivered by one, two and four processes at once.

    python -m benchmarks workers [orders] [--workers 1,2,4] [--slices 4] [--write]

A shop, a ledger of its own for each count, a platform that answers after a while; each
task is a process (`slice_task.py`). What is told stands in `telling_workers.py`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil
import sqlalchemy as sa

from benchmarks import job, paper, telling, telling_workers
from benchmarks.shop import AGE_MIN, PLATFORMS, Shop, fill

DAY = timedelta(days=1)
META = PLATFORMS[:1]
# The longest task of five million orders, on a machine that others use, too.
TASK_SECONDS_MAX = 3_600


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    orders: int
    workers: Sequence[int] = (1, 2, 4)
    slices: int = 4
    missing: float = 0.1
    latency: float = 0.2
    whole: bool = True  # one night without slices, before the others

    def nights(self) -> Iterator[tuple[int, int]]:
        """Yield workers and slices of each night."""
        if self.whole:
            yield 1, 1
        yield from ((workers, self.slices) for workers in self.workers)


@dataclass(frozen=True, slots=True)
class Night:
    """One day, assessed, delivered by so many processes, closed."""

    workers: int
    slices: int
    owed: int
    walls: dict[str, float]  # of each step
    tasks: dict[str, list[dict[str, Any]]]  # what each of its tasks told
    counted: dict[str, int]  # by the platform
    database_cpu: float
    entry_bytes: float

    @property
    def wall(self) -> float:
        """All steps, one after the other."""
        return sum(self.walls.values())

    @property
    def cpu(self) -> float:
        """What all tasks took, without the database."""
        return float(sum(one["cpu"] for told in self.tasks.values() for one in told))

    @property
    def peak_mb(self) -> float:
        """Return the peak of the largest process."""
        return float(
            max(one["peak_mb"] for told in self.tasks.values() for one in told)
        )

    @property
    def delivered(self) -> int:
        """What the slices say that they sent."""
        return int(sum(one["delivered"] for one in self.tasks["deliver"]))

    @property
    def overlap(self) -> int:
        """Orders that more than one slice took for its own."""
        return self.delivered - self.counted["counted"]

    @property
    def remainder(self) -> int:
        """Orders that stand in no column, or in two."""
        return int(self.tasks["close"][0]["remainder"])

    def stage(self, step: str, stage: str) -> float:
        """CPU of one stage, over all tasks of a step."""
        told = (one["stages"] for one in self.tasks[step])
        return float(sum(stages.get(stage, 0.0) for stages in told))

    def faults(self) -> Iterator[str]:
        """Whatever must not be."""
        [found], [closed] = self.tasks["assess"], self.tasks["close"]
        wrong = {
            "the gate asks": found["gate"] != "pass",
            "slices leave a gap": found["gaps"],
            "an order was sent by two slices": self.overlap,
            "an order was not sent": self.counted["counted"] != self.owed,
            "an order came again": self.counted["again"],
            "the books do not close": not closed["closes"],
            "a slice did not end well": closed["status"] != "done",
        }
        told = f"{self.workers} workers, {self.slices} slices"
        yield from (f"{told}: {what}" for what, so in wrong.items() if so)


def measure(wanted: Wanted) -> list[Night]:
    """Make the shop once; go through the night with each count of workers."""
    asked = job.Wanted(
        orders=wanted.orders,
        missing=wanted.missing,
        destinations=len(META),
        sqlite=False,
        sandbox=False,
        latency=wanted.latency,
        again=False,
    )
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - DAY
    shop = Shop(wanted.orders, wanted.missing, day + DAY + AGE_MIN, DAY, META)
    with (
        tempfile.TemporaryDirectory(prefix="capi-jobs-bench-") as folder,
        job.databases(asked, Path(folder)) as (warehouse, ledger),
    ):
        [owed] = fill(warehouse, shop).values()
        job.settle_in(warehouse)
        nights = []
        for workers, slices in wanted.nights():
            file = Path(folder) / f"{workers}-{slices}.toml"
            with job.server(asked) as url:
                file.write_text(job.config(asked, warehouse, ledger, url), "utf-8")
                nights.append(_night(file, day, workers, slices, owed, url, ledger))
            _empty(warehouse, ledger)
            print(f"{workers} workers: {nights[-1].wall:.0f} s", file=sys.stderr)
    return nights


def _night(  # noqa: PLR0913, PLR0917 - where it is, and how it is shared out
    file: Path,
    day: datetime,
    workers: int,
    slices: int,
    owed: int,
    server: str,
    ledger: str,
) -> Night:
    walls, tasks = {}, {}
    before = database_cpu(ledger)
    # As many as the night has tasks of that kind, so many at once.
    for step, numbers in (
        ("assess", [slices]),
        ("deliver", range(slices)),
        ("close", [0]),
    ):
        began = perf_counter()
        with ThreadPoolExecutor(workers) as pool:
            told = pool.map(lambda n, s=step: _task(file, day, s, n), numbers)
            tasks[step] = list(told)
        walls[step] = perf_counter() - began
    [counted] = (job.counted(server, sandbox=False)[name] for name in META)
    spent = database_cpu(ledger) - before
    return Night(
        workers, slices, owed, walls, tasks, counted, spent, _entry_bytes(ledger)
    )


def _task(file: Path, day: datetime, step: str, number: int) -> dict[str, Any]:
    """Start one task and wait for its end."""
    command = [sys.executable, "-m", "benchmarks.slice_task", str(file)]
    done = subprocess.run(  # noqa: S603 - ours
        [*command, day.isoformat(), step, str(number)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=TASK_SECONDS_MAX,
        env={**os.environ, "BENCHMARK_TOKEN": job.TOKEN},
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def database_cpu(url: str) -> float:
    """Return what PostgreSQL has spent, its processes that ended included."""
    folder = _ask(url, "SHOW data_directory")
    noted = Path(str(folder), "postmaster.pid").read_text(encoding="utf-8")
    server = psutil.Process(int(noted.split()[0]))
    living = 0.0
    for one in server.children():
        with suppress(psutil.NoSuchProcess):  # it ended just now: its server knows
            living += sum(one.cpu_times()[:2])
    return living + sum(server.cpu_times()[:4])  # its own, and of those that ended


def _entry_bytes(ledger: str) -> float:
    """What the ledger has grown by, indexes and history included, per entry."""
    tables = (
        "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r'"
        " AND relname IN ('ledger_entries', 'ledger_batches', 'ledger_batch_counts',"
        " 'ledger_history')"
    )
    entries = int(_ask(ledger, "SELECT count(*) FROM ledger_entries"))
    return float(_ask(ledger, tables)) / max(1, entries)


def _ask(url: str, statement: str) -> Any:  # noqa: ANN401 - whatever it is
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(sa.text(statement)).scalar_one()
    engine.dispose()
    return found


def _empty(warehouse: str, ledger: str) -> None:
    """Begin the next night with a ledger that knows nothing."""
    engine = sa.create_engine(warehouse, isolation_level="AUTOCOMMIT")
    name = sa.make_url(ledger).database
    with engine.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    engine.dispose()


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks workers")
    parser.add_argument("orders", type=int, nargs="?", default=100_000)
    parser.add_argument("--workers", default="1,2,4", help="counts, 1,2,4")
    parser.add_argument("--slices", type=int, default=4)
    parser.add_argument("--missing", type=float, default=0.1, help="share, 0.1")
    parser.add_argument("--latency", type=float, default=0.2, help="seconds a call")
    parser.add_argument("--write", action="store_true", help="also into docs/scale.md")
    chosen = parser.parse_args()
    workers = [int(one) for one in chosen.workers.split(",")]
    wanted = Wanted(
        chosen.orders, workers, chosen.slices, chosen.missing, chosen.latency
    )
    nights = measure(wanted)
    text = telling_workers.told(wanted, nights)
    print(text)
    if faults := [fault for night in nights for fault in night.faults()]:
        raise SystemExit("\n".join(faults))
    if chosen.write:
        asked = [one for one in sys.argv[1:] if one != "--write"]
        command = " ".join(["python -m benchmarks workers", *asked])
        telling.write(text, command, telling_workers.MARKS, paper.PAGE)
        paper.write()


if __name__ == "__main__":
    main()
