"""`assess`: find what one destination is owed, keep it, and cut it into slices.

Each slice is a part of the time that was looked at, and what is due in it is kept, so
that `sending.py` sends no more than that. Whether it may be sent is `asking.py`'s.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from capi_jobs.config import Destination
from capi_jobs.jobs.house import House, Unwatched, Watcher
from capi_jobs.model import DataInterval
from capi_jobs.report.amounts import plain

UNWATCHED = Unwatched()
# Two origins of one day and destination among four billion.
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Found:
    """What would be sent, and whether somebody is asked first."""

    run_id: str
    destination: str
    gate: Literal["pass", "ask"]
    orders: int = 0
    values: Mapping[str, Decimal] = field(default_factory=dict)  # by currency
    slices: int = 1

    def as_json(self) -> dict[str, object]:
        """Return names and counts, fit for any log or database."""
        return {
            "run_id": self.run_id,
            "destination": self.destination,
            "gate": self.gate,
            "orders": self.orders,
            "values": {c: plain(v, c) for c, v in sorted(self.values.items())},
            "slices": self.slices,
        }


def run_id_of(key: str, destination: str, origin: str) -> str:
    """Name the run of a day and a destination; the same each time it is asked.

    `origin` tells apart those who ask for the same day, such as two DAG runs.
    """
    whole = f"{key}\0{destination}\0{origin}".encode()
    digest = hashlib.sha256(whole).hexdigest()[:_DIGITS]
    return f"{_ODD.sub('_', key)}-{destination}-{digest}"


_ODD = re.compile(r"[^A-Za-z0-9_.-]+")


def assess(  # noqa: PLR0913 - whose day it is, and how to cut it
    house: House,
    run_id: str,
    destination: Destination,
    interval: DataInterval,
    *,
    actor: str,
    kind: str = "nightly",
    slice_orders: int,
    slices_max: int,
    watcher: Watcher = UNWATCHED,
) -> Found:
    """Find what is owed; a question that was answered is asked anew."""
    raise NotImplementedError
