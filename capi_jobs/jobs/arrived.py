"""What the last `verify` found of a destination, as the ledger keeps it: asks nobody.

Asking is `verifying.py`, comparing `comparing.py`; both are used again here, so that a
page says what the command said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from capi_jobs.arrival import Judged, Row, Verdict, together
from capi_jobs.config import Destination, Verify
from capi_jobs.jobs.comparing import doubted
from capi_jobs.jobs.verified import Verification
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.readings import Reading
from capi_jobs.model import DataInterval
from capi_jobs.platforms.arrival import Inquiry, Untold, read_api_of


@dataclass(frozen=True, slots=True)
class Arrived:
    """What was found, and when; nothing was asked yet where `at` is None."""

    verification: Verification
    at: datetime | None = None


def last_verified(ledger: Ledger, destination: Destination, verify: Verify) -> Arrived:
    """Judge anew by what the platform last said."""
    kept = ledger.last_readings(destination.name, "events")
    if not kept:
        return Arrived(Verification(destination))
    judged = doubted(ledger, destination, judged_of(kept))
    short = judged.verdict is Verdict.SHORT
    alarms = judged.alarms(verify.short_share_max, verify.short_floor)
    found = Verification(destination, judged=judged, alarm=short and alarms)
    return Arrived(found, kept[0].taken_at)


def judged_of(kept: Sequence[Reading]) -> Judged:
    """Put readings together again; what was not due yet is kept by its verdict."""
    return together(tuple(_row(one) for one in kept))


def untellable(destination: Destination, lookback: DataInterval) -> Untold | None:
    """Say why arrival cannot be told at all as it is configured; asks nobody."""
    api = read_api_of(destination.platform)
    found = api.arrival_calls(_inquiry(destination, lookback))
    return found if isinstance(found, Untold) else None


def unscored(destination: Destination, lookback: DataInterval) -> Untold | None:
    """Say why quality cannot be told at all as it is configured; asks nobody."""
    api = read_api_of(destination.platform)
    found = api.quality_calls(_inquiry(destination, lookback))
    return found if isinstance(found, Untold) else None


def _inquiry(destination: Destination, lookback: DataInterval) -> Inquiry:
    """Make a question that is never asked, and so needs no token."""
    arrival = destination.arrival
    return Inquiry(
        target=destination.target(),
        token="",
        interval=lookback,
        now=lookback.end,
        advertiser=arrival.advertiser or "",
        zone=ZoneInfo(arrival.timezone) if arrival.timezone else None,
    )


def _row(one: Reading) -> Row:
    ours, verdict = int(one.ours or 0), Verdict(one.verdict)
    return Row(
        start=one.start,
        end=one.end,
        event_name=one.event_name,
        delivered=ours,
        due=0 if verdict is Verdict.TOO_EARLY else ours,
        theirs=int(one.theirs or 0),
        short=one.short,
        verdict=verdict,
        why=one.why,
    )
