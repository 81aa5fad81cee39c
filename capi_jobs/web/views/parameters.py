"""What addresses of pages may hold: all of it bounded, and a filter may be empty."""

from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import AfterValidator

# Run ids, names of destinations and intervals are far shorter.
TEXT_MAX = 200
# A mark of a page: an order id of 512 bytes and a few columns more, in base64.
_MARK_MAX = 4_096
# What a person scrolls through at once, and what a program may ask for.
ROWS, ROWS_MAX = 30, 200


def _kept(text: str) -> str:
    """Refuse what PostgreSQL keeps in no text, before it is asked."""
    if "\x00" in text:
        raise ValueError("a NUL is no text")
    return text


Kept = AfterValidator(_kept)
RunId = Annotated[str, Path(max_length=TEXT_MAX, description="Id of a run."), Kept]
OneDestination = Annotated[
    str, Path(max_length=TEXT_MAX, description="Name of a destination."), Kept
]
Named = Annotated[str, Query(max_length=TEXT_MAX), Kept]
# A form sends what nobody chose as nothing.
Any_ = Literal[""]
After = Annotated[
    str,
    Query(max_length=_MARK_MAX, description="`after` of the page before; empty: first"),
]
Rows = Annotated[int, Query(ge=1, le=ROWS_MAX, description="Rows of the page.")]
