"""How the frames' columns are described and made, whatever they are made of.

Which columns there are lives in `order_frame.py` and `conversion_frame.py`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
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
    """One column that a rule may name.

    What is read is a list with None where there is nothing, an array of numpy's, or
    of flags without a third state, bytes: reading a page must not take microseconds
    a value.
    """

    name: str
    kind: Kind
    says: str
    read: Callable[[Page], Any]


def frame(columns: Sequence[Column[Page]], page: Page) -> "pd.DataFrame":
    """Make the frame of a page; its index is the row's place in the page."""
    # Imported here: it costs a third of a second, which `--help` need not pay.
    import pandas as pd  # noqa: PLC0415

    return pd.DataFrame({c.name: array(c, page) for c in columns}, copy=False)


def instants(times: Iterable[datetime | None]) -> Any:  # noqa: ANN401
    """Make an array of times; pandas keeps it as it is."""
    import pandas as pd  # noqa: PLC0415

    return pd.array(list(times), dtype=DTYPES["time"])  # type: ignore[call-overload]


def hours_before(now: datetime, times: Any) -> Any:  # noqa: ANN401
    """Say how many hours lie between times and now; negative in the future."""
    import pandas as pd  # noqa: PLC0415

    passed = pd.Timestamp(now).as_unit("us") - times
    return passed.total_seconds() / 3600


def encodable(text: str) -> str:
    """Spell out what UTF-8 cannot write, such as half a surrogate pair."""
    return text.encode("utf-8", "backslashreplace").decode()


def array(column: Column[Page], page: Page) -> Any:  # noqa: ANN401
    """Make the array of a column, of the column's kind."""
    import pandas as pd  # noqa: PLC0415

    values: Any = column.read(page)
    if isinstance(values, bytes):
        return _flags(values)
    if column.kind == "text":
        return _texts(values)
    return pd.array(values, dtype=DTYPES[column.kind])


def _texts(values: Sequence[str | None]) -> Any:  # noqa: ANN401
    """Make what pandas makes of text, three times as fast: it need not look at it."""
    import pandas as pd  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    try:
        made = pa.array(values, type=pa.large_string())
    except UnicodeEncodeError:
        # Half a surrogate pair, from text that was not UTF-8.
        made = pa.array([v and encodable(v) for v in values], type=pa.large_string())
    kind: Any = pd.api.types.pandas_dtype(DTYPES["text"])
    return kind.__from_arrow__(made)


def _flags(values: bytes) -> Any:  # noqa: ANN401
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    told = np.frombuffer(values, dtype=bool)
    return pd.arrays.BooleanArray(told, np.zeros(len(told), dtype=bool))


def table(columns: Sequence[Column[Page]]) -> str:
    """Write the columns as a Markdown table, for docs/expectations.md."""
    rows = [f"| `{c.name}` | {c.kind} | {c.says} |" for c in columns]
    return "\n".join(["| Column | Kind | What it is |", "|---|---|---|", *rows])
