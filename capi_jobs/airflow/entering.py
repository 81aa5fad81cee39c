"""How a task enters the house: configuration, Airflow's vault, words for faults.

What is done inside are single calls of `jobs/`, in `nightly.py` and its neighbours.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from capi_jobs.airflow.telling import EndedBadly
from capi_jobs.errors import (
    CapiJobsError,
    ConfigFault,
    CredentialRefused,
    LedgerUnavailable,
    WarehouseUnavailable,
)

if TYPE_CHECKING:
    from capi_jobs.config import Settings
    from capi_jobs.jobs.house import House
    from capi_jobs.model import DataInterval

# What passes by itself: a task is tried again. All else waits for a person.
_PASSING = (LedgerUnavailable, WarehouseUnavailable)
# Who is named in the history when nobody started a run by hand.
NOBODY = "airflow"


@contextmanager
def plainly() -> Iterator[None]:
    """Fail at once where another try would meet the same; say it in our words."""
    try:
        yield
    except _PASSING:
        raise
    except CredentialRefused as error:
        # Whoever keeps the tokens wants to hear of it, not of just another failure.
        raise EndedBadly(str(error), "token_refused", "") from None
    except CapiJobsError as error:
        raise AirflowFailException(str(error)) from None


@contextmanager
def entered() -> "Iterator[House]":
    """Open warehouse and ledger of the configuration as it is now."""
    # Not while DAGs are parsed: these bring every library of the house.
    from capi_jobs.airflow.vault import airflow_vault, mask_own_secrets  # noqa: PLC0415
    from capi_jobs.config import load  # noqa: PLC0415
    from capi_jobs.config.exports import exports  # noqa: PLC0415
    from capi_jobs.jobs.clock import SystemClock  # noqa: PLC0415
    from capi_jobs.jobs.house import opened  # noqa: PLC0415
    from capi_jobs.telemetry.exporting import exporting  # noqa: PLC0415

    # Two hundred lines of its own set-up in every task's log.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    with plainly():
        settings = load()
        mask_own_secrets(settings)
        with (
            exporting(exports()),
            opened(settings, SystemClock(), vault=airflow_vault) as house,
        ):
            yield house


def actor_of(context: Any) -> str:  # noqa: ANN401 - Airflow's context
    """Name who started this run: the user, or Airflow itself."""
    return context["dag_run"].triggering_user_name or NOBODY


def day_of(context: Any, settings: "Settings") -> "tuple[str, DataInterval]":  # noqa: ANN401
    """Return the run's day as its key, and from when to when it went in the shop.

    The day is the run's partition; without one, the day that had ended when it began.
    """
    from capi_jobs.jobs.clock import SystemClock  # noqa: PLC0415
    from capi_jobs.jobs.interval import read_interval, yesterday  # noqa: PLC0415

    run, zone = context["dag_run"], settings.day_zone
    if run.partition_key is None:
        interval = yesterday(zone, run.run_after)
        return interval.start.astimezone(zone).date().isoformat(), interval
    now = SystemClock().now()
    interval = read_interval(_key(run.partition_key), zone, now)
    if interval.end > now:
        raise ConfigFault(
            f"the day {run.partition_key} has not ended in {zone.key}",
            do="start this run when it has",
        )
    return run.partition_key, interval


def _key(text: str) -> str:
    try:
        if date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    raise ConfigFault(
        "the partition key of this run is no day", do="write it as 2026-11-22"
    )
