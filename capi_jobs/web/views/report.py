"""The report as one page that can be kept: of the last weeks, an interval, or a run.

It is the same file as `capi-jobs report --html`, with its style inside: it alone has a
policy of its own. What is told, and which days, is `report/` and `jobs/reporting.py`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from capi_jobs.config import Destination
from capi_jobs.errors import ConfigFault
from capi_jobs.jobs.interval import days_within, read_interval
from capi_jobs.jobs.reporting import gathered
from capi_jobs.ledger.values import Run
from capi_jobs.model import DataInterval
from capi_jobs.report import Report, page, report_json
from capi_jobs.web.office import Desk, Looked
from capi_jobs.web.page import API
from capi_jobs.web.refusals import NotFound, WronglyAsked
from capi_jobs.web.views.parameters import TEXT_MAX, RunId

# A year and a month: more days make a page that no browser scrolls.
DAYS_MAX = 400

Names = Annotated[
    list[Annotated[str, Query(max_length=TEXT_MAX)]] | None, Query(max_length=100)
]
Days = Annotated[str | None, Query(max_length=TEXT_MAX)]


def of_days(desk: Looked, destination: Names = None, interval: Days = None) -> Report:
    """Collect the last weeks, or an interval, of all destinations or some."""
    return _gathered(desk, _chosen(desk, destination or ()), interval)


def of_run(desk: Looked, run_id: RunId, destination: Names = None) -> Report:
    """Collect the days and destinations of one run."""
    if not desk.ledger.is_run(run_id):
        raise NotFound("there is no run of that name in the ledger")
    run = desk.ledger.run(run_id)
    known = {one.name for one in desk.settings.destinations}
    wanted = [name for name in destination or run.destinations if name in known]
    days = _days(_whole(run), desk.settings.day_zone)
    return _gathered(desk, _chosen(desk, wanted), days)


def _whole(run: Run) -> DataInterval:
    """Return all that the run looked at: its question counts the look-back, too."""
    looked_at = [run.interval, *(one.interval for one in run.destinations.values())]
    starts = [span.start for span in looked_at]
    return DataInterval(min(starts), max(span.end for span in looked_at))


def _days(interval: DataInterval, zone: ZoneInfo) -> str:
    """Write an interval as whole days: what the balance is kept in."""
    first, last = days_within(interval, zone)
    return f"{first}..{last}"


def _chosen(desk: Desk, names: Sequence[str]) -> Sequence[Destination]:
    with _asked():
        return desk.settings.chosen(tuple(dict.fromkeys(names)))


def _gathered(
    desk: Desk, chosen: Sequence[Destination], interval: str | None
) -> Report:
    if interval is not None:
        with _asked():
            span = read_interval(interval, desk.settings.day_zone, desk.now)
        if (span.end - span.start).days > DAYS_MAX:
            raise WronglyAsked(f"more than {DAYS_MAX} days", do="ask for fewer")
    return gathered(desk.settings, desk.ledger, chosen, interval, desk.now)


@contextmanager
def _asked() -> Iterator[None]:
    """Tell what is wrong with the address apart from what is wrong with the house."""
    try:
        yield
    except ConfigFault as fault:
        raise WronglyAsked(fault.what, do=fault.do, ids=fault.ids) from None


def _csp(request: Request) -> str:
    """Let the page have its style inside, and nothing else: no script, no form."""
    framed_by = request.app.state.guard.framed_by
    return (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:;"
        f" base-uri 'none'; form-action 'none'; frame-ancestors {framed_by}"
    )


def _shown(request: Request, report: Report) -> Response:
    return HTMLResponse(
        page(report), headers={"content-security-policy": _csp(request)}
    )


OfDays = Annotated[Report, Depends(of_days)]
OfRun = Annotated[Report, Depends(of_run)]


def report(request: Request, told: OfDays) -> Response:
    """Show the report of days."""
    return _shown(request, told)


def report_of_run(request: Request, told: OfRun) -> Response:
    """Show the report of a run."""
    return _shown(request, told)


def report_as_json(told: OfDays) -> dict[str, Any]:
    """Tell the report of days, in the form of `capi-jobs report --json`."""
    return report_json(told)


def report_of_run_as_json(told: OfRun) -> dict[str, Any]:
    """Tell the report of a run, in the same form."""
    return report_json(told)


ROUTER = APIRouter()
for _path, _page, _json in (
    ("/report", report, report_as_json),
    ("/report/{run_id}", report_of_run, report_of_run_as_json),
):
    ROUTER.add_api_route(_path, _page, include_in_schema=False)
    ROUTER.add_api_route(API + _path, _json, tags=["pages"])
