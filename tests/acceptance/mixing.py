"""A month of breaks that is worked again and again, by processes that may die.

The shop, the ledger and the sandbox are real, the clock is ours. A process dies at a
commit or around a call, in this very process: nothing of it works from then on. What
must hold afterwards stands in test_any_mix.py.
"""

import contextlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from capi_jobs.audit import Audit
from capi_jobs.config import load
from capi_jobs.demo.breaks import BREAKS
from capi_jobs.demo.config import LEDGER_FILE, SHOP_FILE, demo_config
from capi_jobs.demo.month import Month, make_month
from capi_jobs.jobs import work
from capi_jobs.jobs.auditing import audit
from capi_jobs.jobs.house import House, Unwatched, opened
from capi_jobs.jobs.running import hold, run
from capi_jobs.ledger.values import RunDestination
from capi_jobs.lifecycle import Status
from capi_jobs.model import DataInterval
from capi_jobs.report.audits import AuditReport, audit_report
from capi_jobs.sandbox import SandboxSettings
from capi_jobs.validation.suites import shipped
from tests.acceptance.dying import CrashError, Process
from tests.shop import client
from tests.simulator import FakeClock

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
# Most breaks lie on orders of the web: four of five.
ORDERS = 400
# One rule is quick to judge; some rows a call, so that a run has several.
SETTINGS = """
[gate]
ask_first_run = {asks}
ask_without_sent_events = false
missing_floor = 9999
[validation]
expectations = "expectations"
[audit]
systematic_orders = 4
[delivery]
attempts_max = 2
[[sent_events]]
relation = "plugin_events"
channel = "server"
"""
PER_DESTINATION = 'events_per_batch_max = 4\non_browser_seen = "{seen}"\n'
# No platform takes older orders; the logs may tell of one a day before.
YOUNG = timedelta(days=9)
LOGS = ("browser_events", "server_events", "plugin_events")

Found = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Step:
    """What is tried, and what befalls it."""

    dies_at: int | None
    fates: Sequence[str]
    gate: str  # "pass"; "hold" and "wait" where a first run asks
    later: timedelta  # until the next


@dataclass(frozen=True)
class Known:
    """What is known of a destination without any audit."""

    statuses: Mapping[str, Status]  # of orders that the ledger knows
    counted: Mapping[str, int]  # by the platform, from whomever
    latest: RunDestination


@dataclass(frozen=True)
class Audited:
    """What an audit says of a destination, and what is known to be true."""

    name: str
    report: AuditReport
    found: Found
    known: Known


@dataclass
class Mix:
    """A month with these breaks, and all that befalls its runs."""

    folder: Path
    url: str
    clock: FakeClock
    month: Month = field(init=False)
    truth: Found = field(init=False)
    seen: str = "skip"

    def make(self, each: Mapping[str, int], seed: int, seen: str) -> None:
        """Write shop and ledger; let the platforms count what the logs tell."""
        client().delete(f"{self.url}/sandbox").raise_for_status()
        self.seen = seen
        self.month = make_month(
            self.folder / SHOP_FILE,
            f"sqlite:///{self.folder}/{LEDGER_FILE}",
            now=NOW,
            orders=ORDERS,
            each=each,
            seed=seed,
        )
        none = dict.fromkeys((one.kind for one in BREAKS), frozenset[str]())
        self.truth = none | dict(self.month.truth)
        _one_rule(self.folder / "expectations")
        self._tell_logs()

    def take(self, step: Step) -> None:
        """Run over the whole month; a process that dies leaves what it did."""
        process = Process(step.dies_at, step.fates)
        asks = step.gate != "pass"
        with pytest.MonkeyPatch.context() as patch, self.house(asks=asks) as house:
            patch.setattr(work, "Transport", process.transport)
            event.listen(house.ledger.engine, "commit", process.on_commit)
            with contextlib.suppress(CrashError, BaseExceptionGroup):
                ran = run(
                    house,
                    DataInterval(*self.month.interval),
                    house.settings.destinations,
                    actor="test",
                    watcher=Unwatched(),
                )
                for one in ran.destinations:
                    if step.gate == "hold" and one.gate.verdict == "ask":
                        hold(
                            house,
                            ran.run_id,
                            destination=one.destination,
                            because="a sale is on",
                            actor="dora",
                        )
        self.clock.pass_by(step.later)

    def house(
        self, *, asks: bool = False, to_look: bool = False
    ) -> contextlib.AbstractContextManager[House]:
        port = int(self.url.rsplit(":", 1)[1])
        own = 'channels = ["web"]\n'
        text = demo_config(self.folder, port)
        text = text.replace(own, own + PER_DESTINATION.format(seen=self.seen))
        settings = SETTINGS.format(asks=str(asks).lower())
        config = self.folder / "capi_jobs.toml"
        config.write_text(
            text.replace("[[destinations]]", f"{settings}[[destinations]]", 1)
        )
        return opened(load(config), self.clock, to_look=to_look)

    def audited(self, *names: str) -> Iterator[Audited]:
        """Audit these destinations, or every one."""
        known = self.known()
        with self.house(to_look=True) as house:
            interval = DataInterval(*self.month.interval)
            for one in house.settings.chosen(names):
                with audit(house, one, interval, Unwatched()) as made:
                    report = audit_report(
                        made,
                        destination=one.name,
                        platform=one.platform,
                        interval=interval,
                    )
                    yield Audited(one.name, report, _found(made), known[one.name])

    def known(self) -> dict[str, Known]:
        """Ask ledger and platforms."""
        books = client().get(f"{self.url}/sandbox/counted").json()
        with self.house(to_look=True) as house:
            return {
                one.name: Known(
                    {
                        str(row["order_id"]): row["status"]
                        for row in house.ledger.entries(one.name)
                    },
                    _counted(books[one.platform]["events"]),
                    house.ledger.recent_assessments(one.name, 1)[0],
                )
                for one in house.settings.destinations
            }

    def _tell_logs(self) -> None:
        """Let the platforms receive what the logs say that others sent.

        Of orders that may still be sent alone: nothing happens to the others.
        """
        fields = "platform, event_name, event_id, order_id, event_time AS received_at"
        young = f"event_time > '{NOW - YOUNG:%Y-%m-%d}'"
        rows = " UNION ALL ".join(
            f"SELECT {fields} FROM {log} WHERE {young}"  # noqa: S608 - names from here
            for log in LOGS
        )
        with (
            closing(sqlite3.connect(self.folder / SHOP_FILE)) as db,
            httpx.Client(base_url=self.url) as client,
        ):
            db.row_factory = sqlite3.Row
            for row in db.execute(f"{rows} ORDER BY received_at"):
                told = dict(row) | {"account": ACCOUNTS[row["platform"]]}
                client.post("/sandbox/pixel", json=told).raise_for_status()


ACCOUNTS = {
    "meta": "1234567890",
    "tiktok": "C0DEMOSHOPPIXEL00001",
    "snapchat": "5e7d0a1c-52e1-4a0e-9c59-2f6f0d3b7a11",
}


def sandbox_settings(clock: FakeClock) -> SandboxSettings:
    return SandboxSettings(machine_time=clock.now)


def _counted(events: Sequence[Mapping[str, Any]]) -> Mapping[str, int]:
    times = Counter[str]()
    for one in events:
        times[one["order_id"]] += one["counted"]
    return times


def _found(made: Audit) -> Found:
    told = dict[str, set[str]]()
    for one in made.findings():
        told.setdefault(f"{one.kind}/{one.cause}", set()).add(one.order_id)
    for wrong in made.corrections():
        told.setdefault(f"correction/{wrong.cause}", set()).add(wrong.order_id)
    return {kind: frozenset(ids) for kind, ids in told.items()}


def _one_rule(folder: Path) -> None:
    folder.mkdir()
    for name in ("orders", "conversions"):
        suite = json.loads((shipped() / f"{name}.json").read_bytes())
        suite["expectations"] = [
            one
            for one in suite["expectations"]
            if one["meta"]["rule"] == "value_negative"
        ]
        (folder / f"{name}.json").write_text(json.dumps(suite))
