"""Orders, events, entries and classes onto piles, as texts become values.

What belongs together is found in `matching.py`, how rows lie on disk in `piles.py`.
"""

from collections.abc import Iterable
from datetime import timedelta
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from capi_jobs.audit.piles import Piles
from capi_jobs.audit.terms import DIALECTS, Terms

Batches = Iterable[pa.RecordBatch]

# Times in DuckDB are no finer, so that BETWEEN leaves out an interval's end.
_MICROSECOND = timedelta(microseconds=1)

_CLASSES = "order_id day currency value class reason".split()
_ORDERS = (
    "order_id event_id event_name completed_at updated_at value currency status"
    " is_test items"
).split()
_EVENTS = (
    "log channel event_id event_name event_time order_id value currency items"
    " destination platform timezone"
).split()
_ENTRIES = (
    "event_name event_id order_id status first_sent_at day value currency"
).split()

_MACROS = (
    # Line by line what was bought, in any order; NULL where it cannot be read.
    """
    CREATE MACRO items_of(t) AS CASE WHEN json_valid(t) AND json_array_length(t) > 0
    THEN hash(list_sort(list_transform(
        from_json(t, '[{"sku":"VARCHAR","id":"VARCHAR","content_id":"VARCHAR",'
            || '"quantity":"VARCHAR"}]'),
        lambda x: coalesce(x.sku, x.id, x.content_id, '')
            || '×' || coalesce(TRY_CAST(TRY_CAST(x.quantity AS DOUBLE) AS BIGINT), 1)
    ))) END
    """,
    # What is wrong with the order itself; NULL: it is a sale.
    """
    CREATE MACRO state_of(status, is_test) AS CASE
    WHEN read_flag(is_test) THEN 'test_order'
    WHEN tidy(status) IS NULL
        OR list_contains(getvariable('completed'), lower(tidy(status))) THEN NULL
    WHEN list_contains(getvariable('cancelled'), lower(tidy(status))) THEN 'cancelled'
    WHEN list_contains(getvariable('refunded'), lower(tidy(status))) THEN 'refunded'
    ELSE 'unpaid' END
    """,
    "CREATE MACRO flat_name(t) AS regexp_replace(lower(t), '[^a-z0-9]', '', 'g')",
)

_READ_CLASSES = """
SELECT order_id, TRY_CAST(day AS DATE) AS day, currency,
    TRY_CAST(value AS DECIMAL(38, 9)) AS value, class, reason,
    bucket_of(order_id) AS bucket FROM arrived
"""

_READ_ORDERS = """
WITH texts AS (
    SELECT *, tidy(completed_at) AS t, id_text(order_id) AS order_key,
        id_text(event_id) AS own_id, coalesce(id_text(event_name), 'Purchase') AS told
    FROM arrived
), times AS (
    SELECT *, read_time(t, getvariable('zone')) AS instant FROM texts
)
SELECT row_number() OVER () AS n, order_key AS order_id, own_id,
    coalesce(own_id, filled(getvariable('template'), order_key, told,
        upper(coalesce(tidy(currency), '')))) AS key_id,
    coalesce(names.canonical, lower(told)) AS name,
    CASE WHEN time_fault(t, instant, getvariable('zone')) IS NULL THEN instant END
        AS completed_at,
    CAST(timezone(getvariable('day_zone'), instant) AS DATE) AS day,
    read_money(value) AS value, code(currency) AS currency,
    state_of(status, is_test) AS state, items_of(items) AS items,
    coalesce(instant BETWEEN getvariable('first') AND getvariable('last'), true)
        AS inside, bucket_of(order_key) AS bucket
FROM times LEFT JOIN names ON names.spelling = lower(told)
"""
_NAMES = "SELECT DISTINCT name FROM {orders}"

# Other events than purchases are counted by name, and their ids are not kept.
_READ_EVENTS = """
WITH mine AS (
    SELECT *, tidy(event_name) AS told, tidy(event_time) AS t FROM arrived
    WHERE coalesce(tidy(destination) = getvariable('destination'),
        lower(tidy(platform)) = getvariable('platform'), true)
), named AS (
    SELECT mine.*, coalesce(names.canonical, lower(told)) AS name
    FROM mine LEFT JOIN names ON names.spelling = lower(told)
), sorted AS (
    SELECT *, read_time(t, timezone) AS instant, CASE
        WHEN name IS NULL OR list_contains(getvariable('own_names'), name) THEN 'own'
        WHEN list_contains(getvariable('dialects'), flat_name(told)) THEN 'dialect'
        ELSE 'other' END AS sort
    FROM named
)
SELECT log, channel = 'server' AS server, sort, name,
    CASE WHEN sort <> 'other' THEN id_text(event_id) END AS event_id,
    CASE WHEN sort <> 'other' THEN id_text(order_id) END AS order_id,
    CASE WHEN sort <> 'other' THEN read_money(value) END AS value,
    CASE WHEN sort <> 'other' THEN nullif(code(currency), '') END AS currency,
    CASE WHEN sort <> 'other' THEN items_of(items) END AS items,
    time_fault(t, instant, timezone) AS time_fault, instant,
    bucket_of(coalesce(id_text(sorted.order_id), id_text(sorted.event_id)))
        AS bucket
FROM sorted
"""

_READ_ENTRIES = """
SELECT coalesce(names.canonical, lower(event_name)) AS name, event_id, order_id, status,
    TRY_CAST(first_sent_at AS TIMESTAMPTZ) AS sent_at, TRY_CAST(day AS DATE) AS day,
    TRY_CAST(value AS DECIMAL(27, 9)) AS value, nullif(currency, '') AS currency,
    bucket_of(order_id) AS bucket
FROM arrived LEFT JOIN names ON names.spelling = lower(event_name)
"""


def set_terms(connection: duckdb.DuckDBPyConnection, terms: Terms) -> None:
    """Put what varies where the statements find it."""
    zone = ZoneInfo(terms.day_timezone)
    last = terms.interval.end - _MICROSECOND
    days = [t.astimezone(zone).date() for t in (terms.interval.start, last)]
    values: dict[str, object] = {
        "zone": terms.timezone,
        "day_zone": terms.day_timezone,
        "template": terms.event_id_template,
        "destination": terms.destination,
        "platform": terms.platform.lower(),
        "first": terms.interval.start,
        "last": last,
        "first_day": days[0],
        "last_day": days[1],
        "completed": sorted(terms.completed_statuses),
        "cancelled": sorted(terms.cancelled_statuses),
        "refunded": sorted(terms.refunded_statuses),
        "dialects": sorted(DIALECTS),
        "dedup_window": terms.dedup_window,
        "value_share": terms.value_tolerance,
        "time_tolerance": terms.time_tolerance,
        "reopened_after": terms.reopened_after,
        "one_order": terms.one_order,
        "many": terms.systematic_orders,
        "much": terms.systematic_share,
    }
    for name, value in values.items():
        connection.execute(f"SET VARIABLE {name} = $1", [value])
    for macro in _MACROS:
        connection.execute(macro)
    connection.execute("CREATE TABLE names (spelling VARCHAR, canonical VARCHAR)")
    if terms.names:
        connection.executemany(
            "INSERT INTO names VALUES ($1, $2)", [*terms.names.items()]
        )


def load_classes(piles: Piles, batches: Batches) -> None:
    """Keep where reconcile puts each order."""
    piles.stream("classes", batches, _CLASSES, _READ_CLASSES)


def load_orders(
    connection: duckdb.DuckDBPyConnection, piles: Piles, batches: Batches
) -> None:
    """Keep the orders of the interval, and those around it that events may name."""
    piles.stream("orders", batches, _ORDERS, _READ_ORDERS)
    names_told = _NAMES.format(orders=piles.all("orders"))
    found = connection.execute(names_told).fetchall()
    default = "SELECT canonical FROM names WHERE spelling = 'purchase'"
    usual = connection.execute(default).fetchone()
    names = {usual[0] if usual else "purchase", *(name for (name,) in found)}
    connection.execute("SET VARIABLE own_names = $1", [sorted(names)])
    connection.execute("SET VARIABLE any_orders = $1", [bool(found)])


def load_events(piles: Piles, batches: Batches) -> None:
    """Keep what others sent to this destination, to its platform, or to nobody named.

    After the orders: their names say which events are purchases.
    """
    piles.stream("events", batches, _EVENTS, _READ_EVENTS)


def load_entries(piles: Piles, batches: Batches) -> None:
    """Keep what the ledger knows."""
    piles.stream("entries", batches, _ENTRIES, _READ_ENTRIES)
