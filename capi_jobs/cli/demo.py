"""`demo`: the main job on a demo shop against the sandbox, as one would type it.

The shop lives in `capi_jobs/demo`, the sandbox in a process of its own; what is shown
is what the commands print.
"""

import csv
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import typer

from capi_jobs.cli import audits, people, reports, runs, screen, verify
from capi_jobs.errors import CapiJobsError

_SECONDS_MAX = 20


def play(folder: Path, orders: int, now: datetime) -> bool:
    """Play the session; say whether the sandbox counted what was owed, each once."""
    from capi_jobs.demo.config import TOKEN, TOKEN_VARIABLE, demo_config  # noqa: PLC0415
    from capi_jobs.demo.folder import fresh_folder  # noqa: PLC0415
    from capi_jobs.demo.shop import make_shop  # noqa: PLC0415

    fresh_folder(folder)
    screen.out.print(f"[bold]A shop with {orders:,} orders over ten days[/] …")
    shop = make_shop(folder / "shop.db", now=now, orders=orders)
    screen.out.print(
        f"  {shop.path}: docs/demo-shop.md says what is in it\n"
        "[bold]The sandbox plays Meta, TikTok and Snapchat[/] …"
    )
    with _sandbox(folder) as url:
        screen.out.print(f"  {url}/sandbox/counted tells what it counted\n")
        demo_config(folder, int(url.rsplit(":", 1)[1]))
        os.environ[TOKEN_VARIABLE] = TOKEN  # as a person exports it
        _session(folder, now)
        counted = _counted(url)
    return _compare(_owed(shop.path), counted, folder)


def _session(folder: Path, now: datetime) -> None:
    config = folder / "capi_jobs.toml"
    first, last = now - timedelta(days=10), now + timedelta(days=1)
    days = f"{first:%Y-%m-%d}..{last:%Y-%m-%d}"
    _typed(
        f"run --interval {days}",
        lambda: runs.run(interval=days, config=config),
    )
    _typed(
        "approve latest --because 'first run, the report looks right'",
        lambda: people.approve(
            "latest", because="first run, the report looks right", config=config
        ),
    )
    _typed(
        f"run --interval {days}   # again: nothing is sent",
        lambda: runs.run(interval=days, config=config),
    )
    _typed("verify", lambda: verify.verify(config=config))
    _typed(
        f"report --html {folder / 'report.html'}",
        lambda: reports.report(html=folder / "report.html", config=config),
    )
    _audit(folder, config, days)


def _audit(folder: Path, config: Path, days: str) -> None:
    """Say what else is counted wrongly, and follow one such order."""
    found = folder / "findings.csv"
    name = "meta-web"
    _typed(
        f"audit --interval {days} --destination {name} --export {found} --keep",
        lambda: audits.audit(
            interval=days, destination=[name], export=found, keep=True, config=config
        ),
    )
    with found.open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["cause"] != "two_ids")
    if not rows:  # a shop that small may have nothing wrong
        return
    order = rows[0]["order_id"]
    _typed(
        f"trace {order} --destination {name}",
        lambda: audits.trace(order, destination=[name], config=config),
    )


def _typed(words: str, command: Callable[[], None]) -> None:
    screen.out.print(f"[bold cyan]$ capi-jobs {words}[/]")
    try:
        command()
    except typer.Exit as left:
        if left.exit_code == screen.FAILED:
            raise
    screen.out.print()


def _compare(
    owed: Mapping[str, set[str]], counted: Mapping[str, Counter[str]], folder: Path
) -> bool:
    rows, equal = [], True
    for platform, orders in owed.items():
        seen = counted[platform]
        doubles = sum(times > 1 for times in seen.values())
        same = set(seen) == orders and not doubles
        equal = equal and same
        rows.append((platform, len(orders), len(seen), doubles, "✓" if same else "✗"))
    screen.table(
        "What was owed, and what the sandbox counted",
        ("platform", "owed orders", "counted orders", "counted twice", ""),
        rows,
    )
    screen.out.print(f"\nThe report: {(folder / 'report.html').resolve()}")
    return equal


def _owed(shop: Path) -> dict[str, set[str]]:
    """Read the truth that the shop was made with; the job itself never reads it."""
    import sqlite3  # noqa: PLC0415
    from contextlib import closing  # noqa: PLC0415

    owed: dict[str, set[str]] = {"meta": set(), "tiktok": set(), "snapchat": set()}
    with closing(sqlite3.connect(f"{shop.resolve().as_uri()}?mode=ro", uri=True)) as db:
        truth = "SELECT kind, order_id FROM demo_truth WHERE kind GLOB 'owed_*'"
        for kind, order_id in db.execute(truth):
            owed[kind.removeprefix("owed_")].add(order_id)
    return owed


def _counted(url: str) -> dict[str, Counter[str]]:
    with urlopen(f"{url}/sandbox/counted", timeout=_SECONDS_MAX) as answer:  # noqa: S310  # our own loopback
        told = json.load(answer)
    counted = {}
    for platform, one in told.items():
        orders = Counter[str]()
        for event in one["events"]:
            orders[event["order_id"]] += event["counted"]
        counted[platform] = orders
    return counted


@contextmanager
def _sandbox(folder: Path) -> Iterator[str]:
    """Run `capi-jobs sandbox` until the block ends."""
    command = [sys.executable, "-m", "capi_jobs", "sandbox", "--port", "0"]
    with (folder / "sandbox.log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603  # our own command
            command, stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        ready = process.stdout.readline() if process.stdout else ""
        found = re.search(r"http://\S+:\d+", ready)
        if not found:
            raise CapiJobsError(
                "the sandbox did not start", do=f"see {folder / 'sandbox.log'}"
            )
        yield found[0]
    finally:
        process.terminate()
        process.wait(_SECONDS_MAX)
