"""Who looks at the pages, and what they may do; each way of entering brings a guard.

Stand-alone it is `standalone.py`, inside Airflow `capi_jobs/airflow/pages.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Protocol

from fastapi import Depends, Request
from fastapi.responses import Response
from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.exceptions import HTTPException

# A form may stay open over a working day; whoever comes back the next morning reloads.
FORM_AGE_MAX = timedelta(hours=12)
CSRF_HEADER = "x-csrf-token"
_FORBIDDEN = 403
# Browsers say where a request comes from; programs say nothing.
_OWN_SITE = {None, "same-origin", "none"}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may look."""

    name: str  # as the history shows it
    may_change: bool  # release, block, answer


class Guard(Protocol):
    """Lets people in. `person` raises 401 or 403 as Starlette's HTTPException."""

    @property
    def person(self) -> Callable[..., Person]:
        """Return who asks; FastAPI fills in what this depends on."""

    @property
    def secret(self) -> str:
        """Return what signs forms; all processes of one server share it."""

    @property
    def framed_by(self) -> str:
        """Say who may show the pages in a frame, as the CSP writes it."""

    def login(self, request: Request) -> Response | None:
        """Say where a browser goes that is not logged in; None: tell it how."""


def _guarded(request: Request) -> Guard:
    guard: Guard = request.app.state.guard
    return guard


def form_token(request: Request, person: Person) -> str:
    """Return what a form of this person carries, so that no other site can send it."""
    return _signer(_guarded(request)).dumps(person.name)


def refuse_foreign(request: Request, person: Person, token: str) -> None:
    """Refuse a change that no page of ours asked for. Raises 403."""
    if request.headers.get("sec-fetch-site") not in _OWN_SITE:
        raise HTTPException(_FORBIDDEN, "The change came from another site.")
    try:
        name = _signer(_guarded(request)).loads(
            token, max_age=int(FORM_AGE_MAX.total_seconds())
        )
    except BadData:
        name = None
    if name != person.name:
        raise HTTPException(
            _FORBIDDEN, "The form is too old, or not yours: reload the page, try again."
        )


def refuse_forged(request: Request, person: Person) -> None:
    """Refuse a program's change that a browser was made to ask for. Raises 403.

    No site can make a browser send a bearer token; whoever comes with a cookie shows
    the token of a form in CSRF_HEADER.
    """
    if not request.headers.get("authorization", "").startswith("Bearer "):
        refuse_foreign(request, person, request.headers.get(CSRF_HEADER, ""))


def refuse_viewer(person: Person) -> None:
    """Refuse a change by who may only look. Raises 403."""
    if not person.may_change:
        raise HTTPException(_FORBIDDEN, "You may look, but change nothing here.")


def _signer(guard: Guard) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(guard.secret, salt="capi-jobs form")


def seen_by(request: Request) -> Person:
    """Return who the guard let in; every route of ours depends on it."""
    person: Person = request.state.person
    return person


Looking = Annotated[Person, Depends(seen_by)]
