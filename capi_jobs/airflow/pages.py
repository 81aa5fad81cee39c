"""The report inside Airflow's web server, for those who may read the nightly DAG.

A page is read from the ledger alone, which is only looked into. Which days, and what
is told of them, stands in `jobs/reporting.py` and `report/`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from html import escape
from threading import BoundedSemaphore
from typing import Annotated
from urllib.parse import quote
from zoneinfo import ZoneInfo

from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import Depends, FastAPI, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from capi_jobs.airflow.links import MOUNTED_AT
from capi_jobs.airflow.vault import airflow_vault
from capi_jobs.config import Destination, Settings, load
from capi_jobs.config.secrets import opened_url
from capi_jobs.errors import CapiJobsError, ConfigFault, LedgerMissing
from capi_jobs.jobs.clock import SystemClock
from capi_jobs.jobs.interval import read_interval
from capi_jobs.jobs.reporting import gathered
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.values import Run
from capi_jobs.model import DataInterval
from capi_jobs.report import page

# Who may read this DAG may read its reports.
DAG_ID = "capi_nightly"
# A year and a month: more days make a page that no browser scrolls.
DAYS_MAX = 400
# Run ids, names and intervals are far shorter.
TEXT_MAX = 200
# Reports made at once, and how long another waits: the web server has other work.
SEATS = 2
SEAT_SECONDS_MAX = 10

_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline';"
    " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_UNAUTHENTICATED, _NOT_FOUND, _BAD_REQUEST, _UNAVAILABLE = 401, 404, 400, 503

Name = Annotated[str, Path(max_length=TEXT_MAX)]
Names = Annotated[list[str] | None, Query(max_length=100)]
Days = Annotated[str | None, Query(max_length=TEXT_MAX)]


def create_pages() -> FastAPI:
    """Make the application; Airflow gives plugins no authentication of its own."""
    app = FastAPI(
        title="capi-jobs",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(requires_access_dag("GET", param_dag_id=DAG_ID))],
    )
    app.state.seats = BoundedSemaphore(SEATS)
    app.add_api_route("/report", of_days, methods=["GET"], response_class=HTMLResponse)
    of = "/report/{run_id}"
    app.add_api_route(of, of_run, methods=["GET"], response_class=HTMLResponse)
    app.add_exception_handler(HTTPException, _refused)
    return app


def of_days(
    request: Request, destination: Names = None, interval: Days = None
) -> Response:
    """Tell the last weeks, or an interval, of all destinations or some."""

    def read(settings: Settings, ledger: Ledger) -> str:
        with _asked():
            chosen = settings.chosen(tuple(dict.fromkeys(destination or ())))
        return _page(settings, ledger, chosen, interval)

    return _answer(request, read)


def of_run(request: Request, run_id: Name, destination: Names = None) -> Response:
    """Tell the days and destinations of one run."""

    def read(settings: Settings, ledger: Ledger) -> str:
        if not ledger.is_run(run_id):
            raise NoSuchRun("there is no run of that name in the ledger")
        run = ledger.run(run_id)
        known = {one.name for one in settings.destinations}
        wanted = dict.fromkeys(destination or run.destinations)
        with _asked():
            chosen = settings.chosen(tuple(name for name in wanted if name in known))
        return _page(settings, ledger, chosen, _days(_whole(run), settings.day_zone))

    return _answer(request, read)


def _whole(run: Run) -> DataInterval:
    """Return all that the run looked at: its question counts the look-back, too."""
    looked_at = [run.interval, *(one.interval for one in run.destinations.values())]
    starts = [span.start for span in looked_at]
    return DataInterval(min(starts), max(span.end for span in looked_at))


class NoSuchRun(CapiJobsError):
    """Look for another run."""


class WronglyAsked(CapiJobsError):
    """Ask in another way."""


@contextmanager
def _asked() -> Iterator[None]:
    """Tell what is wrong with the address apart from what is wrong with the house."""
    try:
        yield
    except ConfigFault as fault:
        raise WronglyAsked(fault.what, do=fault.do, ids=fault.ids) from None


def _days(interval: DataInterval, zone: ZoneInfo) -> str:
    """Write an interval as whole days: what the balance is kept in."""
    last = (interval.end - timedelta(microseconds=1)).astimezone(zone).date()
    return f"{interval.start.astimezone(zone).date()}..{last}"


def _page(
    settings: Settings,
    ledger: Ledger,
    chosen: Sequence[Destination],
    interval: str | None,
) -> str:
    now = SystemClock().now()
    if interval is not None:
        with _asked():
            span = read_interval(interval, settings.day_zone, now)
        if (span.end - span.start).days > DAYS_MAX:
            raise WronglyAsked(f"more than {DAYS_MAX} days", do="ask for fewer")
    return page(gathered(settings, ledger, chosen, interval, now))


def _answer(request: Request, read: Callable[[Settings, Ledger], str]) -> Response:
    """Answer with a page in any case: Airflow's server goes on whatever is wrong."""
    seats: BoundedSemaphore = request.app.state.seats
    if not seats.acquire(timeout=SEAT_SECONDS_MAX):
        return _said("Other reports are being made: try again soon.", _UNAVAILABLE)
    try:
        settings = load()
        url = opened_url(settings.ledger.url, airflow_vault)
        with Ledger.looked_into(url) as ledger:
            return HTMLResponse(read(settings, ledger), headers=_HEADERS)
    except (NoSuchRun, LedgerMissing) as fault:
        return _said(str(fault), _NOT_FOUND)
    except WronglyAsked as fault:
        return _said(str(fault), _BAD_REQUEST)
    except CapiJobsError as fault:
        return _said(str(fault), _UNAVAILABLE)
    finally:
        seats.release()


def _said(words: str, status: int) -> HTMLResponse:
    """Write a page of one sentence; all that is said there is hostile until escaped."""
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>capi-jobs</title>'
        f"<h1>No report</h1><pre>{escape(words)}</pre></html>"
    )
    return HTMLResponse(text, status, headers=_HEADERS)


async def _refused(request: Request, error: Exception) -> Response:
    """Send a browser that is not logged in to the login, and back; tell all others."""
    status = error.status_code if isinstance(error, HTTPException) else _UNAVAILABLE
    wants_page = "text/html" in request.headers.get("accept", "")
    if status == _UNAUTHENTICATED and wants_page:
        root = str(request.scope.get("root_path", "")).removesuffix(MOUNTED_AT)
        back = quote(str(request.url), safe="")
        return RedirectResponse(f"{root}/api/v2/auth/login?next={back}", 303)
    words = {401: "Log in to Airflow first.", 403: f"You may not read {DAG_ID}."}
    return _said(words.get(status, "There is no such page."), status)
