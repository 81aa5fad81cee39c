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
from capi_jobs.reconcile import parting
from capi_jobs.reconcile.days import touched
from capi_jobs.reconcile.days import whole as whole_days
from capi_jobs.reconcile.feeding import feed
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
    CREATE MACRO exclusion(status, is_test, consent, told, consent_told, belongs) AS
    CASE WHEN tidy(status) IS NOT NULL
        AND NOT list_contains(getvariable('statuses'), lower(tidy(status)))
        THEN 'status'
    WHEN is_test THEN 'test'
    WHEN NOT consent THEN 'consent_denied'
    WHEN NOT told AND consent_told = 'true'
        AND getvariable('consent_unknown') = 'exclude' THEN 'consent_unknown'
    WHEN NOT belongs THEN 'channel' END
    """,
    # `id_text`, in half of its time where there is nothing to trim.
    """
    CREATE MACRO key_text(t) AS
    CASE WHEN starts_with(t, ' ') OR ends_with(t, ' ') THEN id_text(t)
        ELSE nullif(t, '') END
    """,
    # Names are compared and never shown; a shop has a handful of them.
    "CREATE MACRO name_code(t) AS CASE WHEN t IS NOT NULL THEN hash(t) END",
)

_DAY_OF = """
CREATE MACRO day_of(t) AS CAST(timezone(getvariable('day_zone'), t) AS DATE)
"""
# The same by counting days since the year 1, which spares the tables of zones.
_DAY_OF_UTC = """
CREATE MACRO day_of(t) AS
DATE '0001-01-01' + CAST((epoch_us(t) + 62135596800000000) // 86400000000 AS INT)
"""
_MADE_KEY = """
CREATE MACRO made_key(id, name, currency) AS
filled(getvariable('template'), id, name, upper(coalesce(tidy(currency), '')))
"""
_MADE_KEY_ALIKE = "CREATE MACRO made_key(id, name, currency) AS id"
# Rows are many: what repeats is a number, what stands elsewhere is left out.
_TYPES = (
    """
    CREATE TYPE exclusion_name AS ENUM ('status', 'test', 'consent_denied',
        'consent_unknown', 'channel')
    """,
    """
    CREATE TYPE time_fault_name AS ENUM ('missing', 'unreadable', 'naive',
        'in_dst_gap')
    """,
)
# `event_key` is NULL where it is the order id, `own` says whether the row told it.
_TABLES = (
    """
    CREATE TABLE arrivals (order_id VARCHAR, event_key VARCHAR, own BOOLEAN,
        name UBIGINT, completed_at TIMESTAMPTZ, day DATE, value DECIMAL(27, 9),
        currency VARCHAR, excluded exclusion_name, time_fault time_fault_name,
        late BOOLEAN, content UBIGINT)
    """,
    """
    CREATE TABLE sent (server BOOLEAN, order_id VARCHAR, event_key VARCHAR,
        alike BOOLEAN, name UBIGINT, sent_at TIMESTAMPTZ, timely BOOLEAN,
        event_id VARCHAR AS (CASE WHEN alike THEN order_id ELSE event_key END))
    """,
    """
    CREATE TABLE entries (name UBIGINT, event_id VARCHAR, order_id VARCHAR,
        status VARCHAR, day DATE, currency VARCHAR, value DECIMAL(27, 9),
        owed_as VARCHAR, looked_up BOOLEAN)
    """,
)

_LOAD_ORDERS = """
INSERT INTO arrivals
WITH texts AS (
    SELECT *, moment(completed_at, getvariable('zone')) AS instant,
        key_text(order_id) AS order_key, key_text(event_id) AS own_id,
        coalesce(key_text(event_name), 'Purchase') AS name,
        lower(coalesce(tidy(channel), 'web')) AS via, code(currency) AS letters
    FROM arrived
), inside AS (
    SELECT *, moment_fault(completed_at, instant, getvariable('zone')) AS time_fault,
        coalesce(own_id, made_key(order_key, name, currency)) AS event_key
    FROM texts
    -- Told once: a column used twice in a filter is computed twice.
    WHERE coalesce(instant BETWEEN getvariable('first') AND getvariable('last'), true)
)
SELECT order_key, CASE WHEN event_key IS DISTINCT FROM order_key THEN event_key END,
    own_id IS NOT NULL, name_code(coalesce(n.canonical, lower(name))),
    CASE WHEN time_fault IS NULL THEN instant END,
    CASE WHEN time_fault IS DISTINCT FROM 'naive' THEN day_of(instant) END,
    read_money(value), letters,
    exclusion(status, is_test_flag(is_test), consent_flag(consent),
        consent_given(consent), consent_told, c.channel IS NOT NULL),
    time_fault,
    coalesce(time_fault IS NULL AND instant < c.takes_from, false),
    hash(order_id, own_id, event_name, moment_given(completed_at), value, currency,
        status, i.channel, consent, is_test)
FROM inside i
LEFT JOIN names n ON n.spelling = lower(name)
LEFT JOIN channels c ON c.channel = via
"""

_LOAD_SENT = """
INSERT INTO sent
SELECT channel = 'server', order_key, CASE WHEN NOT alike THEN event_key END, alike,
    name_code(coalesce(n.canonical, lower(name))),
    -- No event was sent later than now, whatever a wrong clock says.
    least(instant, getvariable('now')),
    moment_fault(event_time, instant, timezone) IS NULL
FROM (SELECT *, coalesce(event_key = order_key, false) AS alike FROM (
    SELECT channel, event_time, timezone, tidy(event_name) AS name,
        key_text(order_id) AS order_key, key_text(event_id) AS event_key,
        moment(event_time, timezone) AS instant,
        lower(tidy(platform)) AS site, tidy(destination) AS target FROM arrived))
LEFT JOIN names n ON n.spelling = lower(name)
WHERE coalesce(target = getvariable('destination'),
    site = getvariable('platform'), true)
"""

_LOAD_ENTRIES = """
INSERT INTO entries
SELECT name_code(coalesce(n.canonical, lower(event_name))), event_id, order_id, status,
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
    day_of = _DAY_OF_UTC if zone.key == "UTC" else _DAY_OF
    alike = policy.event_id_template == "{order_id}"
    made_key = _MADE_KEY_ALIKE if alike else _MADE_KEY
    for statement in (*_MACROS, day_of, made_key, *_TYPES, *_TABLES):
        connection.execute(statement)
    parting.prepare(connection)
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
    feed(connection, batches, _ORDERS, _LOAD_ORDERS)


def load_sent(connection: duckdb.DuckDBPyConnection, batches: Batches) -> None:
    """Keep the events sent to this destination, to its platform, or to nobody named."""
    feed(connection, batches, _SENT, _LOAD_SENT)


def load_entries(connection: duckdb.DuckDBPyConnection, batches: Batches) -> None:
    """Keep what the ledger knows of the interval."""
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
