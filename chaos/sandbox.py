"""The sandbox of one lane: a process of its own, which counts and goes wrong by script.

All that is asked of it is over HTTP; what its doors mean is in docs/sandbox.md.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

# A busy machine; the answer itself takes milliseconds.
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Its doors."""

    url: str
    client: httpx.Client

    def begin(self) -> None:
        """Forget everything."""
        self._ask("DELETE", "/sandbox")

    def script(self, rules: Sequence[dict[str, object]]) -> None:
        """Let it go wrong."""
        self._ask("POST", "/sandbox/faults", json=list(rules))

    def mend(self) -> list[dict[str, Any]]:
        """Let it go wrong no more; its rules, with how often each struck."""
        rules: list[dict[str, Any]] = self._ask("GET", "/sandbox/faults").json()
        self._ask("DELETE", "/sandbox/faults")
        return rules

    def shift(self, seconds: float) -> None:
        """Let its clock run so far from the machine's."""
        self._ask("POST", "/sandbox/clock", json={"shift_seconds": seconds})

    def received(self) -> int:
        """Say how many events came in."""
        told = self._ask("GET", "/sandbox/counted", params={"events": "false"}).json()
        return sum(one["received"] for one in told.values())

    def counted(self, platform: str) -> list[dict[str, Any]]:
        """Return every event with how often it was counted."""
        told = self._ask("GET", "/sandbox/counted", params={"platform": platform})
        events: list[dict[str, Any]] = told.json()[platform]["events"]
        return events

    def _ask(self, method: str, door: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        answer = self.client.request(method, f"{self.url}{door}", **more)
        return answer.raise_for_status()


@contextmanager
def running() -> Iterator[Sandbox]:
    """Start one on a free port; end it."""
    words = [sys.executable, "-m", "capi_jobs", "sandbox", "--port", "0"]
    with subprocess.Popen(  # noqa: S603 - our own words
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            url = process.stdout.readline().strip() if process.stdout else ""
            with httpx.Client(timeout=PATIENCE_SECONDS) as client:
                yield Sandbox(url, client)
        finally:
            process.kill()
