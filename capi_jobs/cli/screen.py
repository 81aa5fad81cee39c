"""What commands share: answers on stdout, log and progress on stderr, exit codes.

Nothing here knows a room of the house: commands hand in what is to be shown.
"""

import json
import logging
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal, Self, TextIO

from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from typer import Exit

from capi_jobs.errors import CapiJobsError

DONE, FAILED, USAGE, PERSON_NEEDED = 0, 1, 2, 3

log = logging.getLogger(__name__)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


_STOPPED = "stopped: the ledger is true; run again to go on"


@contextmanager
def told_plainly() -> Iterator[None]:
    """Show what the house says no to as three parts, without a traceback."""
    try:
        yield
    except CapiJobsError as fault:
        _complain(str(fault))
        raise Exit(FAILED) from None
    except BrokenPipeError:
        raise  # whoever reads has seen enough: Typer ends quietly
    except OSError as fault:
        where = f"{fault.filename}: " if fault.filename else ""
        _complain(f"{where}{fault.strerror or fault}")
        raise Exit(FAILED) from None
    except KeyboardInterrupt:
        if err.quiet:
            _complain(_STOPPED)
        err.print(f"[yellow]{_STOPPED}[/]")
        raise Exit(FAILED) from None


def answer(value: object) -> None:
    """Print one JSON document on stdout."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=_plain)
    sys.stdout.write("\n")


def answer_lines(values: Iterable[object]) -> None:
    """Print one JSON object a line on stdout, as they come."""
    for value in values:
        json.dump(value, sys.stdout, ensure_ascii=False, default=_plain)
        sys.stdout.write("\n")


@contextmanager
def private_file(path: Path) -> Iterator[TextIO]:
    """Write a file that names orders: for its owner, until shared on purpose."""
    with told_plainly():
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(made, "w", encoding="utf-8", newline="") as file:
            if path.is_file():  # it may be a pipe or /dev/stdout
                os.fchmod(made, 0o600)
            yield file


@contextmanager
def private_files() -> Iterator[None]:
    """Let a library write files that name orders, each for its owner alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _plain(value: object) -> str:
    """Money stays exact and times keep their zone: both go out as text."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    isoformat = getattr(value, "isoformat", None)
    return isoformat() if isoformat else str(value)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; numbers stand right, text of others cannot style the terminal."""
    made = Table(box=None)
    filled = [[_cell(cell) for cell in row] for row in rows]
    for i, column in enumerate(columns):
        numeric = bool(filled) and all(_is_number(row[i]) for row in filled)
        made.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in filled:
        made.add_row(*row)
    if title:  # not the table's own, which would be folded at the table's width
        out.print(f"[bold]{escape(shown(title))}[/]")
    if out.is_terminal:
        out.print(made)
    else:  # a pipe has no edge to fold at: there, a row is a line
        wide = out.options.update(width=_WIDEST)
        width = Measurement.get(out, wide, made).maximum
        Console(file=out.file, highlight=False, width=width).print(made)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, Mapping):
        return ", ".join(f"{_cell(k)}: {_cell(v)}" for k, v in value.items()) or "–"
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value)) or "–"
    return escape(shown(str(value)))


def shown(text: str) -> str:
    """Spell out what would move a terminal's cursor or break a line."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


# Wider than any row of ours.
_WIDEST = 10_000


def _is_number(cell: str) -> bool:
    return cell == "–" or cell.replace(",", "").replace(".", "").isdigit()


def several(count: int, one: str, more: str = "") -> str:
    """Write a count with its noun: 1 order, 2 orders."""
    return f"{count:,} {one if count == 1 else more or f'{one}s'}"


def log_to_stderr(form: Literal["text", "json"], level: str) -> None:
    """Send the log to stderr, beside the answer."""
    # Not above: each command's help would wait for it.
    from capi_jobs.telemetry.logs import write_to  # noqa: PLC0415

    write_to(_Stderr(), form, logging.getLevelNamesMapping()[level.upper()])
    # What is said to people would stand between the lines.
    err.quiet = form == "json"


class _Stderr:
    """Standard error as it is just now: bars put lines above themselves there."""

    def write(self, text: str) -> None:
        """Write a line."""
        sys.stderr.write(text)

    def flush(self) -> None:
        """Let it be seen."""
        sys.stderr.flush()


def complain_as_json(fault: str) -> None:
    """Say what was typed wrongly, even before the log was set up."""
    log_to_stderr("json", "info")
    _complain(fault)


def _complain(fault: str) -> None:
    """Say what went wrong: to people in colour, to programs as a line of the log."""
    from capi_jobs.telemetry import tell  # noqa: PLC0415 - as above

    if err.quiet:
        tell(log.error, "failed", reason=fault)
    else:
        err.print(f"[red]✗[/] {escape(fault)}")


class Bars:
    """Progress bars on a terminal, nothing elsewhere; one bar per destination."""

    def __init__(self) -> None:
        """Draw on stderr, and only where somebody can see it."""
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=err,
            transient=True,
            disable=not err.is_terminal or err.quiet,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bars away: what counts is printed after them."""
        self._progress.stop()

    def stage(self, destination: str, stage: str, total: int | None) -> None:
        """Begin a stage of one destination."""
        text = f"{escape(destination)} [dim]{escape(stage)}[/]"
        if destination not in self._tasks:
            self._tasks[destination] = self._progress.add_task(text, total=total)
        self._progress.reset(
            self._tasks[destination], description=text, total=total, completed=0
        )

    def reached(self, destination: str, done: int) -> None:
        """Say how far the stage has come."""
        self._progress.update(self._tasks[destination], completed=done)
