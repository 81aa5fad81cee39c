"""One shop in a world of its own: folder, database, sandbox, and the time of day.

The world's time runs ahead of the machine's as a life goes on; the sandbox keeps it
exactly, each run with an error of its own. What goes wrong is in troubles.py.
"""

import itertools
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from chaos.command import Command
from chaos.database import Database
from chaos.sandbox import Sandbox

ROOT = Path(__file__).parent.parent
ACCOUNTS = {"meta": "1234567890", "tiktok": "C0CHAOSPIXEL", "snapchat": "5e7d-pixel"}
LEASE, CALL = timedelta(seconds=4), timedelta(seconds=1)
# What all three platforms are said to remember.
WINDOW = timedelta(hours=48)
RULE = "value_negative"
TOKEN = "sandbox-chaos"
# No gate, small calls, several at once: much happens in a short run.
CONFIG = """\
warehouse = "{warehouse}"
ledger = "{ledger}"
[orders]
relation = "orders"
[gate]
ask_first_run = false
ask_without_sent_events = false
missing_floor = 9999
bad_rows_floor = 9999
[validation]
expectations = "expectations"
[delivery]
lease = "{lease}s"
call_deadline = "{call}s"
in_flight_max = 3
attempts_max = 3
in_doubt_attempts_max = 100
run_deadline = "60s"
"""
DESTINATION = """\
[[destinations]]
name = "{platform}-web"
platform = "{platform}"
account = "{account}"
token = "file:token"
base_url = "{url}"
channels = ["web"]
events_per_batch_max = {events}
dedup_window = "{window}s"
"""
EVENTS_PER_CALL = 5


@dataclass
class Worker:
    """One run: a process, and its clock's error."""

    command: Command
    process: ForkServerProcess
    error: float
    killed: bool = False

    @property
    def alive(self) -> bool:
        """Whether it is still there."""
        return self.process.is_alive()

    @property
    def code(self) -> int | None:
        """How it ended; below 0: by which signal."""
        return self.process.exitcode

    @property
    def said(self) -> tuple[str, str]:
        """What went to stdout and to stderr."""
        out, err = (
            file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
            for file in (self.command.out, self.command.err)
        )
        return out, err

    def signal(self, number: int) -> None:
        """Send it a signal, unless it has just ended."""
        if self.alive and self.process.pid:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, number)

    def ended(self, seconds: float) -> bool:
        """Wait until it ended by itself, or kill it; say which."""
        self.process.join(seconds)
        if alone := not self.alive:
            return alone
        self.process.kill()
        self.process.join()
        return False


@dataclass
class World:
    """Everything around the runs of one life."""

    folder: Path
    database: Database
    sandbox: Sandbox
    platforms: tuple[str, ...]
    # By how much a clock may be off, and so by how much less a window is trusted.
    error_max: timedelta
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    ahead: timedelta = timedelta(0)
    owed: dict[str, str] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        """Write the configuration."""
        text = CONFIG.format(
            warehouse=self.database.warehouse,
            ledger=self.database.ledger,
            lease=int(LEASE.total_seconds()),
            call=int(CALL.total_seconds()),
        )
        for platform in self.platforms:
            text += DESTINATION.format(
                platform=platform,
                account=ACCOUNTS[platform],
                url=self.sandbox.url,
                events=EVENTS_PER_CALL,
                window=int(self.window.total_seconds()),
            )
        (self.folder / "capi_jobs.toml").write_text(text, encoding="utf-8")
        self._write_suites()
        self.renew_token()

    def _write_suites(self) -> None:
        """Judge by one rule: all of them take a second, and are not in question."""
        folder = self.folder / "expectations"
        folder.mkdir()
        for suite in (ROOT / "expectations").glob("*.json"):
            told = json.loads(suite.read_bytes())
            told["expectations"] = [
                one for one in told["expectations"] if one["meta"]["rule"] == RULE
            ]
            (folder / suite.name).write_text(json.dumps(told))

    @property
    def window(self) -> timedelta:
        """How long a platform is trusted, by clocks that may be off."""
        # An error of seconds is covered by the lease, as docs/effectively-once.md says.
        small = self.error_max < LEASE
        return WINDOW if small else WINDOW - 2 * self.error_max

    @property
    def now(self) -> datetime:
        """The world's time."""
        return datetime.now(UTC) + self.ahead

    def pass_by(self, span: timedelta) -> None:
        """Let time pass for everybody."""
        self.ahead += span
        self.sandbox.shift(self.ahead.total_seconds())

    def renew_token(self) -> None:
        """Put a fresh token where the configuration points."""
        (self.folder / "token").write_text(f"{TOKEN}-{next(self._numbers)}")

    def sell(self, count: int) -> None:
        """Let so many more orders be completed, some hours ago."""
        first = len(self.owed) + 1
        names = [f"o-{n}" for n in range(first, first + count)]
        self.database.add([self._order(name, n) for n, name in enumerate(names)])

    def _order(self, name: str, number: int) -> dict[str, str]:
        self.owed[name] = value = (
            f"{10 + len(self.owed) % 90}.{len(self.owed) % 100:02}"
        )
        # Over the days before the life began, however long it lasts: old enough for a
        # clock that is hours slow, young enough for every platform.
        age = timedelta(hours=6 + number * 7 % 36)
        return {
            "order_id": name,
            "completed_at": (self.began - age).isoformat(),
            "status": "completed",
            "value": value,
            "currency": "EUR",
            "email": f"{name}@shop.example",
            "country": "DE",
            "channel": "web",
            "page_url": "https://shop.example/thanks",
            "user_agent": "Mozilla/5.0",
            "ip": "93.184.216.34",
        }

    @property
    def days(self) -> str:
        """An interval that holds every order."""
        return f"{self.began - timedelta(days=3):%Y-%m-%d}..{self.began:%Y-%m-%d}"

    def start(
        self, *words: str, error: timedelta = timedelta(0), file_bytes: int = 0
    ) -> Worker:
        """Start a command."""
        number = next(self._numbers)
        config = ["--config", str(self.folder / "capi_jobs.toml")]
        command = Command(
            words=[*words, *config],
            clock=self.folder / f"{number}.clock",
            out=self.folder / f"{number}.out",
            err=self.folder / f"{number}.err",
            file_bytes=file_bytes,
        )
        command.clock.write_text(str((self.ahead + error).total_seconds()))
        return Worker(command, command.start(), error.total_seconds())

    def set_clock(self, worker: Worker, error: timedelta) -> None:
        """Set one run's clock while it runs."""
        clock = worker.command.clock
        new = clock.with_suffix(".new")
        new.write_text(str((self.ahead + error).total_seconds()))
        # Whole or not at all, for the run reads it at any moment.
        new.replace(clock)
