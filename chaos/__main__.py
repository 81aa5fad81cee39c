"""`python -m chaos`: hurt so many runs; say whether every order was counted once."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from chaos import telling
from chaos.lanes import ENGINES, MINUTES_MAX, RUNS_PER_LIFE, Wanted, live_all, lives
from chaos.life import Told


def main() -> None:
    """Read the arguments, live, print; exit 1 where something was wrong."""
    chosen = _arguments()
    wanted = Wanted(
        runs=chosen.runs,
        seed=chosen.seed,
        lanes=chosen.lanes,
        engines=ENGINES if chosen.engine == "both" else (chosen.engine,),
        runs_per_life=chosen.per_life,
        minutes=chosen.minutes,
        only=chosen.life,
        keep=chosen.keep,
    )
    began = time.monotonic()
    told = _live(wanted)
    summary = telling.summed(told, time.monotonic() - began)
    if chosen.json:
        print(json.dumps(summary))
    else:
        print(telling.text(summary))
    if chosen.write and not summary["wrong"]:
        asked = telling.asked(sys.argv[1:])
        telling.write("lived", telling.text(summary), ["python -m chaos", *asked])
    sys.exit(1 if summary["wrong"] else 0)


def _live(wanted: Wanted) -> list[Told]:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        total = sum(runs for _, runs in lives(wanted))
        task = progress.add_task("runs", total=total)

        def on_life(one: Told) -> None:
            for line in one.truth.wrong:
                progress.console.print(f"life {one.number} ({one.engine}): {line}")

        return live_all(wanted, lambda ran: progress.advance(task, ran), on_life)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="runs to hurt; 100")
    parser.add_argument("--seed", type=int, default=1, help="other choices; 1")
    parser.add_argument(
        "--lanes", type=int, default=os.cpu_count() or 1, help="lives at once"
    )
    parser.add_argument("--engine", choices=[*ENGINES, "both"], default="both")
    parser.add_argument(
        "--per-life", type=int, default=RUNS_PER_LIFE, help="runs of one shop"
    )
    parser.add_argument(
        "--minutes", type=float, default=MINUTES_MAX, help="begin no life later"
    )
    parser.add_argument("--life", type=int, help="this life alone, by its number")
    parser.add_argument("--keep", type=Path, help="folder for lives that went wrong")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    parser.add_argument("--write", action="store_true", help="also into docs/chaos.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
