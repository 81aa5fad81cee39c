"""The job beside what a user would write instead, on the same data, in one run.

The other scripts are `careful.py`, `naive.py` and `drt_run.py`; each is sent to a fresh
server. What is printed is `telling_pairs.py`.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from benchmarks import job
from benchmarks.job import Wanted
from benchmarks.shop import Shop, fill

OURS, CAREFUL, NAIVE, DRT = "capi-jobs", "careful script", "naive script", "drt"
# Ten times as much as the slowest takes for ten million orders.
SCRIPT_SECONDS_MAX = 7_200
# Measured with a million: all of them in one frame, and joined.
NAIVE_BYTES_PER_ORDER = 4_096
# Half a million orders are 2 GB: less is never refused.
NAIVE_ORDERS_ALWAYS = 500_000
DRT_PACKAGES = "drt-core[postgres]==1.2.1"


@dataclass(frozen=True, slots=True)
class Pair:
    """All runs, and what each of them made the platform count."""

    wanted: Wanted
    owed: int
    runs: Mapping[str, Mapping[str, Any]]  # by who ran, ours first
    counted: Mapping[str, int]
    skipped: Mapping[str, str]  # who did not run, and why

    @property
    def faults(self) -> list[str]:
        """Whoever had something else counted than was owed."""
        return [
            f"{who}: owed {self.owed}, counted {counted}"
            for who, counted in self.counted.items()
            if counted != self.owed
        ]


def compare(wanted: Wanted, *, drt: bool = False) -> Pair:
    """Make a shop; let each find and send what Meta lacks."""
    with (
        tempfile.TemporaryDirectory(prefix="capi-jobs-bench-") as folder,
        job.databases(wanted, Path(folder)) as (warehouse, ledger),
    ):
        now = datetime.now(UTC)
        shop = Shop(wanted.orders, wanted.missing, now, platforms=("meta",))
        owed = fill(warehouse, shop)["meta"]
        job.settle_in(warehouse)
        first = datetime.fromtimestamp(shop.first_at, UTC).isoformat()
        config = Path(folder) / "capi_jobs.toml"
        runs, counted = dict[str, Any](), dict[str, int]()
        skipped = _skipped(wanted.orders, drt=drt)
        for who in (OURS, CAREFUL, NAIVE, DRT):
            if who in skipped:
                continue
            with job.server(wanted) as server:
                if who == OURS:
                    text = job.config(wanted, warehouse, ledger, server)
                    config.write_text(text, "utf-8")
                    runs[who] = job.job(config, now)
                else:
                    runs[who] = _script(_command(who, warehouse, server, first))
                told = job.counted(server, sandbox=False)
                counted[who] = told["meta"]["counted"]
    return Pair(wanted, owed, runs, counted, skipped)


def _skipped(orders: int, *, drt: bool) -> dict[str, str]:
    """Say who does not run, and why."""
    found = {} if drt else {DRT: "only with --drt: it gets an environment of its own"}
    need, there = orders * NAIVE_BYTES_PER_ORDER, psutil.virtual_memory().available
    if orders > NAIVE_ORDERS_ALWAYS and need > there:
        found[NAIVE] = (
            f"{need / 1e9:.0f} GB would be needed, 4 KB an order; of memory"
            f" {there / 1e9:.0f} GB are free"
        )
    return found


def _command(who: str, warehouse: str, server: str, first: str) -> Sequence[str]:
    if who != DRT:
        name = {CAREFUL: "careful", NAIVE: "naive"}[who]
        return [
            *(sys.executable, "-m", f"benchmarks.{name}"),
            *(warehouse, server, first),
        ]
    uv = str(Path(sys.executable).with_name("uv"))
    return [
        *(uv, "run", "--quiet", "--no-project", "--isolated"),
        *("--python", sys.executable, "--with", DRT_PACKAGES),
        *("python", "-m", "benchmarks.drt_run", warehouse, server, first),
    ]


def _script(command: Sequence[str]) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 - ours
        command,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=SCRIPT_SECONDS_MAX,
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told
