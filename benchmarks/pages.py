"""What each page takes, however much the ledger holds.

    python -m benchmarks pages [entries] [--sqlite] [--write]

The application is asked in this process, so that the network is left out; everything
else is as `capi-jobs ui` does it. The trace looks its order up in a small warehouse.
"""

import argparse
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from starlette.testclient import TestClient

from benchmarks import telling
from benchmarks.job import MEMORY
from benchmarks.ledger_lots import DESTINATIONS, NOW, run_id
from benchmarks.ledger_rows import fill, fill_counts, gather_statistics
from capi_jobs.airflow.local import postgres
from capi_jobs.jobs.clock import ClockAsOf
from capi_jobs.ledger import Ledger
from capi_jobs.web.office import Office
from capi_jobs.web.page import API
from capi_jobs.web.standalone import TokenGuard, standalone

TRIES = 15
ORDER = f"DE-{10**8 + 12_345}"
COLUMNS = "order_id completed_at value currency status email"


@dataclass(frozen=True, slots=True)
class Took:
    """How long one address took."""

    path: str
    milliseconds: list[float]
    kilobytes: float


def addresses() -> list[str]:
    """Every page, with something in it; and the twins of the heaviest."""
    night, meta = run_id(1), DESTINATIONS[0]
    pages = [
        "/",
        "/runs",
        f"/runs/{night}",
        "/validation",
        f"/validation/{night}/{meta}",
        "/quarantine",
        f"/quarantine?destination={meta}&rule=email_invalid",
        f"/trace?order={ORDER}&books=true",
        f"/trace?order={ORDER}",
        "/findings",
        "/quality",
        "/arrival",
        "/report",
    ]
    return [*pages, f"{API}/overview", f"{API}/quarantine"]


@contextmanager
def filled(entries: int, *, sqlite: bool) -> Iterator[Path]:
    """Make a folder with a configuration whose ledger holds so many entries."""
    with TemporaryDirectory(prefix="capi-jobs-bench-") as name:
        folder = Path(name)
        if sqlite:
            yield _prepared(folder, f"sqlite:///{folder}/ledger.db", entries)
            return
        with postgres.server(MEMORY) as url:
            yield _prepared(folder, url, entries)


def _prepared(folder: Path, ledger: str, entries: int) -> Path:
    began = perf_counter()
    with Ledger.open(ledger) as opened:
        fill(opened, entries)
        fill_counts(opened)
        gather_statistics(opened)
    print(f"filled in {perf_counter() - began:.0f} s", file=sys.stderr)
    with closing(sqlite3.connect(folder / "shop.db")) as shop, shop:
        shop.execute(f"CREATE TABLE orders ({COLUMNS.replace(' ', ', ')})")
        row = (ORDER, f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "19.90", "EUR", "completed", "")
        shop.execute("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)", row)
    config = folder / "capi_jobs.toml"
    config.write_text(
        f'warehouse = "sqlite:///{folder}/shop.db"\nledger = "{ledger}"\n'
        '[orders]\nrelation = "orders"\n'
        + "".join(
            f'[[destinations]]\nname = "{name}"\nplatform = "{name}"\n'
            f'account = "1234567890"\ntoken = "env:NONE"\n'
            for name in DESTINATIONS
        ),
        encoding="utf-8",
    )
    return config


def asked(config: Path, tries: int = TRIES) -> Iterator[Took]:
    """Ask for each page so many times, after once to warm up."""
    guard = TokenGuard("bench", "of the benchmark")
    app = standalone(Office(config=config, clock=ClockAsOf(NOW)), guard)
    told = {"authorization": f"Bearer {guard.token}"}
    with TestClient(app, base_url="http://127.0.0.1", headers=told) as client:
        for path in addresses():
            size = len(_got(client, path))
            times = [_timed(client, path) for _ in range(tries)]
            yield Took(path, times, size / 1_000)


def _got(client: TestClient, path: str) -> bytes:
    answer = client.get(path)
    if answer.status_code != 200:  # noqa: PLR2004 - OK
        raise SystemExit(f"{path}: {answer.status_code} {answer.text[:500]}")
    return answer.content


def _timed(client: TestClient, path: str) -> float:
    began = perf_counter()
    _got(client, path)
    return (perf_counter() - began) * 1_000


def told(entries: int, took: list[Took], *, sqlite: bool) -> str:
    """Write a table."""
    lines = [
        (
            f"{entries:,} entries on {'SQLite' if sqlite else 'PostgreSQL'}, each page"
            f" {TRIES} times. Load of the machine afterwards: {os.getloadavg()[0]:.1f}."
        ),
        "",
        "| page | median ms | slowest ms | KB |",
        "|---|--:|--:|--:|",
    ]
    lines += [
        f"| `{one.path}` | {median(one.milliseconds):.0f} |"
        f" {max(one.milliseconds):.0f} | {one.kilobytes:.0f} |"
        for one in took
    ]
    return "\n".join(lines)


def main() -> None:
    """Fill, ask, tell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks pages")
    parser.add_argument("entries", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--sqlite", action="store_true")
    parser.add_argument("--write", action="store_true", help="also into docs/pages.md")
    chosen = parser.parse_args()
    with filled(chosen.entries, sqlite=chosen.sqlite) as config:
        took = list(asked(config))
    text = told(chosen.entries, took, sqlite=chosen.sqlite)
    print(text)
    if chosen.write:
        switch = " --sqlite" if chosen.sqlite else ""
        what = "sqlite" if chosen.sqlite else "postgresql"
        marks = (f"<!-- pages {what}: begin -->", f"<!-- pages {what}: end -->")
        command = f"python -m benchmarks pages {chosen.entries}{switch}"
        telling.write(text, command, marks, telling.PAGE.with_name("pages.md"))


if __name__ == "__main__":
    main()
