"""Gives memory back to the system between pages; nothing else is done about memory.

A page is some hundred MB of small objects. The C library of most Linux systems keeps
what is freed, in each thread's own arena, and what one keeps no other can use: half of
a large run's peak was memory that nobody used.
"""

import ctypes
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
