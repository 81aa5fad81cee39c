"""Split events by a platform's limits, and a refused batch in search of its bad event.

Pure. Who sends, and what an answer means, is `delivery.py` and the platform.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar


class Sized(Protocol):
    """Anything with the bytes of one event."""

    @property
    def event(self) -> bytes:
        """The event's JSON."""


S = TypeVar("S", bound=Sized)
T = TypeVar("T")

# Between two events of a JSON array stands a comma.
_SEPARATOR_BYTES = 1


def batches(
    events: Iterable[S], *, events_max: int, bytes_max: int, overhead: int
) -> Iterator[list[S]]:
    """Fill batches in order, each within the platform's count and bytes.

    An event that is too large by itself gets a batch of its own: `fits` is asked
    before, so that such an event is held instead.
    """
    batch: list[S] = []
    # No comma stands before the first.
    size = overhead - _SEPARATOR_BYTES
    for item in events:
        grown = size + len(item.event) + _SEPARATOR_BYTES
        if batch and (len(batch) >= events_max or grown > bytes_max):
            yield batch
            batch, size = [], overhead - _SEPARATOR_BYTES
        batch.append(item)
        size += len(item.event) + _SEPARATOR_BYTES
    if batch:
        yield batch


def fits(event: bytes, *, bytes_max: int, overhead: int) -> bool:
    """Say whether a call can carry this event at all."""
    return overhead + len(event) <= bytes_max


def halves(suspects: Sequence[T]) -> tuple[list[T], list[T]]:
    """Split suspects in a probe, to be sent, and the rest, to be judged by it."""
    middle = (len(suspects) + 1) // 2
    return list(suspects[:middle]), list(suspects[middle:])
