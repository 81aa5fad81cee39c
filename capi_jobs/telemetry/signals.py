"""Spans and metrics through OpenTelemetry's API; nothing of it until `switch_on`.

Off, each call here is a look at one variable. Who exports them is `exporting.py`, or
the program that capi-jobs runs in. Attributes are those of `names.ATTRIBUTES` alone.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from capi_jobs.telemetry.fields import current
from capi_jobs.telemetry.names import ATTRIBUTES, METRICS

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter
    from opentelemetry.trace import Tracer

# Attributes of a span whose values are numbers: they stay what they are.
_Value = str | int | float | bool
Note = Callable[..., None]


@dataclass(slots=True)
class _Open:
    """What spans and metrics are handed to."""

    tracer: "Tracer"
    meter: "Meter"
    instruments: dict[str, Any] = field(default_factory=dict)


# One for the process: whoever runs capi-jobs decides where its signals go.
_OPEN: list[_Open] = []


def switch_on(tracer: "Tracer", meter: "Meter") -> None:
    """Hand all that follows to these."""
    _OPEN[:] = [_Open(tracer, meter)]


def switch_off() -> None:
    """Hand on nothing."""
    _OPEN.clear()


def is_on() -> bool:
    """Whether anybody listens."""
    return bool(_OPEN)


@contextmanager
def span(name: str, **fields: object) -> Iterator[Note]:
    """Open a span of `names.SPANS`; what is yielded notes further fields on it.

    An exception is named by its kind. Its text and its trace stay here: they may hold
    anybody's data.
    """
    if not _OPEN:
        yield _unnoted
        return
    from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415 - only if on

    with _OPEN[0].tracer.start_as_current_span(
        name,
        attributes=_attributes({**current(), **fields}),
        record_exception=False,
        set_status_on_exception=False,
    ) as opened:

        def note(**more: object) -> None:
            opened.set_attributes(_attributes(more))

        try:
            yield note
        except BaseException as error:
            note(error=type(error).__name__)
            opened.set_status(Status(StatusCode.ERROR))
            raise


def _unnoted(**_: object) -> None:
    """Note nothing."""


def count(name: str, amount: int, **fields: object) -> None:
    """Add to a counter of `names.METRICS`."""
    if _OPEN and amount:
        _instrument(name).add(amount, _of(name, fields))


def level(name: str, amount: int, **fields: object) -> None:
    """Set a gauge of `names.METRICS`."""
    if _OPEN:
        _instrument(name).set(amount, _of(name, fields))


def timed(name: str, seconds: float, **fields: object) -> None:
    """Put a time into a histogram of `names.METRICS`."""
    if _OPEN:
        _instrument(name).record(seconds, _of(name, fields))


def _instrument(name: str) -> Any:  # noqa: ANN401 - three kinds without a common type
    opened = _OPEN[0]
    if name not in opened.instruments:
        metric = METRICS[name]
        make = getattr(opened.meter, f"create_{metric.kind}")
        opened.instruments[name] = make(name, metric.unit, metric.says)
    return opened.instruments[name]


def _of(name: str, fields: Mapping[str, object]) -> dict[str, _Value]:
    """Keep a metric to its own few attributes: each pair of values is a series."""
    known = {**current(), **fields}
    return _attributes({k: known[k] for k in METRICS[name].attributes if k in known})


def _attributes(fields: Mapping[str, object]) -> dict[str, _Value]:
    return {
        ATTRIBUTES[name]: value if isinstance(value, bool | int | float) else str(value)
        for name, value in fields.items()
        if name in ATTRIBUTES and value is not None
    }
