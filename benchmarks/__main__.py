"""`python -m benchmarks`: the whole job, or one of its stages alone."""

import argparse
import runpy
import sys
from pathlib import Path

from benchmarks import telling, telling_pairs
from benchmarks.job import Wanted, measure
from benchmarks.pairs import compare

HERE = Path(__file__).parent
# Each prints its own figures; they run as scripts, too.
ALONE = {
    "growth": "the job at sizes: [--orders 1000000,…] [--missing 0.1] [--write]",
    "stages": "each alone, by several ways: [--orders 20000] [--only …] [--write]",
    "reconcile": "the joins of keys: [orders] [memory limit in MB] [postgres]",
    "audit": "orders, twice as many events: [orders] [memory limit in MB] [--write]",
    "convert": "read, convert and write an order, beside the SDK: [--write]",
    "validate": "frames, rules and coverage per page",
    "pages": "each page, over a filled ledger: [entries] [--sqlite] [--write]",
    "ledger": "questions to a filled one, and moves: [entries] [--sqlite] [--write]",
    "workers": "a day in slices: [orders] [--workers 1,2,4] [--slices 4] [--write]",
    "paper": "a billion orders a day, reckoned from docs/scale.md into it",
    "sandbox": "the sandbox's own CPU and memory",
}


def main() -> None:
    """Read the arguments, measure, print."""
    if sys.argv[1:2] and sys.argv[1] in ALONE:
        sys.argv = sys.argv[1:]  # it reads its own
        runpy.run_path(str(HERE / f"{sys.argv[0]}.py"), run_name="__main__")
        return
    chosen = _arguments()
    asked = " ".join(
        ["python -m benchmarks", *(a for a in sys.argv[1:] if a != "--write")]
    )
    if chosen.what == "pairs":
        pair = compare(_wanted(chosen), drt=chosen.drt)
        text, faults = telling_pairs.told(pair), pair.faults
        marks = telling_pairs.marks(chosen.orders)
    else:
        measured = measure(_wanted(chosen))
        text, faults = telling.told(measured), telling.faults(measured)
        marks = (telling.BEGIN, telling.END)
    print(text)
    if faults:
        raise SystemExit("\n".join(faults))
    if chosen.write:
        telling.write(text, asked, marks)


def _wanted(chosen: argparse.Namespace) -> Wanted:
    return Wanted(
        orders=chosen.orders,
        missing=chosen.missing,
        destinations=1 if chosen.what == "pairs" else chosen.destinations,
        sqlite=chosen.sqlite,
        sandbox=chosen.sandbox,
        latency=chosen.latency,
        again=chosen.again,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.set_defaults(what="job")
    commands = parser.add_subparsers(dest="what")
    job = commands.add_parser("job", help="the whole job; the default")
    pairs = commands.add_parser("pairs", help="the job beside a script of pandas")
    for one in (parser, job, pairs):
        _job(one)
    pairs.add_argument("--drt", action="store_true", help="fetch drt, and run it, too")
    for name, says in ALONE.items():
        commands.add_parser(name, help=says)
    chosen = parser.parse_args()
    chosen.what = chosen.what or "job"
    return chosen


def _job(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--missing", type=float, default=0.05, help="share, 0.05")
    parser.add_argument("--destinations", type=int, default=3, choices=(1, 2, 3))
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--postgres", action="store_true", help="the default")
    where.add_argument("--sqlite", action="store_true")
    parser.add_argument("--sandbox", action="store_true", help="the strict one")
    parser.add_argument("--latency", type=float, default=0.2, help="seconds a call")
    parser.add_argument("--again", action="store_true", help="then run a second time")
    parser.add_argument(
        "--write", action="store_true", help="also into docs/performance.md"
    )


if __name__ == "__main__":
    main()
