"""Keys into DuckDB: orders, sent events, ledger entries, holds, overrides.

Texts become times, money and exclusions here, while they stream in. What the rows mean
for each other stands in `classing.py`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from capi_jobs import duck
from capi_jobs.model import DataInterval
from capi_jobs.reconcile.days import touched
from capi_jobs.reconcile.days import whole as whole_days
from capi_jobs.reconcile.policy import Policy

# Times in DuckDB are no finer, so that BETWEEN leaves out an interval's end.
_MICROSECOND = timedelta(microseconds=1)
Batches = Iterable[pa.RecordBatch]

_ORDERS = (
    "order_id event_id event_name completed_at value currency status channel consent"
    " is_test consent_told"
).split()
_SENT = (
    "channel event_id event_name event_time order_id destination platform timezone"
).split()
_ENTRIES = "event_name event_id order_id status day currency value owed_as".split()
_HOLDS = "order_id rule day currency value".split()
_OVERRIDES = "order_id decision".split()

# Macros rather than text put together: what varies are variables and small tables.
_MACROS = (
    # The same words in the same order as `orders.exclusion`, which a test compares.
    """
    CREATE MACRO exclusion(status, is_test, consent, consent_told, belongs) AS CASE
    WHEN tidy(status) IS NOT NULL
        AND NOT list_contains(getvariable('statuses'), lower(tidy(status)))
        THEN 'status'
    WHEN read_flag(is_test) THEN 'test'
    WHEN NOT read_flag(consent) THEN 'consent_denied'
    WHEN tidy(consent) IS NULL AND consent_told = 'true'
        AND getvariable('consent_unknown') = 'exclude' THEN 'consent_unknown'
    WHEN NOT belongs THEN 'channel' END
    """,
)

_LOAD_ORDERS = """
CREATE TABLE arrivals AS
WITH texts AS (
    SELECT *, tidy(completed_at) AS t, id_text(order_id) AS order_key,
        id_text(event_id) AS own_id, coalesce(id_text(event_name), 'Purchase') AS name,
        lower(coalesce(tidy(channel), 'web')) AS via
    FROM arrived
), times AS (
    SELECT *, read_time(t, getvariable('zone')) AS instant FROM texts
), inside AS (
    SELECT *, time_fault(t, instant, getvariable('zone')) AS time_fault FROM times
    -- Told once: a column used twice in a filter is computed twice.
    WHERE coalesce(instant BETWEEN getvariable('first') AND getvariable('last'), true)
)
SELECT order_key AS order_id, own_id,
    coalesce(own_id, filled(
        getvariable('template'), order_key, name, upper(coalesce(tidy(currency), ''))
    )) AS key_id,
    coalesce(n.canonical, lower(name)) AS name,
    CASE WHEN time_fault IS NULL THEN instant END AS completed_at,
    CASE WHEN time_fault IS DISTINCT FROM 'naive' THEN CAST(
        timezone(getvariable('day_zone'), instant) AS DATE) END AS day,
    read_money(value) AS value, code(currency) AS currency,
    exclusion(status, is_test, consent, consent_told, c.channel IS NOT NULL)
        AS excluded,
    time_fault, c.takes_from,
    hash(order_id, own_id, event_name, t, value, currency, status, i.channel, consent,
        is_test) AS content
FROM inside i
LEFT JOIN names n ON n.spelling = lower(name)
LEFT JOIN channels c ON c.channel = via
"""

_LOAD_SENT = """
CREATE TABLE sent AS
SELECT channel = 'server' AS server, id_text(order_id) AS order_id,
    id_text(event_id) AS event_id, coalesce(n.canonical, lower(name)) AS name,
    -- No event was sent later than now, whatever a wrong clock says.
    least(read_time(tidy(event_time), timezone), getvariable('now')) AS sent_at,
    time_fault(tidy(event_time), sent_at, timezone) IS NULL AS timely
FROM (SELECT *, tidy(event_name) AS name, lower(tidy(platform)) AS site,
    tidy(destination) AS target FROM arrived) a
LEFT JOIN names n ON n.spelling = lower(name)
WHERE coalesce(target = getvariable('destination'),
    site = getvariable('platform'), true)
"""

_CREATE_ENTRIES = """
CREATE TABLE entries (name VARCHAR, event_id VARCHAR, order_id VARCHAR,
    status VARCHAR, day DATE, currency VARCHAR, value DECIMAL(27, 9), owed_as VARCHAR,
    looked_up BOOLEAN)
"""
_LOAD_ENTRIES = """
INSERT INTO entries
SELECT coalesce(n.canonical, lower(event_name)), event_id, order_id, status,
    TRY_CAST(day AS DATE), currency, coalesce(read_money(value), 0), owed_as,
    getvariable('looking_up')
FROM arrived LEFT JOIN names n ON n.spelling = lower(event_name)
"""
_LOAD_HOLDS = """
CREATE TABLE holds AS
SELECT order_id, rule, TRY_CAST(day AS DATE) AS day, code(currency) AS currency,
    coalesce(read_money(value), 0) AS value
FROM arrived
"""
_LOAD_OVERRIDES = "CREATE TABLE overrides AS SELECT order_id, decision FROM arrived"


def set_policy(
    connection: duckdb.DuckDBPyConnection,
    policy: Policy,
    interval: DataInterval,
    now: datetime,
) -> None:
    """Put what varies where the statements find it."""
    surely_over, zone = now + policy.lease, ZoneInfo(policy.day_timezone)
    days, whole = touched(interval, zone), whole_days(interval, zone)
    values: dict[str, object] = {
        "zone": policy.timezone,
        "day_zone": policy.day_timezone,
        "first_day": days[0],
        "last_day": days[1],
        "first_whole": whole[0],
        "last_whole": whole[1],
        "template": policy.event_id_template,
        "consent_unknown": policy.consent_unknown,
        "statuses": sorted(policy.completed_statuses),
        "destination": policy.destination,
        "platform": policy.platform.lower(),
        "first": interval.start,
        "last": interval.end - _MICROSECOND,
        "now": now,
        "enrich": policy.on_browser_seen == "enrich",
        "surely_over": surely_over,
        "dedup_window": policy.dedup_window,
    }
    for name, value in values.items():
        connection.execute(f"SET VARIABLE {name} = $1", [value])
    for macro in _MACROS:
        connection.execute(macro)
    _small_tables(connection, policy, surely_over)


def _small_tables(
    connection: duckdb.DuckDBPyConnection, policy: Policy, surely_over: datetime
) -> None:
    connection.execute("CREATE TABLE names (spelling VARCHAR, canonical VARCHAR)")
    if names := policy.names():
        connection.executemany("INSERT INTO names VALUES ($1, $2)", [*names.items()])
    connection.execute(
        "CREATE TABLE channels (channel VARCHAR, takes_from TIMESTAMPTZ)"
    )
    for channel in policy.channels:
        age = policy.age_max(channel)
        connection.execute(
            "INSERT INTO channels VALUES ($1, $2)",
            [channel, None if age is None else surely_over - age],
        )


def load_orders(connection: duckdb.DuckDBPyConnection, batches: Batches) -> None:
    """Keep the keys of orders inside the interval, and those without a time."""
    duck.stream(connection, batches, _ORDERS, _LOAD_ORDERS)


def load_sent(connection: duckdb.DuckDBPyConnection, batches: Batches) -> None:
    """Keep the events sent to this destination, to its platform, or to nobody named."""
    duck.stream(connection, batches, _SENT, _LOAD_SENT)


def load_entries(connection: duckdb.DuckDBPyConnection, batches: Batches) -> None:
    """Keep what the ledger knows of the interval."""
    connection.execute(_CREATE_ENTRIES)
    connection.execute("SET VARIABLE looking_up = false")
    duck.stream(connection, batches, _ENTRIES, _LOAD_ENTRIES)
    connection.execute("SET VARIABLE looking_up = true")


def add_entries(connection: duckdb.DuckDBPyConnection, batches: Batches) -> None:
    """Keep entries that the ledger was asked for by their ids."""
    duck.stream(connection, batches, _ENTRIES, _LOAD_ENTRIES)


def load_decisions(
    connection: duckdb.DuckDBPyConnection, holds: Batches, overrides: Batches
) -> None:
    """Keep the open holds and the overrides in force."""
    duck.stream(connection, holds, _HOLDS, _LOAD_HOLDS)
    duck.stream(connection, overrides, _OVERRIDES, _LOAD_OVERRIDES)
