"""What is kept comes back as it was: all of it, in order, or not at all."""

import os
import random
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from capi_jobs.model import Conversion, Entry, OwedAs, Prepared
from capi_jobs.preparation.kept import (
    KEPT_BYTES_MAX,
    KEPT_FOR,
    PART_ROWS,
    KeptPages,
    keeping,
    written,
)
from capi_jobs.preparation.sealed import SealedFile

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROOM = 1_000_000
# What no encoding can write is refused before (`orders/scalars.py`).
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TIMES = st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
MONEY = st.decimals(0, 10**15, places=9) | st.decimals(0, 99, places=2)


@st.composite
def prepared(draw: st.DrawFn) -> Prepared:
    """Draw what delivery is handed."""
    entry = Entry(
        destination="meta-web",
        event_name=draw(TEXT),
        event_id=draw(TEXT),
        order_id=draw(TEXT),
        event_time=draw(TIMES),
        day=draw(st.dates()),
        value=draw(MONEY),
        currency=draw(TEXT),
        owed_as=draw(st.sampled_from(OwedAs)),
    )
    made = conversion_of(entry, source=draw(TEXT))
    until = draw(st.none() | TIMES)
    event = draw(st.binary(max_size=50))
    return Prepared(entry=entry, conversion=made, event=event, send_until=until)


def conversion_of(entry: Entry, source: str = "website") -> Conversion:
    return Conversion(
        destination=entry.destination,
        order_id=entry.order_id,
        event_id=entry.event_id,
        event_name=entry.event_name,
        event_time=entry.event_time,
        value=entry.value,
        currency=entry.currency,
        source=source,
        match_keys={},
    )


def some(count: int, event: bytes = b"{}") -> list[Prepared]:
    """Make so many, told apart by their order."""
    entries = [
        Entry(
            destination="meta-web",
            event_name="Purchase",
            event_id=f"e-{n}",
            order_id=f"o-{n}",
            event_time=NOW,
            day=NOW.date(),
            value=Decimal("19.90"),
            currency="EUR",
        )
        for n in range(count)
    ]
    return [
        Prepared(entry=one, conversion=conversion_of(one), event=event)
        for one in entries
    ]


def pages() -> KeptPages:
    return KeptPages("meta-web", ROOM, SealedFile(0))


@given(st.lists(prepared(), max_size=5))
def test_what_is_kept_comes_back_as_it_was(ready: list[Prepared]) -> None:
    kept = pages()
    kept.add(len(ready), ready, 0)

    taken = kept.take(0)

    assert taken is not None
    found = [one for part in taken for one in part]
    assert ready == found
    digits = [str(one.entry.value) for one in ready]
    assert digits == [str(one.entry.value) for one in found]


def test_a_page_comes_back_in_parts_and_in_its_order() -> None:
    ready = some(PART_ROWS + 1)
    kept = pages()
    kept.add(len(ready) + 3, ready, 0)

    parts = list(kept.take(0) or ())

    assert [len(part) for part in parts] == [PART_ROWS, 1]
    assert ready == [one for part in parts for one in part]
    assert kept.take(0) is None


def test_it_says_how_many_keys_were_handed_out() -> None:
    """Delivery goes on behind them, those that were held among them."""
    kept = pages()
    kept.add(7, some(5), 0)
    kept.add(4, some(1), 0)

    kept.take(0)

    assert kept.taken == 7


def test_what_follows_a_page_without_room_is_not_kept_either() -> None:
    """Else delivery would leave out the page between."""
    noise = random.Random(1).randbytes(4_000)
    kept = KeptPages("meta-web", 3_000, SealedFile(0))
    kept.add(1, some(1), 0)
    kept.add(1, some(1, event=noise), 0)
    kept.add(1, some(1), 0)

    assert kept.take(0) is not None
    assert kept.take(0) is None


@given(st.lists(prepared(), max_size=5), st.lists(prepared(), max_size=5))
def test_what_memory_has_no_room_for_is_sealed(
    first: list[Prepared], second: list[Prepared]
) -> None:
    with SealedFile(ROOM) as sealed:
        kept = KeptPages("meta-web", 0, sealed)
        kept.add(3, first, 0)
        kept.add(4, second, 0)

        assert [one for part in kept.take(0) or () for one in part] == first
        assert [one for part in kept.take(0) or () for one in part] == second
        assert kept.taken == 7


def test_a_smaller_page_behind_a_sealed_one_keeps_its_turn() -> None:
    noise = random.Random(1).randbytes(4_000)
    pages = [some(1), some(1, event=noise), some(2)]
    with SealedFile(ROOM) as sealed:
        kept = KeptPages("meta-web", 6_000, sealed)
        for page in pages:
            kept.add(1, page, 0)

        found = [[one for part in kept.take(0) or () for one in part] for _ in pages]

    assert found == pages


def test_what_the_disk_lost_is_prepared_again_and_all_behind_it() -> None:
    with SealedFile(ROOM) as sealed:
        kept = KeptPages("meta-web", 0, sealed)
        kept.add(3, some(1), 0)
        kept.add(4, some(1), 0)
        assert kept.take(0) is not None
        os.ftruncate(sealed._file.fileno(), 0)  # type: ignore[union-attr]

        assert kept.take(0) is None
        assert kept.taken == 3


def test_lanes_share_the_room() -> None:
    with keeping("meta-web", 1) as alone, keeping("meta-web", 3) as one_of_three:
        assert alone.bytes_max == KEPT_BYTES_MAX
        assert one_of_three.bytes_max == KEPT_BYTES_MAX // 3
        assert one_of_three.sealed.bytes_max == alone.sealed.bytes_max // 3


def test_what_is_too_old_is_prepared_again_and_all_behind_it() -> None:
    kept = pages()
    kept.add(1, some(1), 0)
    kept.add(1, some(1), KEPT_FOR.total_seconds())

    assert kept.take(KEPT_FOR.total_seconds() + 1) is None
    assert kept.take(0) is None
    assert kept.taken == 0


def test_a_page_of_which_nothing_can_be_sent_is_handed_out_empty() -> None:
    kept = pages()
    kept.add(3, [], 0)

    taken = kept.take(0)

    assert taken is not None
    assert list(taken) == []
    assert kept.taken == 3


def test_what_waits_for_its_call_has_its_match_keys_in_its_bytes_alone() -> None:
    [one] = some(1)
    made = replace(one.conversion, match_keys={"em": "0" * 64})

    assert one == written(replace(one, conversion=made))
