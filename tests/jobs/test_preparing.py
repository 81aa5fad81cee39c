"""What is asked for is read one ahead, in order, and an error waits for its turn."""

from collections.abc import Iterator
from threading import Event

import pytest

from capi_jobs.jobs.preparing import read_ahead

SECONDS_MAX = 30


def test_what_was_read_comes_with_what_was_asked_in_order() -> None:
    assert list(read_ahead(lambda n: n * n, range(5))) == [
        (0, 0),
        (1, 1),
        (2, 4),
        (3, 9),
        (4, 16),
    ]
    assert list(read_ahead(lambda n: n, [])) == []


def test_the_next_is_read_while_the_present_one_is_at_work() -> None:
    following = Event()

    def read(number: int) -> int:
        if number == 1:
            following.set()
        return number

    reading = read_ahead(read, range(2))
    next(reading)

    assert following.wait(SECONDS_MAX)


def test_no_more_than_one_is_asked_ahead() -> None:
    """Each is a page: a third would be in memory for nothing."""
    asked: list[int] = []

    def asking() -> Iterator[int]:
        for number in range(5):
            asked.append(number)
            yield number

    reading = read_ahead(lambda n: n, asking())
    next(reading)

    assert asked == [0, 1]


def test_an_error_comes_at_its_turn() -> None:
    """What was read before it is delivered: only the rest waits for the next run."""

    def read(number: int) -> int:
        return 6 // (2 - number)

    reading = read_ahead(read, range(5))

    assert [next(reading), next(reading)] == [(0, 3), (1, 6)]
    with pytest.raises(ZeroDivisionError):
        next(reading)
