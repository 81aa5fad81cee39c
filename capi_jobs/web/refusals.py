"""Whatever goes wrong, as a page for people and as JSON for programs.

Words of errors may hold what orders or platforms wrote: templates escape them.
"""

from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from capi_jobs.errors import CapiJobsError, DecisionRefused, LedgerMissing
from capi_jobs.web.page import API, Shown
from capi_jobs.web.rendering import rendered

_HEADLINES: Final = {
    400: "That cannot be asked",
    401: "Log in first",
    403: "Not for you",
    404: "Nothing here",
    405: "Not that way",
    409: "Not done",
    413: "Too large",
    422: "That cannot be asked",
    503: "Not now",
}


class NotFound(CapiJobsError):
    """Look for another one."""


class WronglyAsked(CapiJobsError):
    """Ask in another way."""


# The first that fits; what is not named is a house that cannot be entered now.
_STATUS: Final = (
    (NotFound, HTTPStatus.NOT_FOUND),
    (WronglyAsked, HTTPStatus.BAD_REQUEST),
    (DecisionRefused, HTTPStatus.CONFLICT),
    (LedgerMissing, HTTPStatus.CONFLICT),
)


class Refusal(Shown):
    """Why there is no answer: what happened, to which ids, and what to do."""

    status: int
    what: str
    ids: tuple[str, ...] = ()
    do: str = ""


def install(app: FastAPI) -> None:
    """Answer each error in its form."""
    app.add_exception_handler(CapiJobsError, _said_no)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(OSError, _unreachable)


def _said_no(request: Request, error: Exception) -> Response:
    assert isinstance(error, CapiJobsError)  # noqa: S101 - it is registered so
    return _answer(
        request,
        Refusal(status=_status(error), what=error.what, ids=error.ids, do=error.do),
    )


def _status(error: CapiJobsError) -> int:
    fitting = (status for kind, status in _STATUS if isinstance(error, kind))
    return next(fitting, HTTPStatus.SERVICE_UNAVAILABLE)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered so
    if error.status_code == HTTPStatus.UNAUTHORIZED and not _for_program(request):
        login: Response | None = request.app.state.guard.login(request)
        if login is not None:
            return login
    return _answer(request, Refusal(status=error.status_code, what=str(error.detail)))


def _invalid(request: Request, error: Exception) -> Response:
    """Name the parameters, never what they held: it may be anything."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered so
    faults = tuple(
        f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
        for one in error.errors()
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return _answer(
        request,
        Refusal(status=status, what="the address or the form is wrong", ids=faults),
    )


def _unreachable(request: Request, error: Exception) -> Response:
    what = f"a file cannot be read: {type(error).__name__}"
    return _answer(request, Refusal(status=HTTPStatus.SERVICE_UNAVAILABLE, what=what))


def _answer(request: Request, refusal: Refusal) -> Response:
    if _for_program(request):
        return JSONResponse(refusal.model_dump(mode="json"), refusal.status)
    title = _HEADLINES.get(refusal.status, "Something went wrong")
    person = getattr(request.state, "person", None)
    page = rendered(request, person, "refusal.html.j2", title, refusal)
    return HTMLResponse(page, refusal.status)


def _for_program(request: Request) -> bool:
    root = str(request.scope.get("root_path", ""))
    return request.url.path.removeprefix(root).startswith(f"{API}/")
