"""One order from end to end: its row, who told of it, what we did, where it broke.

It is followed as `capi-jobs trace` follows it (`jobs/tracing.py`), and told in the same
JSON. Where the warehouse is away, the ledger alone is asked; so it is at first by links
on pages, because a warehouse takes its time: the page then asks again for all.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Request

from capi_jobs.errors import (
    CapiJobsError,
    ConfigFault,
    DataContractFault,
    WarehouseUnavailable,
)
from capi_jobs.jobs.house import House
from capi_jobs.jobs.tracing import trace, trace_of_books
from capi_jobs.ledger.columns import ID_BYTES_MAX
from capi_jobs.report.timeline import Happening, timeline
from capi_jobs.report.trace_json import trace_json
from capi_jobs.report.traces import Trace
from capi_jobs.web.office import office_of
from capi_jobs.web.page import Page, Shown
from capi_jobs.web.refusals import WronglyAsked

# A tag that fires in a loop: the rest looks alike, and is in `events`.
ROWS_MAX = 100

State = Literal["unasked", "books", "unknown", "broken", "fine"]


class Step(Shown):
    """One thing that happened."""

    at: datetime | None
    at_text: str
    level: Literal["good", "look", "fault", "quiet"]
    who: str
    what: str
    worth: str
    note: str
    differs: tuple[str, ...]  # what an event tells otherwise than the order

    @classmethod
    def of(cls, one: Happening) -> "Step":
        """Tell a happening."""
        names = [name for name in cls.model_fields if name != "at_text"]
        text = one.at_text.partition(".")[0] if one.at else one.at_text
        return cls(at_text=text, **{name: getattr(one, name) for name in names})


class Timeline(Shown):
    """What happened at one destination, the oldest first."""

    destination: str
    steps: tuple[Step, ...]
    left: int  # that are not told


class Traced(Shown):
    """What is known of one order."""

    order: str
    state: State
    books_only: bool  # the warehouse was not asked, or could not be
    warehouse_away: str  # why the warehouse could not be asked; empty: it was
    what_to_do: str  # about that
    timelines: tuple[Timeline, ...]
    trace: dict[str, Any] | None  # as `capi-jobs trace --json` tells it


def read(
    request: Request,
    *,
    order: Annotated[
        str,
        Query(
            max_length=ID_BYTES_MAX, description="Order id, as the warehouse has it."
        ),
    ] = "",
    books: Annotated[
        bool,
        Query(
            description="Tell what the ledger knows, without the warehouse: at once."
        ),
    ] = False,
) -> Traced:
    """Follow one order at every destination."""
    if not order.strip():
        return _told(order, "unasked", None, None)
    if "\x00" in order:
        raise WronglyAsked("no order id holds a NUL", do="ask for another")
    with office_of(request).house(asking=not books) as house:
        if books:
            found = trace_of_books(house, order, house.settings.destinations)
            return _told(order, "books", found, None)
        found, away = _followed(house, order)
    state: State = "broken" if found.broken else "fine" if found.known else "unknown"
    return _told(order, state, found, away)


def _followed(house: House, order: str) -> tuple[Trace, CapiJobsError | None]:
    chosen = house.settings.destinations
    try:
        return trace(house, order, chosen), None
    except (WarehouseUnavailable, DataContractFault, ConfigFault) as away:
        return trace_of_books(house, order, chosen), away


def _told(
    order: str, state: State, found: Trace | None, away: CapiJobsError | None
) -> Traced:
    return Traced(
        order=order,
        state=state,
        books_only=state == "books" or away is not None,
        warehouse_away=away.what if away else "",
        what_to_do=away.do if away else "",
        timelines=_timelines(found) if found else (),
        trace=trace_json(found) if found else None,
    )


def _timelines(found: Trace) -> tuple[Timeline, ...]:
    told = []
    for one in found.destinations:
        steps = timeline(found, one)
        shown = tuple(Step.of(each) for each in steps[:ROWS_MAX])
        left = len(steps) - len(shown)
        told.append(Timeline(destination=one.destination.name, steps=shown, left=left))
    return tuple(told)


PAGE = Page(
    path="/trace",
    name="trace",
    title="Trace",
    read=read,
    model=Traced,
    summary="One order from the warehouse to each platform, and where it broke.",
    in_menu=True,
)
