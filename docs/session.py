"""Rewrite the session in README.md: `python docs/session.py [--check]`.

The commands are run for real, on a shop of one day and against the sandbox. Run ids
and dates are those of the day; whether the page is stale is asked without them.
"""
# ruff: noqa: INP001 - a program, not a package

import os
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

README = Path(__file__).parents[1] / "README.md"
COLUMNS = 100
MARK = "session"
# Starting Great Expectations takes seconds where bytecode must still be compiled.
_SECONDS_MAX = 120

CONFIG = """\
[warehouse]
url = "sqlite:///shop.db"

[orders]
relation = "completed_orders"

[[sent_events]]
relation = "pixel_events"
channel = "browser"

[[sent_events]]
relation = "server_events"
channel = "server"

[[destinations]]
name = "meta-web"
platform = "meta"
account = "1234567890"
token = "env:META_TOKEN"
base_url = "{sandbox}"
default_country = "DE"
"""

# ── the shop ────────────────────────────────────────────────────────────────────

ORDERS = 200
# Which orders of the day are special, by number; the pixel saw all of the others.
LOST = frozenset(range(0, ORDERS, 8))
SERVER_SAW = frozenset({8, 80, 160})
NO_CONSENT = frozenset({3, 16, 55, 121, 190})


def make_shop(file: Path, day: date) -> None:
    """Write one day of a shop, and the logs of what was sent already."""
    with closing(sqlite3.connect(file)) as db, db:
        db.execute(
            "CREATE TABLE completed_orders (order_id, completed_at, value, currency,"
            " email, phone, country, user_agent, page_url, consent)"
        )
        for log in ("pixel_events", "server_events"):
            db.execute(f"CREATE TABLE {log} (event_id, order_id, event_time)")
        for number in range(ORDERS):
            _put_order(db, number, day)


def _put_order(db: sqlite3.Connection, number: int, day: date) -> None:
    order_id = f"S-{1000 + number}"
    at = datetime(day.year, day.month, day.day, 7, tzinfo=UTC)
    at += timedelta(minutes=4 * number)
    value = Decimal(1990 + number * 35) / 100
    row = (
        *(order_id, at.isoformat(), str(value)),
        *("EUR", f"customer{number}@example.com", f"0151 23456{number:03}", "DE"),
        *("Mozilla/5.0", "https://shop.example/thanks"),
        number not in NO_CONSENT,
    )
    db.execute("INSERT INTO completed_orders VALUES (?,?,?,?,?,?,?,?,?,?)", row)
    event = (order_id, order_id, at.isoformat())
    if number not in LOST:
        db.execute("INSERT INTO pixel_events VALUES (?, ?, ?)", event)
    elif number in SERVER_SAW:
        db.execute("INSERT INTO server_events VALUES (?, ?, ?)", event)


# ── the session ─────────────────────────────────────────────────────────────────


def commands(day: date) -> tuple[str, ...]:
    """Return what is typed."""
    return (
        f"capi-jobs plan --interval {day}",
        f"capi-jobs run --interval {day}",
        "capi-jobs approve latest --because 'first run; the logs hold the whole day'",
        f"capi-jobs run --interval {day}",
        f"capi-jobs report --interval {day}",
    )


def played(folder: Path, day: date) -> str:
    """Type the commands in a folder and return what stands on the terminal then."""
    return typed_in(folder, day, commands(day))


def typed_in(
    folder: Path, day: date, shown: Sequence[str], *, before: Sequence[str] = ()
) -> str:
    """Type commands in a shop of its own; what is typed `before` is not shown."""
    make_shop(folder / "shop.db", day)
    with _sandbox(folder) as url:
        (folder / "capi_jobs.toml").write_text(CONFIG.format(sandbox=url), "utf-8")
        for command in before:
            _typed(command, folder)
        return "\n\n".join(_typed(command, folder) for command in shown)


def _typed(command: str, folder: Path) -> str:
    done = subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, "-m", *_module(command)],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=_SECONDS_MAX,
        check=False,
    )
    if done.returncode not in {0, 3}:
        raise RuntimeError(f"{command}: exit {done.returncode}\n{done.stderr}")
    lines = [line.rstrip() for line in done.stdout.strip().splitlines()]
    return "\n".join([f"$ {command}", *(line for line in lines if line)])


def _module(command: str) -> list[str]:
    return ["capi_jobs", *shlex.split(command)[1:]]


def _environment() -> dict[str, str]:
    """Leave nothing of this machine in what is shown."""
    here = os.environ  # noqa: TID251 - a program
    kept = {k: v for k, v in here.items() if not k.startswith("CAPI_JOBS_")}
    wanted = {"COLUMNS": str(COLUMNS), "NO_COLOR": "1", "META_TOKEN": "sandbox-readme"}
    return kept | wanted


@contextmanager
def _sandbox(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "capi_jobs", "sandbox", "--port", "0"]
    with (
        (folder / "sandbox.log").open("w") as log,
        subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.terminate()


# ── the page ────────────────────────────────────────────────────────────────────

# The day, the look-back's first day, times, and run ids with their random end.
_VOLATILE = re.compile(r"\d{8}-\d{6}-\w{4}|\d{4}-\d\d-\d\d|\d\d:\d\d")


def steady(text: str) -> str:
    """Return a session without what differs from one day to the next."""
    return _VOLATILE.sub("…", text)


def shown_in(page: str, mark: str = MARK) -> str:
    """Return the session of a page."""
    found = _part(mark).search(page)
    return (
        found[0].removeprefix("```console\n").removesuffix("\n```\n") if found else ""
    )


def rewritten(page: str, session: str, mark: str = MARK) -> str:
    """Return the page with another session."""
    return _part(mark).sub(lambda _: f"```console\n{session}\n```\n", page)


def _part(mark: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=<!-- {mark} -->\n).*?(?=<!-- /{mark} -->)", re.DOTALL)


def main(arguments: Sequence[str], page: Path = README) -> int:
    """Rewrite the session where it is stale; with --check only say so."""
    day = datetime.now(UTC).date() - timedelta(days=1)  # noqa: TID251 - a program
    with TemporaryDirectory() as folder:
        session = played(Path(folder), day)
    text = page.read_text("utf-8")
    if steady(shown_in(text)) == steady(session):
        return 0
    if "--check" not in arguments:
        page.write_text(rewritten(text, session), "utf-8")
    sys.stdout.write(f"{page.name}\n")
    return int("--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
