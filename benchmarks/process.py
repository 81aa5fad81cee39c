"""What one process has taken since it was started: seconds, CPU, peak memory.

Only the standard library: scripts of other environments are measured by it, too.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time

_STARTED = 19  # field 22 of proc(5), counted after the name and the state


def age() -> float:
    """Return the seconds since the process was started, imports and all."""
    told = Path("/proc/self/stat").read_text(encoding="utf-8")
    ticks = int(told.rpartition(")")[2].split()[_STARTED])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def peak_mb() -> float:
    """Return the peak of this process alone: `ru_maxrss` would be our parent's, too."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = next(one for one in status.splitlines() if one.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


class Stages:
    """What a script's steps took, by name."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, float]] = {}
        self._imports_cpu = process_time()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add what a block took."""
        wall, cpu = perf_counter(), process_time()
        yield
        kept = self._kept.setdefault(name, {"wall": 0.0, "cpu": 0.0})
        kept["wall"] += perf_counter() - wall
        kept["cpu"] += process_time() - cpu

    def told(self, sent: int) -> dict[str, object]:
        """Say it all, of the whole process."""
        return {
            "wall": age(),
            "cpu": process_time(),
            "imports_cpu": self._imports_cpu,
            "peak_mb": peak_mb(),
            "sent": sent,
            "stages": self._kept,
        }
