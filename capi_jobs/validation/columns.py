"""How the frames' columns are described and made, whatever they are made of.

Which columns there are lives in `frames.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

if TYPE_CHECKING:
    import pandas as pd

Page = TypeVar("Page")
Kind = Literal["text", "number", "flag", "time"]

# What each kind is in pandas. `flag` knows a third state: the rule does not apply.
DTYPES: dict[Kind, str] = {
    "text": "str",
    "number": "float64",
    "flag": "boolean",
    "time": "datetime64[us, UTC]",
}


@dataclass(frozen=True, slots=True)
class Column(Generic[Page]):
    """One column that a rule may name."""

    name: str
    kind: Kind
    says: str
    read: Callable[[Page], Sequence[object]]


def frame(columns: Sequence[Column[Page]], page: Page) -> "pd.DataFrame":
    """Make the frame of a page; its index is the row's place in the page."""
    # Imported here: it costs a third of a second, which `--help` need not pay.
    import pandas as pd  # noqa: PLC0415

    return pd.DataFrame({c.name: _series(c, page) for c in columns})


def _series(column: Column[Page], page: Page) -> "pd.Series[Any]":
    import pandas as pd  # noqa: PLC0415

    values: Any = column.read(page)
    dtype: Any = DTYPES[column.kind]
    made: pd.Series[Any]
    try:
        made = pd.Series(values, dtype=dtype)
    except UnicodeEncodeError:
        # Half a surrogate pair, from text that was not UTF-8.
        made = pd.Series([_encodable(v) for v in values], dtype=dtype)
    return made


def _encodable(value: object) -> object:
    if not isinstance(value, str):
        return value
    return value.encode("utf-8", "backslashreplace").decode()


def table(columns: Sequence[Column[Page]]) -> str:
    """Write the columns as a Markdown table, for docs/expectations.md."""
    rows = [f"| `{c.name}` | {c.kind} | {c.says} |" for c in columns]
    return "\n".join(["| Column | Kind | What it is |", "|---|---|---|", *rows])
