"""One command of capi-jobs: a process, on a clock and a disk that chaos has in hand.

It is forked from one that has imported what takes seconds to import, so that an hour
holds hundreds of runs; else it is `python -m capi_jobs WORDS…`. Its time of day is as
far off as a file says at that moment, and no file may grow beyond a limit. Seconds that
only grow are the machine's own.
"""

import os
import resource
import runpy
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from capi_jobs.jobs.clock import SystemClock

_FORKING = get_context("forkserver")
_FORKING.set_forkserver_preload(["great_expectations", "capi_jobs.jobs.running"])


@dataclass(frozen=True, slots=True)
class Command:
    """What is typed, and what it finds: its clock, its disk, where its words go."""

    words: Sequence[str]
    clock: Path
    out: Path
    err: Path
    file_bytes: int = 0

    def start(self) -> ForkServerProcess:
        """Type it."""
        process = _FORKING.Process(target=_be, args=(self,))
        process.start()
        return process


def _be(command: Command) -> None:
    """Bend the world of this process, then be the command."""
    for file, number in ((command.out, 1), (command.err, 2)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    if command.file_bytes:
        # Python ignores SIGXFSZ, so that a write fails as on a full disk.
        limit = command.file_bytes
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    # A kill -9 leaves what was spilled; it goes with the life's folder.
    tempfile.tempdir = str(command.clock.parent)
    _bend(command.clock)
    sys.argv = ["capi-jobs", *command.words]
    runpy.run_module("capi_jobs", run_name="__main__")


def _bend(file: Path) -> None:
    true = SystemClock.now

    def now(self: SystemClock) -> datetime:
        return true(self) + timedelta(seconds=float(file.read_text(encoding="utf-8")))

    SystemClock.now = now  # type: ignore[method-assign]
