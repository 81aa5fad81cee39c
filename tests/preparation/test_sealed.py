"""What is sealed comes back as it was, to this process alone, or not at all."""

import os
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_jobs.preparation.sealed import Place, SealedFile

ROOM = 1_000_000
SECRET = b"external_id 4711, 203.0.113.9"


def put(file: SealedFile, content: bytes) -> Place:
    place = file.put(content)
    assert place is not None
    return place


def on_disk(file: SealedFile) -> bytes:
    assert file._file is not None
    descriptor = file._file.fileno()
    return os.pread(descriptor, ROOM, 0)


@given(st.lists(st.binary(max_size=200), max_size=8), st.randoms())
def test_what_is_put_in_comes_back_in_any_order(
    contents: list[bytes], chance: random.Random
) -> None:
    with SealedFile(ROOM) as file:
        places = [(put(file, content), content) for content in contents]
        chance.shuffle(places)

        for place, content in places:
            assert file.get(place) == content


def test_the_disk_has_nothing_that_can_be_read() -> None:
    with SealedFile(ROOM) as file:
        put(file, SECRET)
        put(file, SECRET)

        first, second = on_disk(file)[:45], on_disk(file)[45:]

    assert SECRET not in first + second
    assert len(first) == len(second)
    assert first != second, "alike contents look alike"


def test_no_folder_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with SealedFile(ROOM) as file:
        put(file, SECRET)

        assert list(tmp_path.iterdir()) == []
        assert os.fstat(file._file.fileno()).st_nlink == 0  # type: ignore[union-attr]


def test_a_small_run_makes_no_file() -> None:
    with SealedFile(ROOM) as file:
        assert file._file is None


@pytest.mark.parametrize("at", [0, 20, -1])
def test_what_was_changed_on_disk_is_not_given_back(at: int) -> None:
    with SealedFile(ROOM) as file:
        place = put(file, SECRET)
        there = bytearray(on_disk(file))
        there[at] ^= 1
        os.pwrite(file._file.fileno(), there, 0)  # type: ignore[union-attr]

        assert file.get(place) is None


def test_what_was_cut_off_is_not_given_back() -> None:
    with SealedFile(ROOM) as file:
        place = put(file, SECRET)
        os.ftruncate(file._file.fileno(), 7)  # type: ignore[union-attr]

        assert file.get(place) is None


def test_it_takes_no_more_than_it_may() -> None:
    with SealedFile(bytes_max=100) as file:
        place = put(file, b"x" * 50)

        assert file.put(b"y" * 50) is None
        assert file.get(place) == b"x" * 50


def test_it_takes_a_quarter_of_a_disk_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Joins of other destinations spill there, too."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: Free(400))
    with SealedFile(ROOM) as file:
        put(file, b"x" * 80)

        assert file.put(b"x" * 80) is None


class Free:
    """As `shutil.disk_usage` tells it."""

    def __init__(self, free: int) -> None:
        self.free = free


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk")
def test_a_full_disk_is_not_asked_again() -> None:
    with SealedFile(ROOM) as file, Path("/dev/full").open("r+b", buffering=0) as full:
        put(file, SECRET)
        os.dup2(full.fileno(), file._file.fileno())  # type: ignore[union-attr]

        assert file.put(SECRET) is None
        assert file.bytes_max == 0


def test_a_folder_that_cannot_be_written_is_no_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is not kept is prepared again."""
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    with SealedFile(ROOM) as file:
        assert file.put(SECRET) is None


def test_nothing_is_left_when_it_is_closed() -> None:
    with SealedFile(ROOM) as file:
        place = put(file, SECRET)

    assert file.get(place) is None
