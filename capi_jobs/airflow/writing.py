"""What all three DAGs have in common when they are written; read by `dags/`.

Only the configuration is read here: no network, database or Great Expectations, so
that Airflow parses a DAG in milliseconds.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from capi_jobs.airflow.telling import tell_failed
from capi_jobs.config import Settings

# Before any order that a platform would take: backfills reach all of them.
START = datetime(2020, 1, 1, tzinfo=UTC)
# Each wait is twice the one before, up to an hour.
BACKOFF, RETRY_DELAY_MAX = 2.0, timedelta(hours=1)
# A task that only asks the ledger, or waits for its lock.
SHORT = timedelta(minutes=30)
# Beyond a delivery's own deadline, which counts from its first call: keys are read
# before (37 s for 100 million, but by a warehouse that may be slow), calls end after.
GRACE = timedelta(hours=1)


def task_defaults(settings: Settings) -> dict[str, Any]:
    """Return what holds for every task."""
    told = settings.airflow
    return {
        "owner": told.owner,
        "retries": told.retries,
        "retry_delay": told.retry_delay,
        "retry_exponential_backoff": BACKOFF,
        "max_retry_delay": RETRY_DELAY_MAX,
    }


def delivery_timeout(settings: Settings) -> timedelta:
    """Return how long one task may deliver before Airflow ends it."""
    return settings.delivery.run_deadline + GRACE


__all__ = [
    "BACKOFF",
    "GRACE",
    "RETRY_DELAY_MAX",
    "SHORT",
    "START",
    "delivery_timeout",
    "task_defaults",
    "tell_failed",
]
