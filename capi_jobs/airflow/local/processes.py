"""Commands in the background: each in a session of its own, and none left behind.

What the commands are stands in server.py and demo.py; nothing here knows Airflow.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from capi_jobs.errors import CapiJobsError

# All of Airflow leaves in 1 s but the triggerer, which takes 11; then they are killed,
# which loses nothing: the ledger is the truth.
STOP_SECONDS_MAX = 4
# How often something awaited is looked at again.
LOOK_SECONDS = 0.1
NOTE = "running.json"
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
                cwd=self.logs,  # where Python finds no module to run by mistake
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                # A Ctrl-C is ours: we say to each when to leave.
                start_new_session=True,
            )
        self._note()

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
        try:
            for process in reversed(chosen.values()):
                process.send_signal(signal.SIGTERM)
            _wait(chosen.values())
        finally:  # also when a second Ctrl-C comes
            kill_sessions(process.pid for process in chosen.values())
            for name, process in chosen.items():
                process.wait()
                del self.running[name]
            self._note()

    def _note(self) -> None:
        """Write down who runs, for the case that we are killed ourselves."""
        leaders = [process.pid for process in self.running.values()]
        noted = {"owner": _identity(os.getpid()), "leaders": [*map(_identity, leaders)]}
        (self.logs / NOTE).write_text(json.dumps(noted), encoding="utf-8")


def remove_leftovers(logs: Path) -> None:
    """Kill what a killed owner left behind; refuse where the owner is alive."""
    try:
        noted = json.loads((logs / NOTE).read_bytes())
    except (FileNotFoundError, ValueError):
        return
    pid, _ = owner = noted["owner"]
    if owner == _identity(pid):
        raise CapiJobsError(
            f"process {pid} runs an Airflow in {logs.parent}",
            do="stop it, or name another folder",
        )
    kill_sessions(pid for pid, since in noted["leaders"] if _identity(pid)[1] == since)


def _identity(pid: int) -> list[float]:
    """A process id is given again; with its start it names one process."""
    try:
        return [pid, psutil.Process(pid).create_time()]
    except psutil.NoSuchProcess:
        return [pid, 0.0]


def _wait(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    until = time.monotonic() + STOP_SECONDS_MAX
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0, until - time.monotonic()))


def kill_sessions(leaders: Iterable[int]) -> None:
    """Kill every process of these sessions: tasks have groups of their own in them."""
    for process in in_sessions(leaders):
        with suppress(psutil.NoSuchProcess):
            process.kill()


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
