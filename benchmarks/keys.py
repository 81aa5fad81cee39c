"""How long the keys alone take to read: what no run can do without.

python -m benchmarks.keys CONFIG START END
"""

import json
import sys
from datetime import datetime
from pathlib import Path
from time import process_time

from benchmarks.process import age, peak_mb
from capi_jobs.config import load
from capi_jobs.jobs.clock import SystemClock
from capi_jobs.jobs.house import LOG_MARGIN, House, opened
from capi_jobs.model import DataInterval


def read(house: House, interval: DataInterval) -> int:
    """Read the keys of all orders, and what others sent, as a run does; drop them."""
    [destination] = house.settings.destinations
    wide = house.widened(interval, destination)
    logs = DataInterval(wide.start - LOG_MARGIN, wide.end + LOG_MARGIN)
    orders = house.warehouse.order_keys(house.orders_source, wide)
    sent = house._sent_events(destination, logs)  # noqa: SLF001 - as reconcile does
    return sum(len(batch) for stream in (orders, sent) for batch in stream)


def main() -> None:
    """Print the figures."""
    config, start, end = sys.argv[1:]
    interval = DataInterval(datetime.fromisoformat(start), datetime.fromisoformat(end))
    with opened(load(Path(config)), SystemClock(), to_look=True) as house:
        began, cpu = age(), process_time()
        rows = read(house, interval)
        told = {"rows": rows, "wall": age() - began, "cpu": process_time() - cpu}
    print(json.dumps({**told, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
