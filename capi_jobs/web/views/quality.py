"""Match quality: our forecast beside what platforms say, and what each key adds.

The formula is `capi_jobs/coverage.py`; what runs and `verify` kept is read by
`report/qualities.py`.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from capi_jobs.config import Destination
from capi_jobs.coverage import FORECAST, GROUPS, SCORE_MAX, WEIGHTS, Advice
from capi_jobs.jobs.arrived import unscored
from capi_jobs.ledger.readings import Reading
from capi_jobs.model import DataInterval
from capi_jobs.report.contents import KeyCoverage, SourceKeys
from capi_jobs.report.qualities import (
    TENTHS,
    platform_figures,
    scores,
    shown_run,
    source_keys,
    weight,
)
from capi_jobs.web.office import Desk, Looked
from capi_jobs.web.page import Page, Shown
from capi_jobs.web.views.choosing import Chosen, chosen

# Two months of nights of one source: more is no line that anybody reads.
FORECASTS_MAX = 60
_SCORE = "match_quality"


class Key(Shown):
    """One identifier: how many conversions carry it, and what it weighs."""

    identifier: str
    covered: int
    dropped: int  # it was there, but unusable
    points: int


class Change(Shown):
    """The one change that would help most, as it was tried on a sample."""

    change: str  # a setting with its value, or what to do about the data
    identifier: str  # that it lifts most
    coverage: float  # share of conversions that carry it, before
    coverage_after: float
    forecast: float
    forecast_after: float
    sampled: int
    says: str


class Source(Shown):
    """The conversions of one source in the shown run."""

    source: str
    conversions: int
    forecast: float | None  # 0 to 10
    keys: tuple[Key, ...]  # the weightiest first
    advice: Change | None  # None: the run found nothing to change, or kept nothing


class ForecastPoint(Shown):
    """What one run forecast for one source."""

    at: datetime
    run_id: str
    source: str
    conversions: int
    forecast: float


class ScorePoint(Shown):
    """What the platform said of one event on one day, and our forecast of then."""

    day: date
    event_name: str
    forecast: str | None
    score: str


class Figure(Shown):
    """One more figure of the platform's own, beside ours where we have one."""

    event_name: str
    metric: str  # coverage.email, dedup.event_id.server, …
    ours: str | None
    theirs: str


class DestinationQuality(Shown):
    """All about one destination."""

    name: str
    platform: str
    run_id: str  # whose keys are shown; "": none
    sources: tuple[Source, ...]
    forecasts: tuple[ForecastPoint, ...]  # the oldest first
    scores: tuple[ScorePoint, ...]  # the oldest first
    figures: tuple[Figure, ...]
    untold: str  # why the platform cannot be asked for figures at all; "": it can


class Weight(Shown):
    """What one line of the formula adds: any of its keys is as good as all."""

    keys: tuple[str, ...]
    points: int


class Quality(Shown):
    """All destinations, or the one that was asked for."""

    destinations: tuple[DestinationQuality, ...]
    most: float
    formula: tuple[Weight, ...]


def read(desk: Looked, destination: Chosen = "") -> Quality:
    """Look at what runs forecast and platforms said."""
    return Quality(
        destinations=tuple(_one(desk, one) for one in chosen(desk, destination)),
        most=SCORE_MAX,
        formula=tuple(_formula()),
    )


def _one(desk: Desk, destination: Destination) -> DestinationQuality:
    name, ledger = destination.name, desk.ledger
    run_id = shown_run(ledger, name)
    lookback = DataInterval(desk.now - desk.settings.verify.lookback, desk.now)
    untold = unscored(destination, lookback)
    return DestinationQuality(
        name=name,
        platform=destination.platform,
        run_id=run_id,
        sources=tuple(map(_source, source_keys(ledger, run_id, name))),
        forecasts=_forecasts(desk, name),
        scores=tuple(
            ScorePoint(
                day=one.day,
                event_name=one.event_name,
                forecast=None if one.forecast is None else f"{one.forecast:f}",
                score=f"{one.score:f}",
            )
            for one in reversed(scores(ledger, name))
        ),
        figures=tuple(map(_figure, _others(platform_figures(ledger, name)))),
        untold="; ".join(filter(None, (untold.why, untold.do))) if untold else "",
    )


def _source(told: SourceKeys) -> Source:
    return Source(
        source=told.source,
        conversions=told.conversions,
        forecast=told.forecast,
        keys=tuple(map(_key, told.keys)),
        advice=_change(told.advice) if told.advice else None,
    )


def _change(told: Advice) -> Change:
    return Change(
        change=told.change,
        identifier=told.identifier,
        coverage=round(told.before, 4),
        coverage_after=round(told.after, 4),
        forecast=told.forecast_before,
        forecast_after=told.forecast_after,
        sampled=told.sampled,
        says=told.says,
    )


def _key(told: KeyCoverage) -> Key:
    return Key(
        identifier=told.identifier,
        covered=told.covered,
        dropped=told.dropped,
        points=weight(told.identifier),
    )


def _forecasts(desk: Desk, name: str) -> tuple[ForecastPoint, ...]:
    found = desk.ledger.forecasts(name, FORECAST, FORECASTS_MAX)
    return tuple(
        ForecastPoint(
            at=one.at,
            run_id=one.run_id,
            source=one.source,
            conversions=one.orders,
            forecast=one.covered / TENTHS,
        )
        for one in reversed(found)
    )


def _others(told: Sequence[Reading]) -> list[Reading]:
    return [one for one in told if one.metric != _SCORE]


def _figure(one: Reading) -> Figure:
    return Figure(
        event_name=one.event_name,
        metric=one.metric,
        ours=None if one.ours is None else f"{one.ours:f}",
        theirs=f"{one.theirs or 0:f}",
    )


def _formula() -> Iterator[Weight]:
    for name, points in WEIGHTS.items():
        members = tuple(key for key, group in GROUPS.items() if group == name)
        yield Weight(keys=members or (name,), points=points)


PAGE = Page(
    path="/quality",
    name="quality",
    title="Match quality",
    read=read,
    model=Quality,
    summary="How well conversions can be matched: our forecast beside the platform's.",
    in_menu=True,
)
