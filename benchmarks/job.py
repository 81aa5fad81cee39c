"""The whole job: make a shop, start a platform, run it in a fresh process, tell.

The shop is `shop.py`, the platform `answering.py`, the process `worker.py`, the text
`telling.py`.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.shop import PLATFORMS, Shop, fill
from capi_jobs.airflow.local import postgres

# Half of the shop's days; the other half is read by the look-back of three days.
INTERVAL = timedelta(days=3)
# As a server of a few gigabytes is set up; the default is for one of the nineties.
MEMORY = {
    "shared_buffers": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "512MB",
    # An odd zone, so that none is relied upon.
    "timezone": "America/St_Johns",
}
TOKEN = "sandbox-benchmark"  # noqa: S105 - opens nothing but the sandbox
JOB_SECONDS_MAX = 3_600
ACCOUNTS = {"meta": "1234567890", "tiktok": "C0BENCHMARK000000001", "snapchat": "b0"}

HEAD = """\
[warehouse]
url = "{warehouse}"
[ledger]
url = "{ledger}"
[orders]
relation = "completed_orders"
[[sent_events]]
relation = "browser_events"
channel = "browser"
[gate]
ask_first_run = false
"""
PLATFORM = """\
[[sent_events]]
relation = "server_events_{name}"
channel = "server"
platform = "{name}"
[[destinations]]
name = "{name}"
platform = "{name}"
account = "{account}"
token = "env:BENCHMARK_TOKEN"
base_url = "{server}/{name}"
channels = ["web"]
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    orders: int
    missing: float
    destinations: int
    sqlite: bool
    sandbox: bool
    latency: float
    again: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """One job: what it took, what was owed, what the platform counted."""

    wanted: Wanted
    figures: Mapping[str, Any]
    owed: Mapping[str, int]
    counted: Mapping[str, Mapping[str, int]]
    second: Mapping[str, Any] | None


def measure(wanted: Wanted) -> Measured:
    """Make everything, run the job, take everything away."""
    with (
        tempfile.TemporaryDirectory(prefix="capi-jobs-bench-") as folder,
        databases(wanted, Path(folder)) as (warehouse, ledger),
    ):
        now = datetime.now(UTC)
        owed = fill(warehouse, Shop(wanted.orders, wanted.missing, now))
        settle_in(warehouse)
        with server(wanted) as url:
            file = Path(folder) / "capi_jobs.toml"
            file.write_text(config(wanted, warehouse, ledger, url), "utf-8")
            first = job(file, now)
            second = job(file, now) if wanted.again else None
            came = counted(url, sandbox=wanted.sandbox)
    chosen = {name: owed[name] for name in PLATFORMS[: wanted.destinations]}
    return Measured(wanted, first, chosen, came, second)


@contextmanager
def databases(wanted: Wanted, folder: Path) -> Iterator[tuple[str, str]]:
    """Start a PostgreSQL, or name two files: one for the shop, one for the ledger."""
    if wanted.sqlite:
        yield f"sqlite:///{folder}/shop.db", f"sqlite:///{folder}/ledger.db"
        return
    with postgres.server(MEMORY) as uri:
        admin = sa.create_engine(
            uri.replace("postgresql:", "postgresql+psycopg:"),
            isolation_level="AUTOCOMMIT",
        )
        with admin.connect() as connection:
            connection.execute(sa.text("CREATE DATABASE shop"))
            connection.execute(sa.text("CREATE DATABASE ledger"))
        admin.dispose()
        template = uri.replace("postgresql:", "postgresql+psycopg:")
        yield (
            template.replace("/postgres?", "/shop?"),
            template.replace("/postgres?", "/ledger?"),
        )


def settle_in(url: str) -> None:
    """Make commits of the ledger as durable as they are elsewhere."""
    if url.startswith("sqlite"):
        return
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in (
            "ALTER SYSTEM SET fsync = on",
            "ALTER SYSTEM SET full_page_writes = on",
            "SELECT pg_reload_conf()",
            "VACUUM (ANALYZE)",
            "CHECKPOINT",
        ):
            connection.execute(sa.text(statement))
    engine.dispose()


@contextmanager
def server(wanted: Wanted) -> Iterator[str]:
    """Start a platform in a process of its own."""
    if wanted.sandbox:
        serve = (
            "from capi_jobs.sandbox.server import serve, SandboxSettings;"
            "serve(SandboxSettings(), port=0, on_ready=lambda p: print(p, flush=True))"
        )
        command = [sys.executable, "-c", serve]
    else:
        command = [sys.executable, "-m", "benchmarks.answering", str(wanted.latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        try:
            port = int(process.stdout.readline()) if process.stdout else 0
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def config(wanted: Wanted, warehouse: str, ledger: str, server: str) -> str:
    """Write the configuration of so many destinations."""
    return HEAD.format(warehouse=warehouse, ledger=ledger) + "".join(
        PLATFORM.format(name=name, account=ACCOUNTS[name], server=server)
        for name in PLATFORMS[: wanted.destinations]
    )


def job(
    config: Path, now: datetime, program: str = "benchmarks.worker"
) -> dict[str, Any]:
    """Run the job in a fresh process, or another program of the same words."""
    start, end = (now - INTERVAL).isoformat(), now.isoformat()
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", program, str(config), start, end],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=JOB_SECONDS_MAX,
        env={**os.environ, "BENCHMARK_TOKEN": TOKEN},
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def counted(server: str, *, sandbox: bool) -> dict[str, dict[str, int]]:
    """Ask the platform what it counted."""
    path = "sandbox/counted?events=false" if sandbox else "counted"
    with urllib.request.urlopen(f"{server}/{path}") as answer:  # noqa: S310 - loopback
        told: dict[str, dict[str, int]] = json.load(answer)
    if not sandbox:
        return told
    return {
        name: {"counted": one["counted"], "again": one["deduplicated"]}
        for name, one in told.items()
    }
