"""`verify`: what platforms say they received, beside what was delivered."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from capi_jobs.cli import options, screen
from capi_jobs.cli.door import books, chosen_of, clock_of, entered, interval_of, loaded

if TYPE_CHECKING:
    from capi_jobs.jobs.verified import Verification, Verified

Interval = Annotated[
    str | None,
    typer.Option(
        "--interval",
        "-i",
        envvar="CAPI_JOBS_INTERVAL",
        help="When events were sent, or happened: as `run` takes it; else the last"
        " days, by [verify] lookback.",
        show_default=False,
    ),
]
# A bar of a terminal: five percent a cell, and what lacks is seen.
_CELLS = 20
_COLOURS = {"arrived": "green", "short": "red", "too_early": "blue"}
# Two days of hours; what is short is always shown.
_ROWS_MAX = 48


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(verify)


def verify(
    interval: Interval = None,
    destination: options.Destinations = None,
    kept: Annotated[
        bool,
        typer.Option(
            "--kept",
            envvar="CAPI_JOBS_KEPT",
            help="Ask nobody: show what was said before; the last month, unless"
            " --interval says otherwise.",
        ),
    ] = False,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Ask each platform what it received and how it matched. Exit 3: events lack."""
    from capi_jobs.cli import kept as memory  # noqa: PLC0415
    from capi_jobs.jobs import verifying  # noqa: PLC0415

    with screen.told_plainly():
        settings, clock = loaded(config), clock_of(None)
        chosen = chosen_of(settings, destination)
        span = interval_of(interval, settings, clock) if interval else None
        if kept:
            names = [one.name for one in chosen]
            with books(settings, to_look=True) as ledger:
                memory.show(ledger, names, span, clock.now(), as_json=as_json)
            return
        with entered(settings, clock) as house, screen.Bars() as bars:
            found = verifying.verify(
                house, span or verifying.recent(house), chosen, watcher=bars
            )
    if as_json:
        screen.answer(found.as_json())
    else:
        _show(found)
    if found.failed:
        raise typer.Exit(screen.FAILED)
    if found.needs_person:
        raise typer.Exit(screen.PERSON_NEEDED)


def _show(found: "Verified") -> None:
    screen.table(
        f"arrival  {found.interval.start:%Y-%m-%d %H:%M} →"
        f" {found.interval.end:%Y-%m-%d %H:%M} UTC",
        ("destination", "delivered", "due by now", "they say", "verdict", "why"),
        [_cells(one) for one in found.destinations],
    )
    for one in found.destinations:
        screen.out.print()
        _show_rows(one)
        _show_quality(one)
        if one.stopped:
            screen.out.print(f"[red]✗[/] {escape(str(one.stopped))}")
        elif one.alarm:
            screen.out.print(
                f"[red]✗[/] {escape(one.name)}: {escape(one.says)}; see"
                " docs/arrival.md for what to do"
            )


def _cells(one: "Verification") -> tuple[object, ...]:
    judged = one.judged
    counts = (judged.delivered, judged.due, judged.theirs) if judged else (None,) * 3
    return (one.name, *counts, one.says, one.why)


def _show_rows(one: "Verification") -> None:
    """Draw hour by hour how much of what is due arrived."""
    rows = [row for row in one.judged.rows if row.delivered] if one.judged else []
    shown = [row for row in rows if row.short] or rows[-_ROWS_MAX:]
    if not shown:
        return
    screen.out.print(f"[bold]{escape(one.name)}[/]")
    for row in shown[:_ROWS_MAX]:
        share = min(1.0, row.heard / row.due) if row.due else 0.0
        full = int(share * _CELLS)
        colour = _COLOURS.get(row.verdict, "yellow")
        bar = f"[{colour}]{'█' * full}[/][dim]{'░' * (_CELLS - full)}[/]"
        told = f"{share:7.2%}" if row.due else "      –"
        name = escape(screen.shown(row.event_name or "all"))
        screen.out.print(
            f"  {row.start:%Y-%m-%d %H:%M} {bar} {told}  {row.heard:,} of"
            f" {row.due:,} {name}" + (f"  [dim]{escape(row.why)}[/]" if row.why else "")
        )
    if len(shown) < len(rows):
        screen.out.print(f"  [dim]{len(rows) - len(shown):,} more: --json has all[/]")


def _show_quality(one: "Verification") -> None:
    if one.quality:
        screen.table(
            f"{one.name}: match quality",
            ("event", "figure", "ours", "theirs"),
            list(_quality_rows(one)),
        )
    elif one.quality_untold and not one.stopped:
        why = escape(one.quality_untold.why)
        screen.out.print(f"[dim]{escape(one.name)}: match quality: {why}[/]")


def _quality_rows(one: "Verification") -> Iterator[tuple[object, ...]]:
    for each in one.quality:
        ours = None if each.ours is None else f"{each.ours:f}"
        yield (each.event_name, each.metric, ours, f"{each.theirs:f}")
