"""How Great Expectations is imported: quietly, and without what no rule here needs.

What it is asked once it is there lives in `engine.py` and `metrics.py`.
"""

import gc
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

# Statistics and charts, for rules about whole tables: half of the import's time, and
# 75 MB. Only Great Expectations asks for them; the first use of one loads it.
LATER = frozenset({"scipy.stats", "altair"})


def quiet() -> None:
    """Before its import: it writes 216 lines of INFO into any log that listens."""
    logging.getLogger("great_expectations").setLevel(logging.WARNING)


@contextmanager
def sparing() -> Iterator[None]:
    """Import in here what need not be imported twice as slowly."""
    if "great_expectations" in sys.modules:
        yield
        return
    with _later(), _uncollected():
        yield


@contextmanager
def _later() -> Iterator[None]:
    finder = _Later()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Later(MetaPathFinder):
    """Finds modules as ever, but lets some wait until something of them is used."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        found = (
            PathFinder.find_spec(fullname, path, target) if fullname in LATER else None
        )
        if found is not None and found.loader is not None:
            found.loader = LazyLoader(found.loader)
        return found


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from the million objects of the first import.

    They are no garbage until the process ends, and to look at them again and again
    takes a fifth of the import, and as much once more while pages are judged.
    """
    awake = gc.isenabled()  # not while a page is there
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if awake:
            gc.enable()
