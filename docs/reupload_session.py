"""Rewrite the session in docs/reupload.md: `python docs/reupload_session.py [--check]`.

It is played in the shop of README's session, after its first run.
"""
# ruff: noqa: INP001 - a program, not a package

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from docs import session

# With a dash: `generate.py` takes what has none for a part of its own.
MARK = "night-session"
PAGE = Path(__file__).with_name("reupload.md")


def before(day: date) -> tuple[str, ...]:
    """Return what was typed the days before."""
    return (
        f"capi-jobs run --interval {day}",
        "capi-jobs approve latest --because 'first run; the logs hold the whole day'",
    )


def commands() -> tuple[str, ...]:
    """Return what is typed at night."""
    why = "--because 'ticket 4711: they lost a morning'"
    return (
        f"capi-jobs reupload S-1000 S-1001 S-1016 S-9999 {why}",
        f"capi-jobs reupload S-1000 --delivered again --may-count-twice {why} --send",
    )


def played(folder: Path, day: date) -> str:
    """Return what stands on the terminal then."""
    return session.typed_in(folder, day, commands(), before=before(day))


def main(
    arguments: Sequence[str],
    page: Path = PAGE,
    play: Callable[[Path, date], str] = played,
) -> int:
    """Rewrite the session where it is stale; with --check only say so."""
    day = datetime.now(UTC).date() - timedelta(days=1)  # noqa: TID251 - a program
    with TemporaryDirectory() as folder:
        fresh = play(Path(folder), day)
    text = page.read_text("utf-8")
    if session.steady(session.shown_in(text, MARK)) == session.steady(fresh):
        return 0
    if "--check" not in arguments:
        page.write_text(session.rewritten(text, fresh, MARK), "utf-8")
    sys.stdout.write(f"{page.name}\n")
    return int("--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
