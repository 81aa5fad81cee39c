"""Files that people hand in: orders for `preview`, ids for `ledger` and `quarantine`.

JSON arrays and NDJSON; numbers are read as Decimal, so that money stays exact.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from capi_jobs.errors import DataContractFault

# A file that a person previews; whole days are for `plan` and `run`.
FILE_BYTES_MAX = 256 * 1024 * 1024

Row = Mapping[str, object]


def read_rows(file: Path) -> list[Row]:
    """Read orders under our names; DataContractFault names the line that is not one."""
    text = _text(file)
    if text.lstrip().startswith("["):
        rows = _loaded(text, f"{file.name}")
        if not isinstance(rows, list):
            raise DataContractFault(f"{file.name} is not an array of orders", do=_DO)
    else:
        rows = [
            _loaded(line, f"line {number} of {file.name}")
            for number, line in enumerate(text.split("\n"), 1)
            if line.strip()
        ]
    wrong = [str(n) for n, row in enumerate(rows, 1) if not isinstance(row, dict)]
    if wrong:
        raise DataContractFault(
            f"{file.name} holds values that are no orders", ids=wrong, do=_DO
        )
    return [row for row in rows if isinstance(row, dict)]


def read_ids(file: Path) -> list[str]:
    """Read one order id a line; blank lines are passed over."""
    return [line.strip() for line in _text(file).split("\n") if line.strip()]


_DO = "write a JSON array of objects, or one object a line"


def _loaded(text: str, where: str) -> object:
    try:
        return json.loads(text, parse_float=Decimal, parse_int=_integer)
    except (ValueError, RecursionError):
        # The error's own text would show a piece of the row.
        raise DataContractFault(f"{where} is not JSON", do=_DO) from None


def _integer(text: str) -> Decimal | int:
    """Read long digits as Decimal: Python refuses to make an int of 4,300 of them."""
    return int(text) if len(text) < _INT_DIGITS_MAX else Decimal(text)


# Every amount and id fits; beyond it the row reader says what is wrong.
_INT_DIGITS_MAX = 400


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            raise DataContractFault(
                f"{file.name} is larger than {FILE_BYTES_MAX:,} bytes",
                do="split it, or use `plan` on the warehouse",
            )
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataContractFault(
            f"{file.name} is not UTF-8 at byte {error.start:,}",
            do="save it as UTF-8",
        ) from None
    except OSError as error:
        raise DataContractFault(
            f"{file} cannot be read: {error.strerror}", do="name a readable file"
        ) from None
