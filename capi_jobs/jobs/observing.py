"""What a run tells of its steps: spans, lines and figures; none of them per order.

The books are kept in the ledger; this is for whoever watches. Of calls tells
`delivery/observing.py`, what may be told at all is named in `telemetry/names.py`.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from time import perf_counter
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from capi_jobs.config import Destination
from capi_jobs.delivery import Tally
from capi_jobs.gate import Gate
from capi_jobs.jobs.house import House
from capi_jobs.jobs.outcome import RunReport, status_of
from capi_jobs.model import DataInterval
from capi_jobs.reconcile import Reconciliation
from capi_jobs.telemetry import bound, count, level, span, tell

if TYPE_CHECKING:
    from capi_jobs.jobs.assessing import Assessed

P = ParamSpec("P")
log = logging.getLogger(__name__)


@contextmanager
def run_told(run_id: str, kind: str, interval: DataInterval) -> Iterator[None]:
    """Name the run in all that is told within; say how it begins and breaks off."""
    with bound(run_id=run_id), span("run", kind=kind), _broken_off_told():
        tell(log.info, "run began", kind=kind, interval=_text(interval))
        yield


@contextmanager
def step_told(
    step: str, run_id: str, destination: Destination, **fields: object
) -> Iterator[None]:
    """Do the same for a step of a destination's day: `assess` or `slice`."""
    what = "assessment" if step == "assess" else step
    named = {"destination": destination.name, "platform": destination.platform}
    with (
        bound(run_id=run_id, **named, **fields),
        span(step),
        _broken_off_told(),
    ):
        tell(log.info, f"{what} began")
        yield


@contextmanager
def _broken_off_told() -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        tell(log.error, "run broke off", error=type(error).__name__)
        raise


@contextmanager
def reconcile_told(
    destination: Destination,
) -> Iterator[Callable[[Reconciliation], None]]:
    """Tell how keys were sorted; what is yielded is called with the result."""
    with _at(destination), span("reconcile"):
        began = perf_counter()

        def found(result: Reconciliation) -> None:
            orders = {str(each): n for each, n in result.totals.items() if n}
            for name, number in orders.items():
                count("capi_jobs.orders", number, **{"class": name})
            tell(
                log.info,
                "destination reconciled",
                orders=orders,
                seconds=perf_counter() - began,
            )

        yield found


def look_told(
    look: Callable[Concatenate[House, "Assessed", P], None],
) -> Callable[Concatenate[House, "Assessed", P], None]:
    """Tell of a look at every row, and what the gate made of it."""

    @wraps(look)
    def wrapper(
        house: House, found: "Assessed", /, *args: P.args, **kwargs: P.kwargs
    ) -> None:
        with _at(found.destination), span("validate") as note:
            began = perf_counter()
            look(house, found, *args, **kwargs)
            note(orders=found.checked)
            for rule, number in found.held.items():
                count("capi_jobs.orders.held", number, rule=rule)
            orders, values = found.due()
            tell(
                log.info,
                "rows validated",
                checked=found.checked,
                orders={"ready": orders},
                values=values,
                held=dict(found.held),
                seconds=perf_counter() - began,
            )

    return wrapper


def page_told(destination: Destination, rows: int) -> None:
    """Count a page that was put to the rules."""
    count("capi_jobs.pages.validated", 1, destination=destination.name)
    count("capi_jobs.rows.validated", rows, destination=destination.name)


def gate_told(destination: str, gate: Gate) -> None:
    """Tell that somebody is asked, if so; the figures stand in the report."""
    if gate.verdict == "ask":
        count("capi_jobs.gate.asks", 1, destination=destination)
        rules = [reason.rule for reason in gate.reasons]
        tell(log.warning, "gate asked", destination=destination, rules=rules)


def run_ended(report: RunReport) -> None:
    """Tell how a run ended at each destination."""
    for ran in report.destinations:
        gate_told(ran.destination, ran.gate)
        if ran.tally:
            tell(log.info, "run ended", **_counts(ran.tally), held=dict(ran.held))
        else:
            tell(log.info, "run ended", destination=ran.destination, outcome="waiting")


def slice_ended(tally: Tally) -> None:
    """Tell how a slice ended."""
    tell(log.info, "slice ended", **_counts(tally))


def _counts(tally: Tally) -> dict[str, object]:
    level("capi_jobs.orders.in_doubt", tally.in_doubt, destination=tally.destination)
    return {
        "destination": tally.destination,
        "outcome": str(status_of(tally)),
        "delivered": tally.delivered,
        "rejected": tally.rejected,
        "in_doubt": tally.in_doubt,
        "released": tally.released,
        "too_late": tally.too_late,
        "already_known": tally.already_known,
        "resent": tally.resent,
        "requests": tally.requests,
        "reason": str(tally.stopped) if tally.stopped else None,
    }


@contextmanager
def _at(destination: Destination) -> Iterator[None]:
    with bound(destination=destination.name, platform=destination.platform):
        yield


def _text(interval: DataInterval) -> str:
    return f"{interval.start.isoformat()}/{interval.end.isoformat()}"
