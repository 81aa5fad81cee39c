"""Each stage alone beside what a user would do instead, on the same data, in one run.

    python -m benchmarks stages [--orders 20000] [--missing 0.1] [--latency 0]
        [--only reconcile,build] [--write]

Each way is a process of its own (`stage.py`), and works on all orders, whoever lacks
them; only reconcile looks at what was sent. With `--only reconcile` and ten million
orders this is the comparison of the joins.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import job, stage_ours, stage_theirs, telling
from benchmarks.drawing import bars, fenced
from benchmarks.shop import Shop, fill
from benchmarks.stage import OURS
from capi_jobs.model import DataInterval

STAGES = ("extract", "reconcile", "validate", "build", "upload", "ledger")
# Ten times as much as the slowest takes for ten million rows.
STAGE_SECONDS_MAX = 3_600
_WHAT = (
    "{:,} orders, {:.0%} of them missing; PostgreSQL, whose CPU is not counted; a"
    " loopback server that answers after {:g} s. *MB before* is the process with all"
    " that it works on."
)
_HEAD = (
    "| stage | by | rows | wall s | rows a second | CPU s | CPU µs a row"
    " | MB before | peak MB |"
)


@dataclass(frozen=True, slots=True)
class Took:
    """What one stage took by one way."""

    stage: str
    way: str
    figures: Mapping[str, Any]

    @property
    def rows_per_second(self) -> float:
        """Of the clock, not of CPU: PostgreSQL's share is in it."""
        return float(self.figures["rows"] / self.figures["wall"])


def measure(wanted: job.Wanted, only: Sequence[str] = STAGES) -> Iterator[Took]:
    """Make a shop; let each way of each stage work on it."""
    with (
        tempfile.TemporaryDirectory(prefix="capi-jobs-bench-") as folder,
        job.databases(wanted, Path(folder)) as (warehouse, ledger),
        job.server(wanted) as server,
    ):
        now = datetime.now(UTC)
        shop = Shop(wanted.orders, wanted.missing, now, platforms=("meta",))
        fill(warehouse, shop)
        job.settle_in(warehouse)
        config = Path(folder) / "capi_jobs.toml"
        config.write_text(job.config(wanted, warehouse, ledger, server), "utf-8")
        days = DataInterval(datetime.fromtimestamp(shop.first_at, UTC), now)
        ways = [*stage_ours.WAYS, *stage_theirs.WAYS]
        for stage, way in sorted(ways, key=lambda one: STAGES.index(one[0])):
            if stage in only:
                told = [str(config), warehouse, server, *_ends(days)]
                yield Took(stage, way, _run(stage, way, told))


def _ends(days: DataInterval) -> tuple[str, str]:
    return days.start.isoformat(), days.end.isoformat()


def _run(stage: str, way: str, words: Sequence[str]) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "benchmarks.stage", stage, way, *words],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=STAGE_SECONDS_MAX,
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def told(wanted: job.Wanted, took: Sequence[Took]) -> str:
    """Tell all stages, as Markdown."""
    lines = [
        _WHAT.format(wanted.orders, wanted.missing, wanted.latency),
        "",
        _HEAD,
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
        *map(_row, took),
        "",
        *fenced(*_charts(took)),
    ]
    return "\n".join(lines)


def _row(one: Took) -> str:
    told = one.figures
    cells = (
        one.stage,
        f"**{one.way}**" if one.way == OURS else one.way,
        f"{told['rows']:,}",
        f"{told['wall']:.2f}",
        f"{one.rows_per_second:,.0f}",
        f"{told['cpu']:.2f}",
        f"{told['cpu'] / told['rows'] * 1e6:.1f}",
        f"{told['before_mb']:.0f}",
        f"{told['peak_mb']:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def _charts(took: Sequence[Took]) -> Iterator[Iterator[str]]:
    for stage in STAGES:
        each = [one for one in took if one.stage == stage]
        if each:
            yield _chart(stage, each)


def _chart(stage: str, took: Sequence[Took]) -> Iterator[str]:
    yield f"{stage}, CPU a row"
    cpu = [(o.way, o.figures["cpu"] / o.figures["rows"] * 1e6) for o in took]
    yield from bars("µs", cpu)


def marks(only: Sequence[str]) -> tuple[str, str]:
    """Name the place in the docs: each choice of stages has its own."""
    what = "stages" if tuple(only) == STAGES else f"stages {','.join(only)}"
    return f"<!-- {what}: begin -->", f"<!-- {what}: end -->"


def main() -> None:
    """Measure; print; write down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks stages")
    parser.add_argument("--orders", type=int, default=20_000)
    parser.add_argument("--missing", type=float, default=0.1)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds a call")
    parser.add_argument("--only", default=",".join(STAGES), help="with commas")
    parser.add_argument("--write", action="store_true", help="also into the docs")
    chosen = parser.parse_args()
    only = chosen.only.split(",")
    wanted = job.Wanted(
        orders=chosen.orders,
        missing=chosen.missing,
        destinations=1,
        sqlite=False,
        sandbox=False,
        latency=chosen.latency,
        again=False,
    )
    text = told(wanted, list(measure(wanted, only)))
    print(text)
    if chosen.write:
        some = "" if tuple(only) == STAGES else f" --only {chosen.only}"
        asked = f"python -m benchmarks stages --orders {chosen.orders}{some}"
        telling.write(text, asked, marks(only))


if __name__ == "__main__":
    main()
