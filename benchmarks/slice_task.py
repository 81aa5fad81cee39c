"""One task of a night in a process of its own, as a worker of Airflow starts it.

    python -m benchmarks.slice_task CONFIG DAY assess SLICES
    python -m benchmarks.slice_task CONFIG DAY deliver NUMBER
    python -m benchmarks.slice_task CONFIG DAY close 0

Calls what the tasks of `capi_nightly` call; prints what it took as JSON. Who starts how
many at once is `workers.py`.
"""

import json
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks.process import peak_mb
from capi_jobs.config import Destination, load
from capi_jobs.jobs import steps
from capi_jobs.jobs.clock import SystemClock
from capi_jobs.jobs.house import House, opened
from capi_jobs.model import DataInterval

ACTOR = "benchmark"
DAY = timedelta(days=1)


class Phases:
    """Watches a step: how much CPU each of its stages takes."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}
        self._stage, self._since = "start", 0.0  # what importing took

    def stage(self, destination: str, stage: str, total: int | None) -> None:
        """Begin a stage; the one before has ended."""
        del destination, total
        now = process_time()
        self.cpu[self._stage] = self.cpu.get(self._stage, 0.0) + now - self._since
        self._stage, self._since = stage, now

    def reached(self, destination: str, done: int) -> None:
        """Nobody looks."""


def task(config: Path, day: datetime, step: str, number: int) -> dict[str, Any]:
    """Do one step; say what came of it and what it took."""
    settings, phases = load(config), Phases()
    [destination] = settings.destinations
    run_id = steps.run_id_of(f"{day:%Y-%m-%d}", destination.name, ACTOR)
    with opened(settings, SystemClock()) as house:
        if step == "assess":
            interval = DataInterval(day, day + DAY)
            did = _assess(house, run_id, destination, interval, number, phases)
        elif step == "deliver":
            did = _deliver(house, run_id, destination, number, phases)
        else:
            did = _close(house, run_id, destination)
    phases.stage(destination.name, "end", None)
    return {**did, "cpu": process_time(), "stages": phases.cpu, "peak_mb": peak_mb()}


def _assess(
    house: House,
    run_id: str,
    destination: Destination,
    interval: DataInterval,
    slices: int,
    phases: Phases,
) -> dict[str, Any]:
    found = steps.assess(
        house,
        run_id,
        destination,
        interval,
        actor=ACTOR,
        slice_orders=1,
        slices_max=slices,
        watcher=phases,
    )
    cut = house.ledger.slices(run_id, destination.name)
    return {
        "gate": found.gate,
        "due": found.orders,
        "slices": [[str(one.due.interval.start), one.due.orders] for one in cut],
        "gaps": _gaps([one.due.interval for one in cut]),
    }


def _gaps(parts: Sequence[DataInterval]) -> int:
    """Count the moments at which one slice ends and the next does not begin."""
    return sum(one.end != after.start for one, after in pairwise(parts))


def _deliver(
    house: House, run_id: str, destination: Destination, number: int, phases: Phases
) -> dict[str, Any]:
    sent = steps.deliver(
        house, run_id, destination, number, actor=ACTOR, watcher=phases
    )
    return {"delivered": sent.delivered, "requests": sent.requests, **_ended(sent)}


def _ended(sent: steps.Sent) -> dict[str, str]:
    return {"status": str(sent.status), "stopped": str(sent.stopped or "")}


def _close(house: House, run_id: str, destination: Destination) -> dict[str, Any]:
    closed = steps.close(house, run_id, destination, actor=ACTOR)
    return {
        "status": str(closed.status),
        "closes": closed.closes,
        "remainder": closed.remainder.orders,
        "orders": closed.total.orders.orders,
    }


def main() -> None:
    """Print what one task took."""
    config, day, step, number = sys.argv[1:]
    print(
        json.dumps(task(Path(config), datetime.fromisoformat(day), step, int(number)))
    )


if __name__ == "__main__":
    main()
