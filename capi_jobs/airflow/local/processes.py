"""Commands in the background: each in a session of its own, and none left behind.

What the commands are stands in server.py and demo.py; nothing here knows Airflow.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from capi_jobs.errors import CapiJobsError

# Airflow's parts take up to 15 s to leave on a busy machine; then they are killed.
STOP_SECONDS_MAX = 15
# How often something awaited is looked at again.
LOOK_SECONDS = 0.1
TAIL_LINES = 12  # of a log, shown where its command left unasked


@dataclass(slots=True)
class Processes:
    """Commands with one environment, their logs in one folder."""

    logs: Path
    environment: Mapping[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a command that stays; its output goes to `<name>.log`."""
        with self.log(name).open("ab") as log:
            self.running[name] = subprocess.Popen(  # noqa: S603 - our own commands
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                # A Ctrl-C is ours: we say to each when to leave.
                start_new_session=True,
            )

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def finish(self, name: str, seconds_max: float) -> None:
        """Wait for a started command that ends by itself, and well."""
        code = self.running.pop(name).wait(seconds_max)
        if code:
            raise CapiJobsError(f"{name} ended with {code}", do=self._see(name))

    def check(self) -> None:
        """Raise if one of them has left."""
        for name, process in self.running.items():
            if (code := process.poll()) is not None:
                raise CapiJobsError(f"{name} ended with {code}", do=self._see(name))

    def _see(self, name: str) -> str:
        text = self.log(name).read_text(encoding="utf-8", errors="replace")
        tail = "\n".join(text.splitlines()[-TAIL_LINES:])
        return f"see {self.log(name)}, which ends:\n{tail}"

    def stop(self, *names: str) -> None:
        """Ask these to leave, or all; then kill what stayed, with its children."""
        chosen = {name: self.running[name] for name in names or tuple(self.running)}
        for process in reversed(chosen.values()):
            process.send_signal(signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS_MAX
        for process in chosen.values():
            try:
                process.wait(max(0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                continue
        kill_sessions(process.pid for process in chosen.values())
        for name, process in chosen.items():
            process.wait()
            del self.running[name]


def kill_sessions(leaders: Iterable[int]) -> None:
    """Kill every process of these sessions: tasks have groups of their own in them."""
    for process in in_sessions(leaders):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


def in_sessions(leaders: Iterable[int]) -> list[psutil.Process]:
    """Return the processes that live in these sessions, zombies left out."""
    wanted = set(leaders)
    return [
        process
        for process in psutil.process_iter(["status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE
        and _session(process.pid) in wanted
    ]


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None
