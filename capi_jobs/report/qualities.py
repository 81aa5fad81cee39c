"""How well conversions can be matched: our forecast, and what platforms say.

The formula is `capi_jobs/coverage.py`; this only reads what runs and `verify` kept.
"""

from collections.abc import Sequence

from capi_jobs.coverage import FORECAST, GROUPS, WEIGHTS, Advice
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.readings import Reading
from capi_jobs.ledger.values import Coverage
from capi_jobs.report.contents import SCORES_MAX, KeyCoverage, Score, SourceKeys

# A week of nights and some runs by hand: older figures are no news.
_RUNS_LOOKED_AT = 10
# A forecast is kept in tenths of a point.
TENTHS = 10
# Some dozens a day and event name, and the hours of arrival between them.
_FIGURES_MAX = 2_000


def shown_run(ledger: Ledger, name: str) -> str:
    """Find the latest run that had anything to send, else the latest.

    A run after it looks again at what is held alone: its shares would mislead.
    """
    latest = [one.run_id for one in ledger.recent_assessments(name, _RUNS_LOOKED_AT)]
    full = (run_id for run_id in latest if ledger.coverage_of(run_id, name))
    return next(full, latest[0] if latest else "")


def source_keys(ledger: Ledger, run_id: str, name: str) -> tuple[SourceKeys, ...]:
    """Return what the conversions of one run carried, source by source."""
    rows = ledger.coverage_of(run_id, name)
    advice = {one.source: one for one in ledger.advice_of(run_id, name)}
    sources = dict.fromkeys(row.source for row in rows)
    return tuple(
        _source_keys(
            source, [row for row in rows if row.source == source], advice.get(source)
        )
        for source in sources
    )


def _source_keys(
    source: str, rows: Sequence[Coverage], advice: Advice | None
) -> SourceKeys:
    forecast = [row.covered / TENTHS for row in rows if row.identifier == FORECAST]
    keys = [
        KeyCoverage(row.identifier, row.covered, row.dropped)
        for row in rows
        if row.identifier != FORECAST
    ]
    return SourceKeys(
        source,
        max((row.orders for row in rows), default=0),
        forecast[0] if forecast else None,
        tuple(sorted(keys, key=lambda key: (-weight(key.identifier), key.identifier))),
        advice,
    )


def scores(ledger: Ledger, name: str) -> tuple[Score, ...]:
    """Return what `verify` kept of the platform's own scores."""
    found = ledger.readings(name, metric="match_quality", limit=SCORES_MAX)
    return tuple(
        Score(one.start.date(), one.event_name, one.ours, one.theirs)
        for one in found
        if one.theirs is not None
    )


def platform_figures(ledger: Ledger, name: str) -> tuple[Reading, ...]:
    """Return what the platform last told of each event's keys, and of its score.

    The metrics are those of `verify`: match_quality, coverage.email, dedup.….
    """
    last = ledger.last_readings(name, "match_quality")
    if not last:
        return ()
    told = ledger.readings(name, since=last[0].start, limit=_FIGURES_MAX)
    newest = {(one.event_name, one.metric): one for one in reversed(told)}
    return tuple(
        one
        for one in sorted(newest.values(), key=lambda one: (one.event_name, one.metric))
        if one.metric != "events" and one.theirs is not None
    )


def weight(identifier: str) -> int:
    """Return the points of one identifier; of a group, one is as good as several."""
    return WEIGHTS.get(GROUPS.get(identifier, identifier), 0)
