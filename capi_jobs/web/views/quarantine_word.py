"""A person's word about held orders: shown before it is said, then written down.

What a word does, and what it cannot, is `jobs/quarantining.py`; this is its form, and
`quarantine_told.py` what it tells. The same as JSON is `quarantine_api.py`.
"""

import json
from collections.abc import Iterable
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from itsdangerous import BadData, URLSafeSerializer
from pydantic import Field, ValidationError

from capi_jobs.errors import DecisionRefused
from capi_jobs.jobs.quarantining import (
    ORDERS_MAX,
    Judged,
    Word,
    by_destination,
    decide,
    judged,
    matching,
    named,
)
from capi_jobs.ledger.columns import kept_id
from capi_jobs.report.rule_words import rule_words
from capi_jobs.web.access import Guard, Looking, refuse_foreign, refuse_viewer
from capi_jobs.web.office import Desk, office_of
from capi_jobs.web.refusals import WronglyAsked
from capi_jobs.web.rendering import Addresses, rendered
from capi_jobs.web.views.holds import Filter
from capi_jobs.web.views.parameters import Kept
from capi_jobs.web.views.quarantine_told import Done, not_done, reviewed

# A paragraph, as in Airflow's form.
REASON_MAX = 500
# An order id of 512 bytes and a destination, as JSON in ASCII.
_KEY_MAX = 4_096
# A digest and a signed name are shorter.
_TOKEN_MAX = 1_000
# What is told of a decision fits into an address.
_TOLD_MAX = 8_000
SALT = "capi-jobs what was done"
_SEE_OTHER = 303

ROUTER = APIRouter()


class Chosen(Filter):
    """The orders that a form is about: the ticked ones, or all that fit its filter."""

    scope: Literal["marked", "all"] = "marked"
    order: list[Annotated[str, Field(max_length=_KEY_MAX)]] = Field(
        default_factory=list, max_length=ORDERS_MAX
    )
    token: str = Field("", max_length=_TOKEN_MAX)

    @property
    def only_filter(self) -> Filter:
        """Return the filter alone."""
        return Filter(**{name: getattr(self, name) for name in Filter.model_fields})


class Asked(Chosen):
    """A form that says the word."""

    reason: Annotated[str, Field(max_length=REASON_MAX), Kept]
    digest: str = Field("", max_length=_TOKEN_MAX)


class Reviewed(Chosen):
    """A form that asks what the word would do."""

    word: Word


@ROUTER.post("/quarantine/review", name="quarantine_review", include_in_schema=False)
def review(
    request: Request, person: Looking, form: Annotated[Reviewed, Form()]
) -> Response:
    """Show what the word would do. It changes nothing."""
    refuse_viewer(person)
    with office_of(request).looking() as desk:
        found, more = _judged(desk, form.word, form)
    keys = form.order if form.scope == "marked" else None
    view = reviewed(found, form.only_filter, keys, more=more)
    title = f"{form.word.value.capitalize()} held orders?"
    page = rendered(request, person, "quarantine_review.html.j2", title, view)
    return HTMLResponse(page)


@ROUTER.post("/quarantine/release", name="release", include_in_schema=False)
def release(
    request: Request, person: Looking, form: Annotated[Asked, Form()]
) -> Response:
    """Let them go in spite of the rules of the suites."""
    return _decided(request, person, Word.RELEASE, form)


@ROUTER.post("/quarantine/block", name="block", include_in_schema=False)
def block(
    request: Request, person: Looking, form: Annotated[Asked, Form()]
) -> Response:
    """Never send them."""
    return _decided(request, person, Word.BLOCK, form)


@ROUTER.get("/quarantine/done", name="quarantine_done", include_in_schema=False)
def done(
    request: Request, person: Looking, told: Annotated[str, Query(max_length=_TOLD_MAX)]
) -> Response:
    """Say what was done; our own words, which came back in the address."""
    try:
        view = Done.model_validate(_signer(request).loads(told))
    except (BadData, ValidationError):  # forged, or of another version
        raise WronglyAsked(
            "this address is not one of ours, or of another server",
            do="see the quarantine, and the trace of an order",
        ) from None
    title = "Released" if view.word is Word.RELEASE else "Blocked"
    return HTMLResponse(
        rendered(request, person, "quarantine_done.html.j2", title, view)
    )


def _decided(request: Request, person: Looking, word: Word, form: Asked) -> Response:
    refuse_viewer(person)
    refuse_foreign(request, person, form.token)
    with office_of(request).deciding() as desk:
        found, _ = _judged(desk, word, form)
        if form.scope == "all":
            refuse_others(found, form.digest)
        view = said(desk, found, actor=person.name, reason=form.reason)
    told = urlencode({"told": _signer(request).dumps(view.model_dump(mode="json"))})
    address = Addresses(request)("quarantine_done")
    return RedirectResponse(f"{address}?{told}", _SEE_OTHER)


def _judged(desk: Desk, word: Word, form: Chosen) -> tuple[Judged, bool]:
    """Find the orders that the form means, and what the word does about them."""
    if form.scope == "all":
        return judged_all(desk, word, form.only_filter)
    if not form.order:
        raise WronglyAsked(
            "no order is marked", do="mark some, or choose all that match the filter"
        )
    return judged_named(desk, word, map(_key, form.order)), False


def _key(text: str) -> tuple[str, str]:
    try:
        destination, order_id = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        destination = order_id = None
    named = isinstance(destination, str) and isinstance(order_id, str)
    if not named or kept_id(destination) != destination:
        raise WronglyAsked("the form names no order", do="reload the page, try again")
    return destination, order_id


def judged_all(desk: Desk, word: Word, asked: Filter) -> tuple[Judged, bool]:
    """Judge all that fit a filter, up to a bound; and say whether there are more."""
    rows, more = matching(desk.ledger, asked.wanted())
    return judged(word, rows, _suites(desk)), more


def judged_named(desk: Desk, word: Word, orders: Iterable[tuple[str, str]]) -> Judged:
    """Judge the orders that are named."""
    rows, gone = named(desk.ledger, orders)
    return judged(word, rows, _suites(desk), gone)


def _suites(desk: Desk) -> frozenset[str]:
    return frozenset(rule_words(desk.settings.validation.expectations))


def refuse_others(found: Judged, digest: str) -> None:
    """Refuse a yes to orders that were not shown."""
    if digest != found.digest:
        raise DecisionRefused(
            "the quarantine is no longer what was shown: nothing was done",
            do="look again at what matches, then decide",
        )


def said(desk: Desk, found: Judged, *, actor: str, reason: str) -> Done:
    """Write the word down."""
    orders = by_destination(found.doable)
    if not orders:
        whys = tuple(dict.fromkeys(one.why for one in found.refused))
        raise DecisionRefused(
            "none of these orders can be decided about: "
            + ("; ".join(whys) or "none matches"),
            ids=[one.order_id for one in found.refused],
            do="look at the quarantine again",
        )
    done = decide(
        desk.ledger,
        found.word,
        orders,
        actor=actor,
        reason=reason.strip(),
        now=desk.now,
    )
    return Done(
        word=found.word,
        destinations=done,
        not_done=not_done(found.refused),
        actor=actor,
        reason=reason.strip(),
        at=desk.now,
    )


def _signer(request: Request) -> URLSafeSerializer:
    guard: Guard = request.app.state.guard
    return URLSafeSerializer(guard.secret, salt=SALT)
