"""How well browser and server copies find each other: ids, pairs, time between them."""

from dataclasses import dataclass
from datetime import timedelta

import duckdb

from capi_jobs import duck

_SUMS = (
    "CREATE TABLE channels (server BOOLEAN, events BIGINT, with_id BIGINT)",
    "CREATE TABLE pairings (told_twice BIGINT, paired BIGINT, within_window BIGINT)",
    "CREATE TABLE distances (apart DOUBLE, pairs BIGINT)",
)
_CHANNELS = """
INSERT INTO channels
SELECT server, sum(times), coalesce(sum(times) FILTER (event_id IS NOT NULL), 0)
FROM sales WHERE inside > 0 GROUP BY server
"""
# Orders that both told of; our own copies count as the server's. A pair has one id.
_PAIRS = """
CREATE TABLE pairs AS
WITH sides AS (
    SELECT c.n, bool_or(c.server) AS served, NOT bool_and(c.server) AS browsed,
        c.event_id IS NOT NULL AND c.name IS NOT NULL AS same,
        min(c.first_at) FILTER (c.server) - min(c.first_at) FILTER (NOT c.server)
            AS apart
    FROM copies c SEMI JOIN (SELECT n FROM orders WHERE inside AND state IS NULL) o
    USING (n)
    WHERE NOT again GROUP BY c.n, c.name, c.event_id
)
SELECT n, bool_or(served) AND bool_or(browsed) AS told_twice,
    bool_or(served AND browsed AND same) AS paired,
    min(abs(epoch(apart))) FILTER (served AND browsed AND same) AS apart
FROM sides GROUP BY n
"""
_PAIRINGS = """
INSERT INTO pairings
SELECT count(*) FILTER (told_twice), count(*) FILTER (paired),
    count(*) FILTER (apart <= epoch(getvariable('dedup_window')))
FROM pairs
"""
# To a thousandth of a second, so that there are not as many as pairs.
_DISTANCES = """
INSERT INTO distances
SELECT round(apart, 3), count(*) FROM pairs WHERE apart IS NOT NULL GROUP BY 1
"""
_ALL_CHANNELS = "SELECT server, sum(events), sum(with_id) FROM channels GROUP BY server"
_ALL_PAIRINGS = """
SELECT coalesce(sum(told_twice), 0), coalesce(sum(paired), 0),
    coalesce(sum(within_window), 0) FROM pairings
"""
# The two that lie around the place of a share of all pairs, and how far it is between.
_AROUND = """
WITH counted AS (
    SELECT apart, sum(pairs) AS pairs FROM distances GROUP BY apart
), placed AS (
    SELECT apart, sum(pairs) OVER (ORDER BY apart) AS until FROM counted
), wanted AS (
    SELECT (sum(pairs) - 1) * $share AS place FROM counted
)
SELECT min(apart) FILTER (until > floor(place)),
    min(apart) FILTER (until > ceil(place)), any_value(place - floor(place))
FROM placed, wanted
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


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what parts add to."""
    for statement in _SUMS:
        connection.execute(statement)


def look(connection: duckdb.DuckDBPyConnection) -> None:
    """Count the events of a part."""
    duck.roomy(connection, _CHANNELS)


def pair(connection: duckdb.DuckDBPyConnection) -> None:
    """Pair up what told of the orders of a part."""
    for statement in (_PAIRS, _PAIRINGS, _DISTANCES):
        duck.roomy(connection, statement)


def measured(connection: duckdb.DuckDBPyConnection, window: timedelta) -> DedupHealth:
    """Measure it over the interval."""
    channels = tuple(
        Channel(
            channel="server" if server else "browser",
            events=int(events),
            with_id=int(with_id),
        )
        for server, events, with_id in connection.execute(_ALL_CHANNELS).fetchall()
    )
    [(both, paired, within)] = connection.execute(_ALL_PAIRINGS).fetchall()
    return DedupHealth(
        channels=tuple(sorted(channels, key=lambda one: one.channel)),
        both=int(both),
        paired=int(paired),
        within_window=int(within),
        window=window,
        apart_min=_apart(connection, 0),
        apart_median=_apart(connection, 0.5),
        apart_p95=_apart(connection, 0.95),
        apart_max=_apart(connection, 1),
    )


def _apart(connection: duckdb.DuckDBPyConnection, share: float) -> timedelta | None:
    """Return what that share of the pairs is at most apart, as quantiles are read."""
    [(low, high, between)] = connection.execute(_AROUND, {"share": share}).fetchall()
    if low is None:
        return None
    return timedelta(seconds=round(low + (high - low) * float(between), 3))
