"""Releasing and blocking held orders as JSON, for programs.

A program logs in by its own token; a browser that comes with a cookie has to show the
token of a form as well, or another site could ask in its name.
"""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from capi_jobs.errors import DecisionRefused
from capi_jobs.jobs.quarantining import ORDERS_MAX, Judged, Word
from capi_jobs.ledger.columns import ID_BYTES_MAX
from capi_jobs.web.access import Looking, refuse_forged, refuse_viewer
from capi_jobs.web.amounts import Worth
from capi_jobs.web.office import Desk, office_of
from capi_jobs.web.page import API, Shown
from capi_jobs.web.refusals import WronglyAsked
from capi_jobs.web.views.holds import Filter, Text
from capi_jobs.web.views.parameters import Kept
from capi_jobs.web.views.quarantine_told import NotDone, not_done, worth
from capi_jobs.web.views.quarantine_word import (
    REASON_MAX,
    judged_all,
    judged_named,
    refuse_others,
    said,
)

# A sha256 as hex.
_DIGEST = r"^[0-9a-f]{64}$"

ROUTER = APIRouter(prefix=f"{API}/quarantine", tags=["decisions"])


class OneOrder(BaseModel):
    """A held order."""

    model_config = ConfigDict(extra="forbid")

    destination: Text
    order_id: Annotated[str, Field(min_length=1, max_length=ID_BYTES_MAX)]


class Wish(BaseModel):
    """Which held orders, and why: either `orders`, or all that fit `matching`."""

    model_config = ConfigDict(extra="forbid")

    orders: Annotated[list[OneOrder], Field(max_length=ORDERS_MAX)] = []
    matching: Filter | None = None
    reason: Annotated[str, Field(min_length=1, max_length=REASON_MAX), Kept]
    dry_run: Annotated[
        bool, Field(description="Say what would be done, and do nothing.")
    ] = False
    digest: str | None = Field(
        None,
        pattern=_DIGEST,
        description="That of a dry run: orders that it did not show are refused."
        " `matching` wants it.",
    )


class Told(Shown):
    """What was done, or would be."""

    word: Word
    dry_run: bool
    orders: Worth
    destinations: dict[str, int]
    not_done: tuple[NotDone, ...]
    more: bool  # fit as well: ask again for them
    digest: str


@ROUTER.post("/release", summary="Release held orders in spite of the suites' rules.")
def release_json(request: Request, person: Looking, wish: Wish) -> Told:
    """Let them go; the next run sends what can be read and the platform takes."""
    return _told(request, person, Word.RELEASE, wish)


@ROUTER.post("/block", summary="Never send these held orders.")
def block_json(request: Request, person: Looking, wish: Wish) -> Told:
    """Never send them: they count as excluded."""
    return _told(request, person, Word.BLOCK, wish)


def _told(request: Request, person: Looking, word: Word, wish: Wish) -> Told:
    refuse_viewer(person)
    refuse_forged(request, person)
    if bool(wish.orders) == (wish.matching is not None):
        raise WronglyAsked("name `orders`, or `matching`, and not both")
    office = office_of(request)
    with office.looking() if wish.dry_run else office.deciding() as desk:
        found, more = _judged(desk, word, wish)
        if wish.digest is not None:
            refuse_others(found, wish.digest)
        if not wish.dry_run:
            _refuse_unseen(wish)
            said(desk, found, actor=person.name, reason=wish.reason)
    destinations: dict[str, int] = {}
    for row in found.doable:
        destinations[row.destination] = destinations.get(row.destination, 0) + 1
    return Told(
        word=word,
        dry_run=wish.dry_run,
        orders=worth(found.doable),
        destinations=destinations,
        not_done=not_done(found.refused),
        more=more,
        digest=found.digest,
    )


def _judged(desk: Desk, word: Word, wish: Wish) -> tuple[Judged, bool]:
    if wish.matching is not None:
        return judged_all(desk, word, wish.matching)
    orders = ((one.destination, one.order_id) for one in wish.orders)
    return judged_named(desk, word, orders), False


def _refuse_unseen(wish: Wish) -> None:
    if wish.matching is not None and wish.digest is None:
        raise DecisionRefused(
            "what matches was not looked at", do="ask with dry_run, and send its digest"
        )
