"""The whole job at growing sizes, and the night after, which has nothing to send.

    python -m benchmarks growth [--orders 1000000,10000000,30000000] [--missing 0.1]
        [--latency 0.2] [--write]

One destination. `--missing` is one share for all sizes, or one for each. Sizes are made
one after the other, each in a database of its own: thirty million orders take 30 GB.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import job, telling
from benchmarks.drawing import bars, fenced
from benchmarks.shop import Shop, fill

SIZES = "1000000,10000000,30000000"
BEGIN, END = "<!-- growth: begin -->", "<!-- growth: end -->"
_WHAT = (
    "One destination; PostgreSQL; a loopback server that answers after {:g} s. The next"
    " night finds that everything is known; *keys alone* reads what such a night reads"
    " of the warehouse, and does nothing with it."
)
_HEAD = (
    "| orders | missing | wall s | CPU s | peak MB | CPU µs an order"
    " | calls | counted | next night: wall s | CPU s | peak MB"
    " | keys alone: wall s | CPU s | wall s beyond the keys |"
)


@dataclass(frozen=True, slots=True)
class Size:
    """One size: its job, the night after, and the keys alone."""

    orders: int
    missing: float
    owed: int
    counted: int
    first: Mapping[str, Any]
    again: Mapping[str, Any]
    keys: Mapping[str, Any]

    @property
    def faults(self) -> list[str]:
        """Say what was counted that was not owed, or sent at night without need."""
        found = []
        if self.counted != self.owed:
            found.append(f"{self.orders}: owed {self.owed}, counted {self.counted}")
        if calls := _calls(self.again):
            found.append(f"{self.orders}: {calls} calls with nothing to send")
        return found


def measure(orders: int, missing: float, latency: float) -> Size:
    """Make a shop of this size, run the job, read its keys, run it again."""
    wanted = job.Wanted(
        orders=orders,
        missing=missing,
        destinations=1,
        sqlite=False,
        sandbox=False,
        latency=latency,
        again=True,
    )
    with (
        tempfile.TemporaryDirectory(prefix="capi-jobs-bench-") as folder,
        job.databases(wanted, Path(folder)) as (warehouse, ledger),
    ):
        now = datetime.now(UTC)
        owed = fill(warehouse, Shop(orders, missing, now, platforms=("meta",)))
        job.settle_in(warehouse)
        with job.server(wanted) as server:
            config = Path(folder) / "capi_jobs.toml"
            text = job.config(wanted, warehouse, ledger, server)
            config.write_text(text, "utf-8")
            # Before the job: what it left in the database's memory is no help here.
            keys = job.job(config, now, "benchmarks.keys")
            first = job.job(config, now)
            again = job.job(config, now)
            counted = job.counted(server, sandbox=False)["meta"]["counted"]
    return Size(orders, missing, owed["meta"], counted, first, again, keys)


def told(sizes: Sequence[Size], latency: float) -> str:
    """Tell all sizes, as Markdown."""
    lines = [
        _WHAT.format(latency),
        "",
        _HEAD,
        f"|{'--:|' * 14}",
        *map(_row, sizes),
        "",
        *fenced(*_charts(sizes)),
    ]
    return "\n".join(lines)


def _row(size: Size) -> str:
    first, again, keys = size.first, size.again, size.keys
    cells = (
        f"{size.orders:,}",
        f"{size.missing:.0%}",
        *_cost(first),
        f"{first['cpu'] / size.orders * 1e6:.1f}",
        f"{_calls(first):,}",
        f"{size.counted:,}",
        *_cost(again),
        *_cost(keys)[:2],
        f"{again['wall'] - keys['wall']:.1f}",
    )
    return f"| {' | '.join(cells)} |"


def _cost(figures: Mapping[str, Any]) -> tuple[str, str, str]:
    wall, cpu, peak = figures["wall"], figures["cpu"], figures["peak_mb"]
    return f"{wall:,.1f}", f"{cpu:,.1f}", f"{peak:,.0f}"


def _calls(figures: Mapping[str, Any]) -> int:
    return sum(int(one["requests"]) for one in figures["destinations"].values())


def _charts(sizes: Sequence[Size]) -> Iterator[Iterator[str]]:
    name = [f"{size.orders:,}" for size in sizes]
    wall = [size.first["wall"] for size in sizes]
    each = [size.first["cpu"] / size.orders * 1e6 for size in sizes]
    peak = [size.first["peak_mb"] for size in sizes]
    yield bars("s", list(zip(name, wall, strict=True)))
    yield bars("µs of CPU an order", list(zip(name, each, strict=True)))
    yield bars("MB", list(zip(name, peak, strict=True)))


def main() -> None:
    """Measure each size; print, and write down what was sound."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks growth")
    parser.add_argument("--orders", default=SIZES, help="sizes, with commas")
    parser.add_argument("--missing", default="0.1", help="one share, or one per size")
    parser.add_argument("--latency", type=float, default=0.2, help="seconds a call")
    parser.add_argument("--write", action="store_true", help="also into the docs")
    chosen = parser.parse_args()
    orders = [int(one) for one in chosen.orders.split(",")]
    shares = [float(one) for one in chosen.missing.split(",")]
    shares *= len(orders) if len(shares) == 1 else 1
    sizes = []
    for count, share in zip(orders, shares, strict=True):
        sizes.append(measure(count, share, chosen.latency))
        print(_row(sizes[-1]), file=sys.stderr, flush=True)
    text = told(sizes, chosen.latency)
    print(text)
    if faults := [fault for size in sizes for fault in size.faults]:
        raise SystemExit("\n".join(faults))
    if chosen.write:
        asked = f"growth --orders {chosen.orders} --missing {chosen.missing}"
        telling.write(text, f"python -m benchmarks {asked}", (BEGIN, END))


if __name__ == "__main__":
    main()
