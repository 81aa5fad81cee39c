"""How well browser and server copies find each other: ids, pairs, time between them."""

from dataclasses import dataclass
from datetime import timedelta

import duckdb

_CHANNELS = """
SELECT server, sum(times), coalesce(sum(times) FILTER (event_id IS NOT NULL), 0)
FROM sales WHERE inside > 0 GROUP BY server
"""
# Orders that both told of; our own copies count as the server's. A pair has one id.
_PAIRS = """
WITH sides AS (
    SELECT c.n, c.name, c.event_id, c.server, min(c.first_at) AS first_at
    FROM copies c JOIN orders o USING (n)
    WHERE o.inside AND o.state IS NULL AND NOT again GROUP BY ALL
), both_sides AS (
    SELECT n FROM sides GROUP BY n HAVING bool_or(server) AND NOT bool_and(server)
), pairs AS (
    SELECT b.n, min(abs(epoch(s.first_at) - epoch(b.first_at))) AS apart
    FROM sides b JOIN sides s USING (n, name, event_id)
    WHERE NOT b.server AND s.server GROUP BY b.n
)
SELECT (SELECT count(*) FROM both_sides), count(*), min(apart), median(apart),
    quantile_cont(apart, 0.95), max(apart),
    count(*) FILTER (apart <= epoch(getvariable('dedup_window'))) FROM pairs
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Purchases that one side told, and how many of them have an event id."""

    channel: str
    events: int
    with_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DedupHealth:
    """What the platform needs to count two copies as one."""

    channels: tuple[Channel, ...]
    both: int  # orders that browser and server told
    paired: int  # of these, under one name and id
    within_window: int  # of these, close enough to be one
    window: timedelta
    # Between the two copies of a pair; None without pairs.
    apart_min: timedelta | None = None
    apart_median: timedelta | None = None
    apart_p95: timedelta | None = None
    apart_max: timedelta | None = None


def measured(connection: duckdb.DuckDBPyConnection, window: timedelta) -> DedupHealth:
    """Measure it over the interval."""
    channels = tuple(
        Channel(
            channel="server" if server else "browser",
            events=int(events),
            with_id=int(with_id),
        )
        for server, events, with_id in connection.execute(_CHANNELS).fetchall()
    )
    [row] = connection.execute(_PAIRS).fetchall()
    both, paired, least, median, p95, most, within = row
    return DedupHealth(
        channels=tuple(sorted(channels, key=lambda one: one.channel)),
        both=both,
        paired=paired,
        within_window=within,
        window=window,
        apart_min=_span(least),
        apart_median=_span(median),
        apart_p95=_span(p95),
        apart_max=_span(most),
    )


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=round(float(seconds), 3))
