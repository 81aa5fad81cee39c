"""`assess`: find what one destination is owed, keep it, and cut it into slices.

Each slice is a part of the time that was looked at, and what is due in it is kept, so
that `sending.py` sends no more than that. Who is asked first is in `asking.py`.
"""

import contextlib
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Literal

from capi_jobs.config import Destination
from capi_jobs.errors import DecisionRefused
from capi_jobs.jobs.assessing import Assessed
from capi_jobs.jobs.house import House, Unwatched, Watcher
from capi_jobs.jobs.observing import gate_told, step_told
from capi_jobs.jobs.records import assessment_of
from capi_jobs.jobs.steps.cutting import Cutting
from capi_jobs.jobs.work import Work, recorded
from capi_jobs.ledger.values import RunStatus
from capi_jobs.model import DataInterval
from capi_jobs.report.amounts import plain

UNWATCHED = Unwatched()
# Two origins of one day and destination among four billion.
_DIGITS = 8
_ODD = re.compile(r"[^A-Za-z0-9_.-]+")


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
    """Find what is owed. Again: the question opens anew, unless all of it was done."""
    name = destination.name
    _start(house, run_id, name, interval, actor=actor, kind=kind)
    work = Work(house, run_id, actor, {}, watcher)
    with (
        step_told("assess", run_id, destination),
        recorded(partial(_broke_off, house, run_id, name)),
        contextlib.ExitStack() as open_ones,
    ):
        wide = house.widened(interval, destination)
        found = work.reconcile(destination, wide, open_ones)
        cutting = Cutting.of(found.reconciliation, wide, slice_orders, slices_max)
        work.look(found, cutting.count)
        if _nothing_new(house, run_id, found):
            slices = house.ledger.slices(run_id, name)
            return Found(run_id, name, "pass", slices=len(slices))
        _keep(house, run_id, found, cutting)
        gate_told(name, found.gate)
    orders, values = found.due()
    return Found(
        run_id, name, found.gate.verdict, orders, values, len(cutting.slices())
    )


def _start(
    house: House,
    run_id: str,
    name: str,
    interval: DataInterval,
    *,
    actor: str,
    kind: str,
) -> None:
    now = house.clock.now()
    house.ledger.sweep(now, actor=actor)
    if house.ledger.is_run(run_id):
        return
    try:
        house.ledger.start_run(
            run_id,
            kind=kind,
            interval=interval,
            destinations=[name],
            actor=actor,
            now=now,
        )
    except DecisionRefused:
        # The same task may begin twice at once: one of them started the run.
        if not house.ledger.is_run(run_id):
            raise


def _nothing_new(house: House, run_id: str, found: Assessed) -> bool:
    """Whether all slices were delivered and nothing became due since."""
    slices = house.ledger.slices(run_id, found.name)
    done = all(one.status is RunStatus.DONE for one in slices)
    return bool(slices) and done and not found.due()[0]


def _keep(house: House, run_id: str, found: Assessed, cutting: Cutting) -> None:
    assessment = replace(assessment_of(found, found.gate), slices=cutting.slices())
    now = house.clock.now()
    house.ledger.record_assessment(run_id, found.name, assessment, now=now)
    house.ledger.tell_run(run_id, now=now)


def _broke_off(
    house: House, run_id: str, name: str, status: RunStatus, note: str
) -> None:
    now = house.clock.now()
    house.ledger.finish_destination(run_id, name, status, now=now, note=note)
    house.ledger.tell_run(run_id, now=now)
