"""A pool for each destination: what is missing is made, by the scheduler.

A pool that is there stays as people have set it.
"""

import logging
from threading import Lock

from capi_jobs.airflow.naming import pool_name
from capi_jobs.config import Settings, load
from capi_jobs.errors import CapiJobsError

log = logging.getLogger(__name__)

# One thread of a process at a time: two would make the same pool.
_making = Lock()


def make_pools() -> None:
    """Make what is missing. Never raises: a scheduler must start in any case."""
    try:
        with _making:
            _make(load())
    except CapiJobsError as fault:
        log.error("Pools of capi-jobs were not made: %s", fault)  # noqa: TRY400 - said
    except Exception as error:  # noqa: BLE001 - the scheduler goes on
        kind = type(error).__name__
        log.error("Pools of capi-jobs were not made: %s", kind)  # noqa: TRY400 - may tell


def _make(settings: Settings) -> None:
    from airflow.models.pool import Pool  # noqa: PLC0415 - not where there is no database

    for destination in settings.destinations:
        name = pool_name(destination.name)
        if Pool.get_pool(name) is not None:
            continue
        slots = settings.airflow.pool_slots
        words = f"Tasks of {destination.name} that work at once"
        Pool.create_or_update_pool(name, slots, words, include_deferred=False)
        log.info("The pool %s was made, with %s slots", name, slots)
