"""What an audit found: counts by cause, findings in pages, corrections, samples.

The rows stay in DuckDB until they are asked for, so memory is bounded by a page.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from capi_jobs.audit.causes import BY_NAME, Cause, Kind
from capi_jobs.audit.health import DedupHealth
from capi_jobs.audit.inputs import Inputs
from capi_jobs.audit.statement import Statement

# Enough to find the pattern; `findings` has all.
SAMPLES_MAX = 20
_ROWS_PER_PAGE = 10_000

# Two ids are those of one order: none is more frequent, and there may be millions.
_GROUPS = """
SELECT kind, cause, count(*), min(order_id),
    coalesce(mode(nullif(detail, '')) FILTER (cause <> 'two_ids'),
        min(nullif(detail, '')))
FROM findings JOIN ranks USING (kind, cause) GROUP BY kind, cause, rank ORDER BY rank
"""
_VALUES = """
SELECT kind, cause, currency, sum(value) FROM findings GROUP BY ALL ORDER BY ALL
"""
_SAMPLES = """
SELECT order_id FROM findings WHERE kind = $kind AND cause = $cause
ORDER BY value DESC, order_id LIMIT $most
"""
_COLUMNS = "kind, cause, order_id, event_ids, day, currency, value, detail"
_FINDINGS = f"""
SELECT {_COLUMNS}
FROM findings JOIN ranks USING (kind, cause) ORDER BY rank, day, order_id
"""  # noqa: S608 - our own names
_WORST = f"""
SELECT {_COLUMNS} FROM findings WHERE kind = $kind AND cause = $cause
ORDER BY value DESC, order_id LIMIT $most
"""  # noqa: S608 - our own names
_CORRECTIONS = """
SELECT order_id, event_id, event_name, cause, sent_at, day, currency, sent_value,
    true_value, true_currency, overstated FROM corrections ORDER BY day, order_id
"""
_CORRECTION_SUMS = """
SELECT cause, currency, count(*), sum(overstated) FROM corrections
GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One order, one cause of one kind."""

    kind: Kind
    cause: str
    order_id: str  # "" where rows or events have none
    event_ids: tuple[str, ...]  # the first few
    day: date | None
    currency: str
    value: Decimal  # at stake: what may be counted wrongly
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """All findings of one cause."""

    cause: Cause
    orders: int
    values: Mapping[str, Decimal]
    samples: tuple[str, ...]  # order ids, the most valuable first
    detail: str  # the most frequent one


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What we delivered and is no longer true; it is never sent again."""

    order_id: str
    event_id: str
    event_name: str
    cause: str  # the order's state, or value, currency, gone
    sent_at: datetime | None
    day: date | None
    currency: str
    sent_value: Decimal
    true_value: Decimal
    true_currency: str
    overstated: Decimal  # below zero where too little was told


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionSum:
    """Corrections of one cause and currency."""

    cause: str
    currency: str
    orders: int
    overstated: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """One destination and interval; the pages can be read until the block ends."""

    connection: duckdb.DuckDBPyConnection
    groups: tuple[Group, ...]
    corrected: tuple[CorrectionSum, ...]
    health: DedupHealth
    inputs: Inputs
    statement: Statement

    def findings(self) -> Iterator[Finding]:
        """Yield each, by cause and day."""
        return map(_finding, self._rows(_FINDINGS))

    def worst(self, group: Group, most: int) -> Iterator[Finding]:
        """Yield the most valuable ones of a cause."""
        cause = group.cause
        asked = {"kind": cause.kind.value, "cause": cause.name, "most": most}
        return map(_finding, self._rows(_WORST, asked))

    def corrections(self) -> Iterator[Correction]:
        """Yield each, by day."""
        names = Correction.__dataclass_fields__
        for row in self._rows(_CORRECTIONS):
            yield Correction(**dict(zip(names, row, strict=True)))

    def _rows(
        self, query: str, asked: Mapping[str, object] | None = None
    ) -> Iterator[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(query, asked)
            while page := cursor.fetchmany(_ROWS_PER_PAGE):
                yield from page


def _finding(row: tuple[Any, ...]) -> Finding:
    kind, cause, order_id, event_ids, day, currency, value, detail = row
    return Finding(
        kind=Kind(kind),
        cause=cause,
        order_id=order_id,
        event_ids=tuple(e for e in event_ids if e is not None),
        day=day,
        currency=currency,
        value=value,
        detail=detail,
    )


def groups(connection: duckdb.DuckDBPyConnection) -> tuple[Group, ...]:
    """Count findings and value by cause, in order of precedence."""
    values: dict[tuple[str, str], dict[str, Decimal]] = {}
    for kind, cause, currency, value in connection.execute(_VALUES).fetchall():
        values.setdefault((kind, cause), {})[currency] = value
    found = connection.execute(_GROUPS).fetchall()
    return tuple(
        Group(
            cause=BY_NAME[Kind(kind), cause],
            orders=orders,
            values=values[kind, cause],
            samples=_samples(connection, kind, cause),
            detail=detail or "",
        )
        for kind, cause, orders, _, detail in found
    )


def _samples(
    connection: duckdb.DuckDBPyConnection, kind: str, cause: str
) -> tuple[str, ...]:
    asked = {"kind": kind, "cause": cause, "most": SAMPLES_MAX}
    return tuple(i for (i,) in connection.execute(_SAMPLES, asked).fetchall())


def corrected(connection: duckdb.DuckDBPyConnection) -> tuple[CorrectionSum, ...]:
    """Add up what is overstated."""
    return tuple(
        CorrectionSum(cause=cause, currency=currency, orders=orders, overstated=value)
        for cause, currency, orders, value in connection.execute(
            _CORRECTION_SUMS
        ).fetchall()
    )
