"""A held order as a row of a file or of JSON, under stable names. Nothing personal."""

from capi_jobs.ledger.values import HoldRow
from capi_jobs.report.amounts import plain

COLUMNS = (
    "destination",
    "order_id",
    "rule",
    "rules",
    "message",
    "day",
    "value",
    "currency",
    "first_seen_at",
    "last_seen_at",
)


def held_row(row: HoldRow) -> dict[str, object]:
    """Return what is told of a held order; money is text."""
    value = None if row.value is None else plain(row.value, row.currency or "")
    return {name: getattr(row, name) for name in COLUMNS} | {"value": value}


def held_cells(row: HoldRow) -> list[object]:
    """Return the same as cells of a sheet, in the order of COLUMNS."""
    return [*(held_row(row) | {"rules": " ".join(row.rules)}).values()]
