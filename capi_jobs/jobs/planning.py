"""`plan`: what a run would send, hold, exclude and call expired, and why.

Writes nothing: holds are counted, not kept, and nothing is claimed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from capi_jobs.config import Destination
from capi_jobs.coverage import Advice, SourceCoverage
from capi_jobs.gate import Gate
from capi_jobs.jobs.assessing import assess
from capi_jobs.jobs.house import House, Watcher
from capi_jobs.model import ClassCount, DataInterval, OrderClass, OwedAs
from capi_jobs.validation import ExpectationResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a run would do for one destination."""

    destination: Destination
    interval: DataInterval
    counts: tuple[ClassCount, ...]
    to_send: int
    to_send_values: dict[str, Decimal]
    to_enrich: int
    would_hold: dict[str, int]  # by rule
    requests: int
    coverage: tuple[SourceCoverage, ...]
    advice: tuple[Advice, ...] = ()
    results: tuple[ExpectationResult, ...]
    gate: Gate
    in_doubt: int


def plan(
    house: House,
    interval: DataInterval,
    chosen: Sequence[Destination],
    *,
    watcher: Watcher,
) -> list[Planned]:
    """Assess each destination without keeping anything."""
    return [_planned(house, interval, one, watcher) for one in chosen]


def _planned(
    house: House, interval: DataInterval, destination: Destination, watcher: Watcher
) -> Planned:
    wide = house.widened(interval, destination)
    with assess(
        house, destination, wide, watcher=watcher, on_page=lambda _keys, _page: None
    ) as found:
        return Planned(
            destination=destination,
            interval=wide,
            counts=found.reconciliation.counts,
            to_send=found.ready[OwedAs.MISSING],
            to_send_values=found.ready_values,
            to_enrich=found.ready[OwedAs.ENRICHMENT],
            would_hold=dict(found.held.most_common()),
            requests=found.packing.calls,
            coverage=found.told_coverage,
            advice=found.advice,
            results=found.results,
            gate=found.gate,
            in_doubt=found.reconciliation.totals[OrderClass.IN_DOUBT],
        )
