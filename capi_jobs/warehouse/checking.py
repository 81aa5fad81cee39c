"""Compares a source with the contract and names every fault at once.

Names and types are looked up; what rows hold is read by the SQL that reconcile uses.
"""

from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa

from capi_jobs import duck
from capi_jobs.errors import DataContractFault
from capi_jobs.warehouse.contract import Finding, SentEvents, Severity, Source
from capi_jobs.warehouse.readers import Reader
from capi_jobs.warehouse.sources import Found, find

# Some seconds of reading. Rows beyond are not looked at, and the finding says so.
ROWS_CHECKED_MAX = 1_000_000
_ROWS_PER_BATCH = 50_000
_MEMORY_LIMIT_MB = 256
# Enough to find the pattern in a list of ids.
_IDS_SHOWN = 10
_CHECKED = ("order_id", "event_id", "completed_at", "event_time", "value", "currency")


def check(reader: Reader, source: Source) -> list[Finding]:
    """Return all findings; an unreachable warehouse still raises."""
    try:
        found = find(reader, source)
    except DataContractFault as fault:
        code = "source_unreadable"
        return [Finding(code, "error", source.name, fault.what)]
    findings = [*_columns(found), *_types(found)]
    if found.time in found.columns:
        findings += _rows(found)
    return findings


def _columns(found: Found) -> Iterator[Finding]:
    name = found.source.name
    for ours, theirs in found.astray.items():
        message = f"{name} has no column {theirs!r}, which is mapped to {ours}"
        yield Finding("mapped_column_missing", "error", name, message)
    for column in found.lacking:
        message = f"{name} has no column {column}, and none is mapped to it"
        yield Finding("required_column_missing", "error", name, message)


def _types(found: Found) -> Iterator[Finding]:
    name = found.source.name
    times = (pa.types.is_timestamp, pa.types.is_date, pa.types.is_string)
    money = (
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_decimal,
        pa.types.is_string,
    )
    for column, allowed in ((found.time, times), ("value", money)):
        if column not in found.columns:
            continue
        kind = found.kind(column)
        if not any(fits(kind) for fits in allowed) and not _is_opaque(kind):
            message = f"{column} is of type {kind}"
            yield Finding("wrong_type", "error", name, message)
        elif column == "value" and pa.types.is_floating(kind):
            message = "value is a binary float: cast it to numeric, cents get lost"
            yield Finding("value_is_float", "warning", name, message)


def _is_opaque(kind: pa.DataType) -> bool:
    """Types that Arrow has no word for, such as PostgreSQL's numeric."""
    return isinstance(kind, pa.BaseExtensionType)


def _rows(found: Found) -> Iterator[Finding]:
    names = [name for name in _CHECKED if name in found.columns]
    statement = found.select(names).limit(ROWS_CHECKED_MAX)
    feed = duck.Feed(found.stream(statement, _ROWS_PER_BATCH), _CHECKED)
    with duck.workspace(_MEMORY_LIMIT_MB) as connection:
        with feed.told():
            connection.register("arrived", feed.reader())
            connection.execute(
                _LOAD, {"zone": found.source.timezone, "time": found.time}
            )
        yield from _row_findings(found, connection)


# Ids are shown, values never are.
_LOAD = """
CREATE TABLE checked AS
SELECT id_text(order_id) AS order_id, id_text(event_id) AS event_id,
    hash(order_id, event_id, t, value, currency) AS content,
    time_fault(t, instant, $zone) AS fault,
    instant < '1970-01-01 00:00:00+00'::TIMESTAMPTZ AS ancient,
    value IS NOT NULL AND read_money(value) IS NULL AS bad_value
FROM (
    SELECT *, read_time(t, $zone) AS instant
    FROM (SELECT *, tidy(CASE $time WHEN 'event_time' THEN event_time
        ELSE completed_at END) AS t FROM arrived)
)
"""
_FAULTY_TIMES = "SELECT coalesce(order_id, event_id) FROM checked WHERE fault = $fault"
_ANCIENT = "SELECT coalesce(order_id, event_id) FROM checked WHERE ancient"
_NO_ID = "SELECT event_id FROM checked WHERE order_id IS NULL"
_NO_IDS = "SELECT NULL FROM checked WHERE order_id IS NULL AND event_id IS NULL"
_BAD_VALUES = "SELECT order_id FROM checked WHERE bad_value"
_TWICE = """
SELECT order_id FROM checked WHERE order_id IS NOT NULL
GROUP BY order_id HAVING count(*) > 1
"""
_DIFFERING = _TWICE + " AND min(content) <> max(content)"
_EQUAL = _TWICE + " AND min(content) = max(content)"

_TIME_MESSAGES: dict[str, tuple[str, Severity, str]] = {
    "missing": ("times_missing", "warning", "have no {time}"),
    "unreadable": ("times_unreadable", "warning", "have a {time} that is no time"),
    "naive": (
        "times_naive",
        "error",
        "have a {time} without zone: set timezone, or cast it",
    ),
    "in_dst_gap": (
        "times_in_dst_gap",
        "warning",
        "have a {time} that the clocks of the zone skipped",
    ),
}


def _row_findings(
    found: Found, connection: duckdb.DuckDBPyConnection
) -> Iterator[Finding]:
    count = connection.execute("SELECT count(*) FROM checked").fetchall()[0][0]
    if not count:
        yield Finding("source_empty", "warning", found.source.name, "has no rows")
    asker = _Asker(found.source.name, connection, count)
    for fault, (code, severity, words) in _TIME_MESSAGES.items():
        message = words.format(time=found.time)
        yield from asker.ask(code, severity, message, _FAULTY_TIMES, {"fault": fault})
    message = f"have a {found.time} before 1970: no interval reads them"
    yield from asker.ask("times_before_1970", "warning", message, _ANCIENT)
    if isinstance(found.source, SentEvents):
        message = "have neither event_id nor order_id"
        yield from asker.ask("ids_missing", "warning", message, _NO_IDS)
        return
    yield from asker.ask("order_ids_empty", "warning", "have no order_id", _NO_ID)
    message = "have a value that is no number"
    yield from asker.ask("values_unreadable", "warning", message, _BAD_VALUES)
    yield from asker.repeated()


class _Asker:
    """Asks for rows of one kind, and words what comes back."""

    def __init__(
        self, source: str, connection: duckdb.DuckDBPyConnection, rows: int
    ) -> None:
        self._source, self._connection, self._rows = source, connection, rows

    def ask(
        self,
        code: str,
        severity: Severity,
        message: str,
        query: str,
        values: dict[str, str] | None = None,
    ) -> Iterator[Finding]:
        count, ids = self._found(query, values or {})
        if not count:
            return
        scope = f"{count:,} of {self._rows:,} rows"
        if self._rows == ROWS_CHECKED_MAX:
            scope += " (the first that came; the rest was not looked at)"
        # If no row is right, it is the column that is wrong.
        level: Severity = "error" if count == self._rows else severity
        yield Finding(code, level, self._source, f"{scope} {message}", ids)

    def repeated(self) -> Iterator[Finding]:
        differing, ids = self._found(_DIFFERING, {})
        if differing:
            message = f"{differing:,} order ids stand in several rows that differ"
            yield Finding("order_ids_ambiguous", "warning", self._source, message, ids)
        equal, ids = self._found(_EQUAL, {})
        if equal:
            message = f"{equal:,} order ids stand in several equal rows"
            yield Finding("order_ids_repeated", "warning", self._source, message, ids)

    def _found(self, query: str, values: dict[str, str]) -> tuple[int, tuple[str, ...]]:
        counted = f"SELECT count(*) FROM ({query})"  # noqa: S608  # of our own texts
        count = self._connection.execute(counted, values).fetchall()[0][0]
        sample = f"{query} LIMIT {_IDS_SHOWN}"
        found: Sequence[tuple[str | None]]
        found = self._connection.execute(sample, values).fetchall() if count else ()
        return count, tuple(id_ for (id_,) in found if id_ is not None)
