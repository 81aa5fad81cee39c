"""What a destination is called in Airflow: its group, pool and asset.

The names themselves come from capi_jobs.toml; `plugin.py` makes the pools.
"""

import re

DELIVERED = "capi_jobs_delivered_"
POOL = "capi_jobs_"


def group_id(destination: str) -> str:
    """Return the id of a destination's group; people are shown its own name.

    Airflow joins group and task with a dot, so that a group's id may not hold any.
    """
    return destination.replace(".", "_dot_")


def pool_name(destination: str) -> str:
    """Return the pool that bounds how much of one destination works at once."""
    return f"{POOL}{destination}"


def delivered_name(destination: str) -> str:
    """Return the name of the asset that a finished delivery updates."""
    return f"{DELIVERED}{re.sub(r'[^A-Za-z0-9_-]', '_', destination)}"
