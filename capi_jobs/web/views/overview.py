"""The first page: whether all is well, per destination, and what needs a person."""

from capi_jobs.web.office import Looked
from capi_jobs.web.page import Page, Shown


class DestinationOverview(Shown):
    """How one destination stands."""

    name: str
    platform: str


class Overview(Shown):
    """All destinations of the configuration."""

    destinations: tuple[DestinationOverview, ...]


def read(desk: Looked) -> Overview:
    """Look at each destination of the configuration."""
    return Overview(
        destinations=tuple(
            DestinationOverview(name=one.name, platform=one.platform)
            for one in desk.settings.destinations
        )
    )


PAGE = Page(
    path="/",
    name="overview",
    title="Overview",
    read=read,
    model=Overview,
    summary="How each destination stands, and what needs a person.",
    in_menu=True,
)
