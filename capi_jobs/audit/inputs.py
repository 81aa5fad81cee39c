"""What the audit was given, and what of it cannot be used: a message each, no stop."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import duckdb

from capi_jobs import duck
from capi_jobs.audit.piles import Piles

_SUMS = (
    """
    CREATE TABLE seen_logs (log VARCHAR, purchases BIGINT, with_order_id BIGINT,
        with_event_id BIGINT, with_value BIGINT, naive BIGINT, timeless BIGINT,
        other_events BIGINT, under_other_names BIGINT, copies_of_one_id BIGINT)
    """,
    "CREATE TABLE seen_names (log VARCHAR, name VARCHAR, told BIGINT)",
    "CREATE TABLE seen_loose (log VARCHAR, unmatched BIGINT, rewritten BIGINT)",
)
# Those of the interval, and those of which nobody knows when they were.
_HERE = """
CREATE VIEW here AS
SELECT *, CASE WHEN coalesce(time_fault, 'naive') = 'naive' THEN inside ELSE times END
    AS here FROM events
"""
_LOGS = """
INSERT INTO seen_logs
SELECT log, sum(here) FILTER (sort <> 'other'),
    sum(here) FILTER (order_id IS NOT NULL), sum(here) FILTER (event_id IS NOT NULL),
    sum(here) FILTER (value IS NOT NULL), sum(here) FILTER (time_fault = 'naive'),
    sum(here) FILTER (time_fault <> 'naive'), sum(here) FILTER (sort = 'other'),
    sum(here) FILTER (sort = 'dialect'), max(here) FILTER (event_id IS NOT NULL)
FROM here GROUP BY log
"""
_NAMES = """
INSERT INTO seen_names
SELECT log, name, sum(here) FROM here WHERE name IS NOT NULL GROUP BY ALL
"""
_LOOSE = """
INSERT INTO seen_loose
SELECT log, sum(inside) FILTER (how IS NULL AND order_id IS NULL),
    sum(inside) FILTER (how IN ('hash', 'case', 'prefix'))
FROM sales LEFT JOIN matched USING (e) GROUP BY log
"""
_ALL_LOGS = """
SELECT log, sum(purchases), sum(with_order_id), sum(with_event_id), sum(with_value),
    sum(naive), sum(timeless), sum(other_events), sum(under_other_names),
    max(copies_of_one_id)
FROM seen_logs GROUP BY log
"""
_ALL_LOOSE = "SELECT log, sum(unmatched), sum(rewritten) FROM seen_loose GROUP BY log"
_ALL_NAMES = """
SELECT log, name, sum(told) AS told FROM seen_names
GROUP BY log, name HAVING sum(told) > 0 ORDER BY told DESC, name LIMIT 50
"""
_ORDERS = "SELECT count(*) FILTER (inside), count(*) FROM {orders}"

# A page that is loaded again and again stays below; a loop in a tag does not.
COPIES_MANY = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSeen:
    """One log, as far as it is of this destination and interval."""

    log: str
    purchases: int = 0
    with_order_id: int = 0
    with_event_id: int = 0
    with_value: int = 0
    naive: int = 0
    timeless: int = 0
    other_events: int = 0
    under_other_names: int = 0
    copies_of_one_id: int = 0
    unmatched: int = 0  # purchases without order id that match no order
    rewritten: int = 0  # purchases that match an order by another writing of its id
    names: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something about the inputs that limits what an audit can say."""

    code: str
    source: str
    count: int
    says: str
    do: str
    needs_person: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Orders and logs that were read, and what is wrong with them."""

    orders: int  # of the interval
    orders_around: int  # read to find the orders of events near its ends
    logs: tuple[LogSeen, ...]
    notices: tuple[Notice, ...]


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what parts add to."""
    for statement in _SUMS:
        connection.execute(statement)


def look(connection: duckdb.DuckDBPyConnection) -> None:
    """Count the events of a part."""
    for statement in (_HERE, _LOGS, _NAMES):
        duck.roomy(connection, statement)


def look_at_rest(connection: duckdb.DuckDBPyConnection) -> None:
    """Count the events that do not name their order, and how they were matched."""
    duck.roomy(connection, _LOOSE)


def seen(
    connection: duckdb.DuckDBPyConnection, piles: Piles, logs: Sequence[str]
) -> Inputs:
    """Add up what was read; a log that gave nothing is there as well."""
    counted = _ORDERS.format(orders=piles.all("kept"))
    [(orders, around)] = connection.execute(counted).fetchall()
    found = tuple(_logs(connection, logs))
    return Inputs(
        orders=orders,
        orders_around=around - orders,
        logs=found,
        notices=tuple(_notices(orders, found)),
    )


def _logs(
    connection: duckdb.DuckDBPyConnection, logs: Sequence[str]
) -> Iterator[LogSeen]:
    rows = {row[0]: row[1:] for row in connection.execute(_ALL_LOGS).fetchall()}
    loose = {row[0]: row[1:] for row in connection.execute(_ALL_LOOSE).fetchall()}
    names = connection.execute(_ALL_NAMES).fetchall()
    for log in logs:
        counts = [int(count or 0) for count in rows.get(log, ())] or [0] * 9
        unmatched, rewritten = loose.get(log, (0, 0))
        yield LogSeen(
            log=log,
            purchases=counts[0],
            with_order_id=counts[1],
            with_event_id=counts[2],
            with_value=counts[3],
            naive=counts[4],
            timeless=counts[5],
            other_events=counts[6],
            under_other_names=counts[7],
            copies_of_one_id=counts[8],
            unmatched=int(unmatched or 0),
            rewritten=int(rewritten or 0),
            names=tuple((name, int(n)) for of, name, n in names if of == log),
        )


def _notices(orders: int, logs: Sequence[LogSeen]) -> Iterator[Notice]:
    if not orders:
        yield Notice(
            code="no_orders",
            source="orders",
            count=0,
            says="there are no orders in this interval",
            do="see that the interval is right and the view is filled",
        )
    if not logs:
        yield Notice(
            code="no_logs",
            source="sent_events",
            count=0,
            says="no log tells what others sent: only our own entries are compared",
            do="add [[sent_events]] for the pixel and every other sender",
        )
    for log in logs:
        yield from _of_log(log)


@dataclass(frozen=True, slots=True)
class _Suspicion:
    """What may be wrong with a log: how many events show it, and what to do."""

    code: str
    count: Callable[[LogSeen], int]
    says: str
    do: str
    needs_person: bool


_SUSPICIONS = (
    _Suspicion(
        "log_empty",
        lambda log: not log.purchases,
        "the log has no purchases of this destination and interval",
        "see that the log is filled and names this destination or platform",
        needs_person=False,
    ),
    _Suspicion(
        "log_without_order_ids",
        lambda log: 0 if log.with_order_id else log.purchases,
        "no event has an order id: they are matched by event id alone",
        "log the order id with every event",
        needs_person=True,
    ),
    _Suspicion(
        "log_without_event_ids",
        lambda log: 0 if log.with_event_id else log.purchases,
        "no event has an event id: whether copies are deduplicated cannot be told",
        "log the event id with every event",
        needs_person=True,
    ),
    _Suspicion(
        "log_without_values",
        lambda log: 0 if log.with_value else log.purchases,
        "no event tells its value: values cannot be compared",
        "log value and currency with every event",
        needs_person=False,
    ),
    _Suspicion(
        "naive_times",
        lambda log: log.naive,
        "times tell no zone: they are not compared with the orders'",
        "set `timezone` of this log",
        needs_person=True,
    ),
    _Suspicion(
        "unreadable_times",
        lambda log: log.timeless,
        "times are missing or cannot be read",
        "mend the column event_time",
        needs_person=True,
    ),
    _Suspicion(
        "ids_in_another_writing",
        lambda log: log.rewritten,
        "ids match an order only without prefix, case or hash",
        "let the sender write ids as the warehouse does",
        needs_person=True,
    ),
    _Suspicion(
        "one_id_again_and_again",
        lambda log: log.copies_of_one_id * (log.copies_of_one_id >= COPIES_MANY),
        "one event id stands in the log that often",
        "look for a tag that fires in a loop, or for one id given to all",
        needs_person=True,
    ),
    _Suspicion(
        "events_of_no_order",
        lambda log: log.unmatched,
        "purchases without order id match no order by their event id",
        "log the order id with every event",
        needs_person=False,
    ),
)


def _of_log(log: LogSeen) -> Iterator[Notice]:
    for one in _SUSPICIONS:
        if count := one.count(log):
            yield Notice(
                code=one.code,
                source=log.log,
                count=int(count),
                says=one.says,
                do=one.do,
                needs_person=one.needs_person,
            )
