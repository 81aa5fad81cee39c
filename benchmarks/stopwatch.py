"""Wall and CPU per stage, taken at the seams: methods are wrapped while a job runs.

A stage's time is its own, without the stages inside it. The house knows nothing of it.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from time import perf_counter, process_time, thread_time
from typing import Any

Rows = Callable[[tuple[Any, ...], Any], int]


@dataclass(slots=True)
class Figures:
    """What one stage took, over all lanes."""

    calls: int = 0
    rows: int = 0
    wall: float = 0.0
    cpu: float = 0.0


class _Frame:
    __slots__ = ("cpu", "wall")

    def __init__(self) -> None:
        self.cpu = self.wall = 0.0


class Stopwatch:
    """Keeps figures by phase and stage."""

    def __init__(self) -> None:
        self.figures: dict[tuple[str, str], Figures] = defaultdict(Figures)
        self.phase = "start"
        # Pages and lanes have threads of their own; while keys are joined, one thread
        # works, and those of DuckDB and Arrow work for it.
        self.abreast = False
        self._mine, self._lock = threading.local(), threading.Lock()

    @contextmanager
    def stage(self, name: str, weight: int = 1) -> Iterator[Figures]:
        """Time a block; what it says in `rows` is added."""
        stack: list[_Frame] = self._mine.__dict__.setdefault("stack", [])
        clock = thread_time if self.abreast else process_time
        frame, told, phase = _Frame(), Figures(), self.phase
        stack.append(frame)
        wall, cpu = perf_counter(), clock()
        try:
            yield told
        finally:
            wall, cpu = perf_counter() - wall, clock() - cpu
            stack.pop()
            if stack:
                stack[-1].wall += wall * weight
                stack[-1].cpu += cpu * weight
            with self._lock:
                kept = self.figures[phase, name]
                kept.calls += weight
                kept.rows += told.rows * weight
                kept.wall += (wall - frame.wall) * weight
                kept.cpu += (cpu - frame.cpu) * weight

    def wrap(self, owner: object, method: str, name: str, rows: Rows) -> None:
        """Time every call of a method, or of a module's function."""
        inner = getattr(owner, method)

        @wraps(inner)
        def timed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever it is
            with self.stage(name) as told:
                found = inner(*args, **kwargs)
                told.rows = rows(args, found)
            return found

        setattr(owner, method, timed)

    def wrap_pages(self, owner: object, method: str, name: str) -> None:
        """Time a generator of pages, each while it is asked for."""
        inner = getattr(owner, method)

        @wraps(inner)
        def timed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever it is
            found = inner(*args, **kwargs)
            while True:
                with self.stage(name) as told:
                    page = next(found, None)
                    told.rows = len(page) if page is not None else 0
                if page is None:
                    return
                yield page
                del page  # before the next one: two would be held at once

        setattr(owner, method, timed)

    def wrap_often(self, owner: object, method: str, name: str, every: int) -> None:
        """Time one call in so many, for methods that are called once a row."""
        inner, count = getattr(owner, method), 0

        @wraps(inner)
        def timed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever it is
            nonlocal count
            count += 1
            if count % every:
                return inner(*args, **kwargs)
            with self.stage(name, every) as told:
                told.rows = 1
                return inner(*args, **kwargs)

        setattr(owner, method, timed)

    def wrap_waiting(self, owner: type, method: str, name: str) -> None:
        """Time how long a coroutine takes; its CPU is the event loop's."""
        inner = getattr(owner, method)

        @wraps(inner)
        async def timed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever it is
            began = perf_counter()
            try:
                return await inner(*args, **kwargs)
            finally:
                kept = self.figures[self.phase, name]
                kept.calls += 1
                kept.wall += perf_counter() - began

        setattr(owner, method, timed)
