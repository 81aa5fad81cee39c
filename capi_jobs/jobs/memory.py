"""Memory between pages goes back to the system, and a page is not searched for garbage.

A page is some hundred MB of small objects. The C library of most Linux systems keeps
what is freed, in each thread's own arena, and what one keeps no other can use: half of
a large run's peak was memory that nobody used.
"""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


def give_back() -> None:
    """Return what is free; takes milliseconds, and does nothing on other systems."""
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:  # noqa: ANN401 - a C function
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the garbage collector rest while a page is there, and collect behind it.

    It goes when nobody needs it, without the collector, which would look at each text
    of each order again and again: an eighth of the work on a page. Of lanes abreast,
    the first that ends wakes it up for all.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
