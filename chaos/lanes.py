"""Lives side by side: each lane has a sandbox, and a PostgreSQL where it is asked for.

What a life is stands in life.py.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random

from chaos import database, sandbox
from chaos.database import Database, Postgres, Sqlite
from chaos.life import Life, Told
from chaos.world import World

# So many that a life crosses a window or two, so few that an hour holds many lives.
RUNS_PER_LIFE = 12
# Whoever asks for a thousand runs waits no longer.
MINUTES_MAX = 60
# By how much clocks are off: within the lease, or by hours and the window is shortened.
ERRORS = (timedelta(seconds=1), timedelta(hours=2))
PLATFORMS = (("meta",), ("tiktok",), ("snapchat",), ("meta", "snapchat"))
ENGINES = ("sqlite", "postgres")


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much, and where."""

    runs: int
    seed: int
    lanes: int
    engines: Sequence[str] = ENGINES
    runs_per_life: int = RUNS_PER_LIFE
    # No life is begun later.
    minutes: float = MINUTES_MAX
    # One life alone, by its number.
    only: int | None = None
    keep: Path | None = None


def lives(wanted: Wanted) -> list[tuple[int, int]]:
    """Number the lives, and say how many runs each has."""
    if wanted.only is not None:
        return [(wanted.only, wanted.runs_per_life)]
    whole, rest = divmod(wanted.runs, wanted.runs_per_life)
    sizes = [wanted.runs_per_life] * whole + ([rest] if rest else [])
    return list(enumerate(sizes, 1))


def live_all(
    wanted: Wanted, on_run: Callable[[int], None], on_life: Callable[[Told], None]
) -> list[Told]:
    """Let every life be lived; return them in their order."""
    waiting: SimpleQueue[tuple[int, int]] = SimpleQueue()
    for one in lives(wanted):
        waiting.put(one)
    told: list[Told] = []
    ends = time.monotonic() + 60 * wanted.minutes

    def lane() -> None:
        with ExitStack() as stack:
            box = stack.enter_context(sandbox.running())
            server = (
                stack.enter_context(database.server())
                if "postgres" in wanted.engines
                else ""
            )
            while time.monotonic() < ends:
                try:
                    number, runs = waiting.get_nowait()
                except Empty:
                    return
                one = _live(wanted, (number, runs), box, server, on_run)
                told.append(one)
                on_life(one)

    with ThreadPoolExecutor(wanted.lanes) as pool:
        for lane_told in [pool.submit(lane) for _ in range(wanted.lanes)]:
            lane_told.result()
    return sorted(told, key=lambda one: one.number)


def _live(
    wanted: Wanted,
    life: tuple[int, int],
    box: sandbox.Sandbox,
    server: str,
    on_run: Callable[[int], None],
) -> Told:
    number, runs = life
    rng = Random(f"{wanted.seed}-{number}")
    engine = wanted.engines[number % len(wanted.engines)]
    folder = Path(tempfile.mkdtemp(prefix=f"capi-jobs-life-{number}-"))
    box.begin()
    place: Database = Postgres(server) if engine == "postgres" else Sqlite(folder)
    world = World(folder, place, box, rng.choice(PLATFORMS), rng.choice(ERRORS))
    told = Life(world, number, rng).live(runs, on_run)
    if isinstance(place, Postgres):
        place.drop()
    if told.truth.wrong and wanted.keep:
        shutil.copytree(folder, wanted.keep / f"life-{number}", dirs_exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    return told
