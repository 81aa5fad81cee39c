"""What delivery is given: clock and transport (its seams), the lane, the run's means.

Nothing here does anything; the calls are made in `attempt.py`.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from capi_jobs.config import Delivery
from capi_jobs.ledger import Ledger
from capi_jobs.model import Answer, Call, NoAnswer
from capi_jobs.pace import Ticker
from capi_jobs.platforms import Limits, Platform, Target


class Clock(Ticker, Protocol):
    """The time of day, beside the seconds that only grow."""

    def now(self) -> datetime:
        """Aware UTC."""


class Transport(Protocol):
    """What makes a call; `transport.Transport`, or a fake in tests."""

    async def send(self, call: Call) -> Answer | NoAnswer:
        """Make the call once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One destination, as delivery sees it."""

    name: str
    platform: Platform
    target: Target
    token: str = field(repr=False)
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What the house provides for a run."""

    ledger: Ledger
    transport: Transport
    settings: Delivery
    run_id: str
    actor: str
    clock: Clock
    # Set by Ctrl-C and SIGTERM: no new call is begun.
    stop: asyncio.Event
