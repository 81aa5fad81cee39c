"""What is told of one order: plain values; `jobs/tracing.py` fills them.

As JSON in `trace_json.py`, on a terminal in `trace_terminal.py`. Nothing personal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from capi_jobs.audit import BY_NAME, Correction, Finding
from capi_jobs.audit.counting import Counted
from capi_jobs.config import Destination
from capi_jobs.ledger.values import HoldRow, Override
from capi_jobs.orders.scalars import Unreadable, read_money
from capi_jobs.reconcile import AskedOrder

# What of a row is shown: it decides about the order, and names nobody.
SHOWN = (
    "order_id",
    "completed_at",
    "updated_at",
    "status",
    "channel",
    "event_id",
    "event_name",
    "value",
    "currency",
    "consent",
    "limited_data_use",
    "is_test",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedOrder:
    """A row of the warehouse, without anybody in it."""

    facts: Mapping[str, str]
    filled: tuple[str, ...]  # columns that hold something; what, is not told
    empty: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedDestination:
    """What one destination knows of the order."""

    destination: Destination
    decision: AskedOrder | None  # None: the order is not in the warehouse
    events: tuple[Mapping[str, str | None], ...]
    entries: tuple[Mapping[str, Any], ...]
    hold: HoldRow | None
    override: Override | None
    findings: tuple[Finding, ...]
    corrections: tuple[Correction, ...]
    counted: Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """All that is known of one order."""

    order_id: str
    order: TracedOrder | None
    destinations: tuple[TracedDestination, ...]
    history: tuple[Mapping[str, Any], ...]

    @property
    def known(self) -> bool:
        """Whether anybody has ever heard of it."""
        return self.order is not None or any(
            one.events or one.entries or one.hold for one in self.destinations
        )

    @property
    def broken(self) -> bool:
        """Whether something is wrong that needs a person."""
        return any(
            one.corrections
            or any(BY_NAME[f.kind, f.cause].needs_person for f in one.findings)
            for one in self.destinations
        )


def differs(name: str, told: str, wanted: str) -> bool:
    """Whether an event tells something else; 49.9 is 49.90, and eur is EUR."""
    if name == "currency":
        return told.strip().upper() != wanted.strip().upper()
    if name == "value":
        try:
            return read_money(name, told) != read_money(name, wanted)
        except Unreadable:
            return told != wanted
    return told != wanted
