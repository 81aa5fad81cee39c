"""What is bound to the work at hand: run, destination, batch; lines that say so.

Bound in a context, so that each asyncio task has its own. `asyncio.to_thread` takes the
context along; for other threads there is `carried`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TypeVar

T = TypeVar("T")

_BOUND: ContextVar[Mapping[str, object]] = ContextVar("capi_jobs_fields")
_NOTHING: Mapping[str, object] = {}


def current() -> Mapping[str, object]:
    """Return what is bound here."""
    return _BOUND.get(_NOTHING)


@contextmanager
def bound(**fields: object) -> Iterator[None]:
    """Let every line within name these, too."""
    token = _BOUND.set({**current(), **fields})
    try:
        yield
    finally:
        _BOUND.reset(token)


def carried(work: Callable[[], T]) -> Callable[[], T]:
    """Take along what is bound here, and the span, to a thread of an executor."""
    return partial(copy_context().run, work)


class Said:
    """An event of the log: its text names the fields, so that any formatter shows them.

    A formatter that knows it, such as ours, keeps them apart.
    """

    __slots__ = ("fields", "what")

    def __init__(self, what: str, fields: Mapping[str, object]) -> None:
        """Say what happened, and to whom."""
        self.what, self.fields = what, fields

    def __str__(self) -> str:
        told = " ".join(f"{name}={_text(value)}" for name, value in self.fields.items())
        return f"{self.what}: {told}" if told else self.what


def tell(write: Callable[[object], None], what: str, **fields: object) -> None:
    """Write an event of `names.EVENTS`: `tell(log.info, "run began", kind="run")`."""
    given = {name: value for name, value in fields.items() if value is not None}
    # What is bound here and now: a line may be written by another thread.
    write(Said(what, {**current(), **given}))


def plain(value: object) -> object:
    """Return what JSON can say: money stays exact text, spans of time seconds."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return round(value, 3)  # milliseconds
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _text(value: object) -> str:
    simple = plain(value)
    if isinstance(simple, dict):
        return ",".join(f"{name}:{one}" for name, one in simple.items()) or "–"
    if isinstance(simple, list):
        return ",".join(map(str, simple)) or "–"
    text = str(simple)
    return repr(text) if " " in text or not text.isprintable() else text
