"""Forms: sent by their own page, by the person it was shown to, not days later."""

from types import SimpleNamespace
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from capi_jobs.web import access
from capi_jobs.web.access import (
    CSRF_HEADER,
    Person,
    form_token,
    refuse_foreign,
    refuse_forged,
    refuse_viewer,
)
from tests.web.conftest import KnownPeople

OWNER = Person("owner", may_change=True)


def request(secret: str = "s", site: str | None = None) -> Request:  # noqa: S107
    guard = KnownPeople()
    guard.secret = secret
    headers = [] if site is None else [(b"sec-fetch-site", site.encode())]
    scope: dict[str, Any] = {"type": "http", "headers": headers}
    scope["app"] = SimpleNamespace(state=SimpleNamespace(guard=guard))
    return Request(scope)


@pytest.mark.parametrize("site", [None, "same-origin", "none"])
def test_a_form_of_ours_is_taken(site: str | None) -> None:
    refuse_foreign(request(site=site), OWNER, form_token(request(), OWNER))


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_sends_is_refused_whatever_it_carries(site: str) -> None:
    with pytest.raises(HTTPException, match="another site"):
        refuse_foreign(request(site=site), OWNER, form_token(request(), OWNER))


@pytest.mark.parametrize(
    "token",
    [
        "",
        "é",
        "owner",
        # Named, for a token holds the second in which it was made: workers of pytest
        # must collect the same names.
        pytest.param(
            form_token(request(), Person("viewer", may_change=True)), id="viewer's"
        ),
        pytest.param(
            form_token(request(secret="of another server"), OWNER), id="elsewhere"
        ),
    ],
)
def test_a_token_that_is_not_this_persons_is_refused(token: str) -> None:
    with pytest.raises(HTTPException, match="reload the page"):
        refuse_foreign(request(), OWNER, token)


def test_a_form_of_yesterday_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    token = form_token(request(), OWNER)
    monkeypatch.setattr(access, "FORM_AGE_MAX", -access.FORM_AGE_MAX)
    with pytest.raises(HTTPException, match="too old"):
        refuse_foreign(request(), OWNER, token)


def test_who_may_only_look_changes_nothing() -> None:
    refuse_viewer(OWNER)
    with pytest.raises(HTTPException) as told:
        refuse_viewer(Person("viewer", may_change=False))
    assert told.value.status_code == 403


def test_a_program_needs_no_form_and_a_browser_does() -> None:
    """A cookie, or a password that the browser remembers, comes by itself."""
    refuse_forged(asked(("authorization", "Bearer x")), OWNER)
    refuse_forged(asked((CSRF_HEADER, form_token(request(), OWNER))), OWNER)
    for header in (("cookie", "x=1"), ("authorization", "Basic x"), (CSRF_HEADER, "x")):
        with pytest.raises(HTTPException, match="reload the page"):
            refuse_forged(asked(header), OWNER)


def asked(header: tuple[str, str]) -> Request:
    scope = dict(request().scope)
    name, value = header
    return Request({**scope, "headers": [(name.encode(), value.encode())]})
