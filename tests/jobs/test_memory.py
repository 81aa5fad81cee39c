import ctypes
import gc
from pathlib import Path

import pytest

from capi_jobs.jobs import memory


def resident_mb() -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = next(one for one in status.splitlines() if one.startswith("VmRSS:"))
    return int(line.split()[1]) // 1024


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library is another"
)
def test_what_is_freed_goes_back_to_the_system() -> None:
    """Every thousandth text is kept, so that no page of memory's end is free."""
    texts = [f"{n:0600}" for n in range(200_000)]  # 130 MB, too large for Python's own
    kept = texts[::1_000]
    del texts
    before = resident_mb()

    memory.give_back()

    assert len(kept) == 200
    assert resident_mb() < before - 50


def test_another_c_library_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    memory._trim.cache_clear()

    memory.give_back()

    assert memory._trim() is None
    memory._trim.cache_clear()


def test_the_collector_rests_inside_and_wakes_up_whatever_happens() -> None:
    asleep: list[bool] = []

    def fail() -> None:
        with memory.uncollected():
            asleep.append(not gc.isenabled())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert asleep == [True]
    assert gc.isenabled()


def test_who_finds_it_at_rest_leaves_it_so() -> None:
    with memory.uncollected():
        with memory.uncollected():
            pass
        assert not gc.isenabled()
