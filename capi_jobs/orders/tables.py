"""Rows as a warehouse hands them over: columns of text, a few thousand rows at a time.

How whole columns become orders is `columns.py`; one row of any values, `reading.py`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Table:
    """Texts and nothing else, under our names; a row is made only when asked for."""

    columns: Mapping[str, Sequence[str | None]] = field(repr=False)
    count: int

    def row(self, number: int) -> dict[str, object]:
        """Return one row."""
        return {name: column[number] for name, column in self.columns.items()}

    def rows(self) -> Iterator[Row]:
        """Return all rows, in their order."""
        return map(self.row, range(self.count))


class TableRows:
    """The rows of tables that stream in; once, one by one or a table at a time."""

    def __init__(self, tables: Iterable[Table]) -> None:
        """Take them as they come."""
        self.tables = tables

    def __iter__(self) -> Iterator[Row]:
        """Go through the rows."""
        return chain.from_iterable(table.rows() for table in self.tables)
