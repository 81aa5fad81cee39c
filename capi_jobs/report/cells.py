"""Cells of CSV files that people open in a sheet: none of them runs as a formula.

Order ids, and the words of platforms, are hostile; every CSV is written through here.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator

_NUMBER = re.compile(r"-\d+(\.\d+)?").fullmatch
# A sheet would run a cell that begins so as a formula (OWASP, CSV Injection); in East
# Asian ones the wide signs do as well.
_FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\0",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)


def safe(value: object) -> str:
    """Write a cell; what a sheet would run is marked as text."""
    text = "" if value is None else str(value)
    # Below zero is a number, not a formula.
    formula = text.startswith(_FORMULA) and not _NUMBER(text)
    return f"'{text}" if formula else text


def lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Write rows as lines of CSV, as they come."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([safe(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
