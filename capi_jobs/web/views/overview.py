"""The first page: whether all is well, per destination, and what needs a person."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from capi_jobs.config import Destination
from capi_jobs.coverage import FORECAST
from capi_jobs.ledger.values import RunStatus
from capi_jobs.model import OrderClass
from capi_jobs.report import sentences
from capi_jobs.report.balance import Balance, several
from capi_jobs.report.gather import balances
from capi_jobs.report.qualities import TENTHS, scores
from capi_jobs.web.amounts import Worth
from capi_jobs.web.office import Desk, Looked
from capi_jobs.web.page import Page, Shown
from capi_jobs.web.tasks import Task, tasks_of

# Two weeks: this one beside the one before.
DAYS = 14
# A month of nights, of one source or two.
_FORECASTS_MAX = 60
_REACHED = (OrderClass.DELIVERED, OrderClass.SEEN_SERVER, OrderClass.SEEN_BROWSER)


class LastRun(Shown):
    """The newest run that looked at a destination."""

    run_id: str
    kind: str
    status: RunStatus  # of this destination
    started_at: datetime
    finished_at: datetime | None


class Day(Shown):
    """One day's orders, in one class each."""

    day: date | None  # None: orders whose time nobody can read
    orders: int
    classes: dict[OrderClass, int]
    recovered: int


class QualityPoint(Shown):
    """A figure of match quality, from 0 to 10."""

    at: datetime
    of: str  # a source, or the event that the platform scored
    figure: float


class DestinationOverview(Shown):
    """How one destination stands."""

    name: str
    platform: str
    level: sentences.Level
    says: str
    tasks: tuple[Task, ...]  # the gravest first
    last_run: LastRun | None
    orders: Worth
    reached: int  # orders that the platform has
    recovered: Worth
    classes: dict[OrderClass, Worth]  # of all days, those that hold any
    days: tuple[Day, ...]
    days_unseen: int
    forecasts: tuple[QualityPoint, ...]  # of our runs, the oldest first
    scores: tuple[QualityPoint, ...]  # of the platform, the oldest first


class Overview(Shown):
    """All destinations of the configuration."""

    level: sentences.Level
    says: str
    as_of: datetime | None  # when a run last looked
    first_day: date
    last_day: date
    timezone: str
    needs: int  # how many tasks there are
    destinations: tuple[DestinationOverview, ...]
    elsewhere: tuple[Task, ...]  # of destinations that are not configured any more


def read(desk: Looked) -> Overview:
    """Look at each destination of the configuration."""
    zone = desk.settings.day_zone
    last = desk.now.astimezone(zone).date()
    first = last - timedelta(days=DAYS - 1)
    days = {
        one.name: balances(desk.ledger, one.name, first, last)
        for one in desk.settings.destinations
    }
    found = tasks_of(desk, days)
    destinations = tuple(
        _destination(desk, one, days[one.name], found)
        for one in desk.settings.destinations
    )
    runs = [one.last_run for one in destinations if one.last_run]
    return Overview(
        level=_level(found, destinations),
        says=_says(found, destinations),
        as_of=max((run.started_at for run in runs), default=None),
        first_day=first,
        last_day=last,
        timezone=zone.key,
        needs=len(found),
        destinations=destinations,
        elsewhere=tuple(one for one in found if one.destination not in days),
    )


def _level(
    found: Sequence[Task], destinations: Sequence[DestinationOverview]
) -> sentences.Level:
    if found:
        return found[0].level
    return "good" if any(one.last_run for one in destinations) else "empty"


def _says(found: Sequence[Task], destinations: Sequence[DestinationOverview]) -> str:
    if found:
        things = sentences.count(len(found), "thing")
        return f"{things} {'needs' if len(found) == 1 else 'need'} you."
    if any(one.last_run for one in destinations):
        return "All is well: nothing needs you."
    return "Nothing has run yet."


def _destination(
    desk: Desk,
    destination: Destination,
    days: Sequence[Balance],
    found: Sequence[Task],
) -> DestinationOverview:
    name, whole = destination.name, several(destination.name, days)
    mine = [task for task in found if task.destination == name]
    last_run = _last_run(desk, name)
    quiet: sentences.Level = "good" if last_run else "empty"
    seen = sum(1 for one in days if one.day is not None)
    return DestinationOverview(
        name=name,
        platform=destination.platform,
        level=mine[0].level if mine else quiet,
        says=_sentence(whole, last_run),
        tasks=tuple(mine),
        last_run=last_run,
        orders=Worth.of(whole.orders),
        reached=sum(whole[each].orders for each in _REACHED),
        recovered=Worth.of(whole.recovered),
        classes={each: Worth.of(whole[each]) for each in OrderClass if whole[each]},
        days=tuple(map(_day, days)),
        days_unseen=DAYS - seen,
        forecasts=_forecasts(desk, name),
        scores=_scores(desk, name),
    )


def _sentence(whole: Balance, last_run: LastRun | None) -> str:
    orders = whole.orders.orders
    if last_run is None:
        return "No run has looked here yet."
    if not orders:
        return "There are no completed orders in these days."
    owed = whole[OrderClass.MISSING].orders
    told = f"Of {sentences.count(orders, 'order')}"
    recovered = whole.recovered
    if recovered.orders:
        worth = sentences.amounts(recovered)
        told += f", {recovered.orders:,} were recovered, worth {worth}"
    else:
        told += ", none had to be recovered"
    return f"{told}; {owed:,} {'is' if owed == 1 else 'are'} owed still."


def _last_run(desk: Desk, name: str) -> LastRun | None:
    runs = desk.ledger.runs_page(destination=name, limit=1).rows
    return next(
        (
            LastRun(
                run_id=run.run_id,
                kind=run.kind,
                status=run.destinations[name].status,
                started_at=run.started_at,
                finished_at=run.destinations[name].finished_at or run.finished_at,
            )
            for run in runs
        ),
        None,
    )


def _day(one: Balance) -> Day:
    return Day(
        day=one.day,
        orders=one.orders.orders,
        classes={each: one[each].orders for each in OrderClass if one[each].orders},
        recovered=one.recovered.orders,
    )


def _forecasts(desk: Desk, name: str) -> tuple[QualityPoint, ...]:
    found = desk.ledger.forecasts(name, FORECAST, _FORECASTS_MAX)
    return tuple(
        QualityPoint(at=one.at, of=one.source, figure=one.covered / TENTHS)
        for one in reversed(found)
    )


def _scores(desk: Desk, name: str) -> tuple[QualityPoint, ...]:
    return tuple(
        QualityPoint(
            at=datetime.combine(one.day, time(), UTC),
            of=one.event_name,
            figure=float(one.score),
        )
        for one in reversed(scores(desk.ledger, name))
    )


PAGE = Page(
    path="/",
    name="overview",
    title="Overview",
    read=read,
    model=Overview,
    summary="How each destination stands, and what needs a person.",
    in_menu=True,
)
