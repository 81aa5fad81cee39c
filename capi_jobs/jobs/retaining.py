"""`ledger retention`: remove what is older than configured, and could not be sent."""

from datetime import datetime

from capi_jobs.config import Settings
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.retention import Retained
from capi_jobs.platforms import NAMES, platform_named


def retain(ledger: Ledger, settings: Settings, *, now: datetime) -> Retained:
    """Remove old rows; never what some platform would still take, whatever is set."""
    oldest = max(
        age
        for name in NAMES
        for age in platform_named(name).limits.event_age_ceiling.values()
    )
    return ledger.retention(
        older_than=settings.ledger.retention, never_below=oldest, now=now
    )
