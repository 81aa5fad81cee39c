"""The pages: what runs found and did, what waits for whom, what became of an order.

`create_app` makes the application; `standalone.py` serves it on loopback, and
`capi_jobs/airflow/pages.py` inside Airflow. A view (`views/`) is one page and its JSON.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles

from capi_jobs import __version__
from capi_jobs.report import style
from capi_jobs.web import refusals
from capi_jobs.web.access import Guard
from capi_jobs.web.office import Office
from capi_jobs.web.page import API, routes
from capi_jobs.web.refusals import Refusal
from capi_jobs.web.security import Sealed
from capi_jobs.web.views import CHANGES, FILES, PAGES

__all__ = ["create_app"]

_STATIC = Path(__file__).parent / "static"
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Refusal} for status in (400, 401, 403, 404, 409, 413, 422, 503)
}


def create_app(office: Office, guard: Guard) -> FastAPI:
    """Make the application; nobody is let in but by the guard."""

    def entering(request: Request, person: Any = Depends(guard.person)) -> None:  # noqa: ANN401 - a Person; FastAPI's own form
        request.state.person = person

    app = FastAPI(
        title="capi-jobs",
        version=__version__,
        summary="What was delivered to ad platforms, and what waits for a person.",
        docs_url=None,  # they come from another server
        redoc_url=None,
        openapi_url=None,
        responses=_REFUSALS,
    )
    app.state.office, app.state.guard = office, guard
    app.state.menu = [(page.name, page.title) for page in PAGES if page.in_menu]
    guarded = [Depends(entering)]
    _describe(app, guarded)
    for page in PAGES:
        app.include_router(routes(page), dependencies=guarded)
    for router in (*FILES, *CHANGES):
        app.include_router(router, dependencies=guarded)
    # Style and script say nothing of anybody: the page of a refusal needs them too.
    app.add_api_route("/theme.css", _theme, name="theme", include_in_schema=False)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    refusals.install(app)
    app.add_middleware(Sealed, framed_by=guard.framed_by)
    return app


def _theme() -> Response:
    """Send the style that pages share with the report."""
    return Response(style(), media_type="text/css")


def _describe(app: FastAPI, guarded: Sequence[Any]) -> None:
    """Serve the API's description behind the same door."""

    def openapi() -> dict[str, Any]:
        return app.openapi()

    app.add_api_route(
        f"{API}/openapi.json",
        openapi,
        dependencies=list(guarded),
        include_in_schema=False,
    )
