"""The job beside what a user would write instead, on the same data, in one run.

The other script is `naive.py`; what is printed is `telling_pairs.py`.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import job
from benchmarks.job import Wanted
from benchmarks.shop import Shop, fill

# Ten times as much as the script takes for a million orders.
SCRIPT_SECONDS_MAX = 3_600


@dataclass(frozen=True, slots=True)
class Pair:
    """Both runs, and what each of them made the platform count."""

    wanted: Wanted
    owed: int
    ours: Mapping[str, Any]
    theirs: Mapping[str, Any]
    counted: Mapping[str, int]  # by who ran

    @property
    def faults(self) -> list[str]:
        """Whoever had something else counted than was owed."""
        return [
            f"{who}: owed {self.owed}, counted {counted}"
            for who, counted in self.counted.items()
            if counted != self.owed
        ]


def compare(wanted: Wanted) -> Pair:
    """Make a shop; let both find and send what Meta lacks, each to a fresh server."""
    with (
        tempfile.TemporaryDirectory(prefix="capi-jobs-bench-") as folder,
        job.databases(wanted, Path(folder)) as (warehouse, ledger),
    ):
        now = datetime.now(UTC)
        shop = Shop(wanted.orders, wanted.missing, now)
        owed = fill(warehouse, shop)
        job.settle_in(warehouse)
        counted = dict[str, int]()
        with job.server(wanted) as server:
            config = Path(folder) / "capi_jobs.toml"
            text = job.config(wanted, warehouse, ledger, server)
            config.write_text(text, "utf-8")
            ours = job.job(config, now)
            counted["capi-jobs"] = job.counted(server, sandbox=False)["meta"]["counted"]
        with job.server(wanted) as server:
            theirs = _script(warehouse, server, shop)
            counted["script"] = job.counted(server, sandbox=False)["meta"]["counted"]
    return Pair(wanted, owed["meta"], ours, theirs, counted)


def _script(warehouse: str, server: str, shop: Shop) -> dict[str, Any]:
    first = datetime.fromtimestamp(shop.first_at, UTC).isoformat()
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "benchmarks.naive", warehouse, server, first],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=SCRIPT_SECONDS_MAX,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told
