"""The job in a process of its own, timed by stage; prints its figures as JSON.

    python -m benchmarks.worker CONFIG START END

The process holds nothing but the job, so its peak memory is the job's. What is timed
stands in `seams.py`.
"""

import json
import sys
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks.process import age, peak_mb
from benchmarks.seams import time_the_house
from benchmarks.stopwatch import Stopwatch
from capi_jobs.config import load
from capi_jobs.jobs import running
from capi_jobs.jobs.clock import SystemClock
from capi_jobs.jobs.house import House, opened
from capi_jobs.jobs.outcome import RunReport
from capi_jobs.model import DataInterval


class Phases:
    """Watches a run for the stopwatch: which phase it is in."""

    def __init__(self, watch: Stopwatch) -> None:
        self._watch = watch

    def stage(self, destination: str, stage: str, total: int | None) -> None:
        """Begin a stage of one destination."""
        del destination, total
        self._watch.phase = "assess" if stage in {"reconcile", "validate"} else stage
        # Rows are read in a thread beside the one that prepares them.
        self._watch.abreast = stage != "reconcile"

    def reached(self, destination: str, done: int) -> None:
        """Nobody looks."""


def job(config: Path, interval: DataInterval) -> dict[str, Any]:
    """Run it; say what it took."""
    watch = Stopwatch()
    started = process_time()  # imports
    time_the_house(watch)
    settings = load(config)
    with opened(settings, SystemClock()) as house:
        report = running.run(
            house,
            interval,
            settings.destinations,
            actor="benchmark",
            watcher=Phases(watch),
        )
        held = {d.name: _held(house, d.name) for d in settings.destinations}
    return {
        "wall": age(),
        "cpu": process_time(),
        "imports_cpu": started,
        "peak_mb": peak_mb(),
        "held": held,
        "destinations": _ran(report),
        "stages": [
            {"phase": phase, "stage": stage, **asdict(figures)}
            for (phase, stage), figures in watch.figures.items()
        ],
    }


def _ran(report: RunReport) -> dict[str, dict[str, Any]]:
    return {
        ran.destination: {
            "asks": [reason.says for reason in ran.gate.reasons],
            "delivered": ran.tally.delivered if ran.tally else 0,
            "requests": ran.tally.requests if ran.tally else 0,
        }
        for ran in report.destinations
    }


def _held(house: House, destination: str) -> dict[str, int]:
    batches = house.ledger.open_hold_keys(destination)
    return Counter(rule for one in batches for rule in one.column("rule").to_pylist())


def main() -> None:
    """Print the figures of one run."""
    config, start, end = sys.argv[1:]
    interval = DataInterval(datetime.fromisoformat(start), datetime.fromisoformat(end))
    print(json.dumps(job(Path(config), interval)))


if __name__ == "__main__":
    main()
