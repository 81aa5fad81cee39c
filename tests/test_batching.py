from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_jobs.batching import batches, fits, halves


@dataclass(frozen=True)
class Item:
    event: bytes


ITEMS = st.lists(st.binary(min_size=1, max_size=40).map(Item), max_size=60)


def body_bytes(batch: list[Item], overhead: int) -> int:
    """What a JSON array of these events weighs, commas and all else included."""
    return overhead + len(b",".join(item.event for item in batch))


@given(
    items=ITEMS,
    events_max=st.integers(1, 12),
    room=st.integers(40, 200),
    overhead=st.integers(0, 50),
)
def test_batches_lose_nothing_keep_order_and_limits_and_are_full(
    items: list[Item], events_max: int, room: int, overhead: int
) -> None:
    bytes_max = room + overhead

    made = list(
        batches(items, events_max=events_max, bytes_max=bytes_max, overhead=overhead)
    )

    assert [item for batch in made for item in batch] == items
    assert all(1 <= len(batch) <= events_max for batch in made)
    assert all(body_bytes(batch, overhead) <= bytes_max for batch in made)
    for batch, following in pairwise(made):
        one_more = [*batch, following[0]]
        too_many = len(one_more) > events_max
        assert too_many or body_bytes(one_more, overhead) > bytes_max


def test_every_batch_is_filled_to_the_last_byte() -> None:
    items = [Item(b"x" * 20)] * 6

    made = list(batches(items, events_max=9, bytes_max=51, overhead=10))

    assert [len(batch) for batch in made] == [2, 2, 2]


def test_an_event_too_large_for_any_call_stands_alone_and_does_not_fit() -> None:
    small, large = Item(b"x"), Item(b"x" * 100)
    mixed = [large, small, large, small]

    made = list(batches(mixed, events_max=9, bytes_max=50, overhead=10))

    assert made == [[large], [small], [large], [small]]
    assert not fits(large.event, bytes_max=50, overhead=10)


@pytest.mark.parametrize(("size", "expected"), [(40, True), (41, False)])
def test_an_event_fits_when_the_whole_body_does(size: int, expected: bool) -> None:
    assert fits(b"x" * size, bytes_max=50, overhead=10) is expected


def test_batches_are_made_as_they_are_asked_for() -> None:
    """A page of any length costs the memory of one batch."""
    read: list[int] = []

    def endless() -> object:
        while True:
            read.append(1)
            yield Item(b"x")

    next(batches(endless(), events_max=3, bytes_max=99, overhead=0))  # type: ignore[arg-type]

    assert len(read) == 4


@given(st.lists(st.integers(), max_size=50))
def test_halves_are_the_whole_and_the_first_is_never_the_smaller(
    suspects: list[int],
) -> None:
    probe, rest = halves(suspects)

    assert probe + rest == suspects
    assert len(probe) - len(rest) in {0, 1}


@given(bad=st.integers(0, 999))
def test_one_bad_event_of_a_thousand_is_alone_after_ten_halvings(bad: int) -> None:
    suspects, probes = list(range(1_000)), 0
    while len(suspects) > 1:
        probe, rest = halves(suspects)
        suspects = probe if bad in probe else rest
        probes += 1

    assert suspects == [bad]
    assert probes <= 10
