"""Which destinations a page shows: all, or the one that its address names."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from capi_jobs.config import Destination
from capi_jobs.web.office import Desk
from capi_jobs.web.refusals import NotFound

# Names of destinations are far shorter.
_NAME_MAX = 200

Chosen = Annotated[
    str, Query(max_length=_NAME_MAX, description="Name of a destination; empty: all.")
]


def chosen(desk: Desk, name: str) -> Sequence[Destination]:
    """Return the destination of that name, or all of the configuration."""
    found = [one for one in desk.settings.destinations if name in {"", one.name}]
    if name and not found:
        raise NotFound(
            "no destination of the configuration has that name",
            do="leave it out to see all destinations",
        )
    return found
