"""A page and its twin: one reading, shown as HTML and told as JSON.

A view (`views/`) says how its page is read; this file gives it two routes that cannot
disagree, as both show the same model.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict

from capi_jobs.web.access import Looking
from capi_jobs.web.rendering import rendered

API = "/api/v1"


class Shown(BaseModel):
    """What a page shows. Money is Decimal and told as text; times are aware UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Page:
    """How a page is reached, read and drawn."""

    path: str  # "/runs/{run_id}"; "/" is the first page
    name: str  # of the route, and of its template: "run" is drawn by run.html.j2
    title: str
    read: Callable[..., Shown]  # FastAPI fills in its arguments
    model: type[Shown]
    summary: str  # one sentence, for the API's description
    in_menu: bool = False


def routes(page: Page) -> APIRouter:
    """Return both routes of a page."""
    router = APIRouter()
    view = Annotated[Any, Depends(page.read)]

    def shown(request: Request, person: Looking, view: view) -> HTMLResponse:
        return HTMLResponse(
            rendered(request, person, f"{page.name}.html.j2", page.title, view)
        )

    def told(view: view) -> Any:  # noqa: ANN401 - page.model
        return view

    router.add_api_route(page.path, shown, name=page.name, include_in_schema=False)
    router.add_api_route(
        API + (page.path if page.path != "/" else f"/{page.name}"),
        told,
        name=f"{page.name}_json",
        response_model=page.model,
        summary=page.summary,
        tags=["pages"],
    )
    return router
