"""One stage alone, by one way, in a process of its own; prints its figures as JSON.

    python -m benchmarks.stage STAGE WAY CONFIG WAREHOUSE SERVER START END

What is needed for it is made before the clock is started. The ways stand in
`stage_ours.py` and `stage_theirs.py`.
"""

import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter, process_time

from benchmarks.process import peak_mb
from capi_jobs.model import DataInterval

OURS = "capi-jobs"
EVENTS_PER_CALL = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything is."""

    config: Path
    warehouse: str
    server: str
    interval: DataInterval


# Does the work, and says of how many rows.
Work = Callable[[], int]
Way = Callable[[Place], Work]


def main() -> None:
    """Make what is needed, then do the work once, and tell."""
    stage, way, config, warehouse, server, *days = sys.argv[1:]
    start, end = map(datetime.fromisoformat, days)
    at = Place(Path(config), warehouse, server, DataInterval(start, end))
    # Not both: what one imports is no memory of the other's.
    module = "stage_ours" if way == OURS else "stage_theirs"
    ways: dict[tuple[str, str], Way] = importlib.import_module(
        f"benchmarks.{module}"
    ).WAYS
    work = ways[stage, way](at)
    before, wall, cpu = peak_mb(), perf_counter(), process_time()
    rows = work()
    told = {
        "rows": rows,
        "wall": perf_counter() - wall,
        "cpu": process_time() - cpu,
        "before_mb": before,
        "peak_mb": peak_mb(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
