"""`plan`, `run`, `preview`: look, do, and look at single orders."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from capi_jobs.cli import options, screen
from capi_jobs.cli.door import chosen_of, clock_of, entered, interval_of, loaded, who

if TYPE_CHECKING:
    from capi_jobs.jobs.outcome import Ran, RunReport
    from capi_jobs.jobs.planning import Planned


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(plan)
    app.command()(run)
    app.command()(preview)


def plan(
    interval: options.Interval = None,
    destination: options.Destinations = None,
    as_of: options.AsOf = None,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Show what a run would send, hold, exclude and call expired. Writes nothing."""
    from capi_jobs.jobs import planning  # noqa: PLC0415

    with screen.told_plainly():
        settings, clock = loaded(config), clock_of(as_of)
        chosen = chosen_of(settings, destination)
        span = interval_of(interval, settings, clock)
        with entered(settings, clock, to_look=True) as house, screen.Bars() as bars:
            planned = planning.plan(house, span, chosen, watcher=bars)
    _show_plan(planned, clock.now().isoformat(), as_json=as_json)


def run(
    interval: options.Interval = None,
    destination: options.Destinations = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", envvar="CAPI_JOBS_DRY_RUN", help="As `plan`: send nothing."
        ),
    ] = False,
    as_json: options.Json = False,
    actor: options.Actor = None,
    config: options.Config = None,
) -> None:
    """Send what is missing, each order once. Exit 3: a person must `approve`."""
    from capi_jobs.jobs import planning, running  # noqa: PLC0415

    with screen.told_plainly():
        settings, clock = loaded(config), clock_of(None)
        chosen = chosen_of(settings, destination)
        span = interval_of(interval, settings, clock)
        with entered(settings, clock, to_look=dry_run) as house, screen.Bars() as bars:
            if dry_run:
                planned = planning.plan(house, span, chosen, watcher=bars)
            else:
                report = running.run(
                    house, span, chosen, actor=who(actor), watcher=bars
                )
    if dry_run:
        _show_plan(planned, clock.now().isoformat(), as_json=as_json)
    else:
        show_run(report, as_json=as_json)


def preview(
    orders: Annotated[
        Path,
        typer.Option(
            "--orders",
            envvar="CAPI_JOBS_ORDERS",
            help="JSON array or NDJSON of orders.",
        ),
    ],
    destination: options.Destination = None,
    as_of: options.AsOf = None,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Print the exact requests of a file of orders, and what would be held and why."""
    from capi_jobs.jobs.previewing import preview as previewed  # noqa: PLC0415

    with screen.told_plainly():
        settings = loaded(config)
        now = clock_of(as_of).now()
        chosen = chosen_of(settings, [destination] if destination else None)
        shown = [previewed(settings, one, orders, as_of=now) for one in chosen]
    from capi_jobs.cli.previews import show  # noqa: PLC0415

    show(shown, as_json=as_json)


def show_run(report: "RunReport", *, as_json: bool) -> None:
    """Print what a run did, and leave with its exit code."""
    if as_json:
        screen.answer(report.as_json())
    else:
        print_run(report)
    if report.failed:
        raise typer.Exit(screen.FAILED)
    if report.needs_person:
        raise typer.Exit(screen.PERSON_NEEDED)


def print_run(report: "RunReport") -> None:
    """Print what a run did, for people."""
    screen.table(
        f"run {report.run_id}",
        (
            "destination",
            "delivered",
            "rejected",
            "in doubt",
            "put off",
            "held",
            "calls",
            "",
        ),
        [_cells(ran) for ran in report.destinations],
    )
    for ran in report.destinations:
        if ran.tally and ran.tally.stopped:
            screen.out.print(f"[red]✗[/] {escape(str(ran.tally.stopped))}")
        for reason in ran.gate.reasons:
            screen.out.print(f"[yellow]?[/] {ran.destination}: {escape(reason.says)}")
    if any(ran.tally is None for ran in report.destinations):
        screen.out.print(
            f"\nNothing was sent where the gate asks. Look at `capi-jobs report`, then"
            f"\n  capi-jobs approve {report.run_id} --because '…'"
            f"\n  capi-jobs hold {report.run_id} --because '…'"
        )
    if any(ran.held for ran in report.destinations):
        screen.out.print("Held by a rule: see `capi-jobs quarantine list`.")
    if any(ran.tally and ran.tally.rejected for ran in report.destinations):
        screen.out.print("Rejected: see `capi-jobs ledger list --status rejected`.")
    if any(ran.tally and ran.tally.in_doubt for ran in report.destinations):
        screen.out.print("In doubt: see `capi-jobs ledger list --status in_doubt`.")


def _cells(ran: "Ran") -> tuple[object, ...]:
    held = sum(ran.held.values())
    if ran.tally is None:
        return (ran.destination, 0, 0, 0, 0, held, 0, "waits for approval")
    t = ran.tally
    stopped = "stopped" if t.stopped else "interrupted" if t.interrupted else "done"
    counts = (t.delivered, t.rejected, t.in_doubt, t.released, held, t.requests)
    return (ran.destination, *counts, stopped)


def _show_plan(planned: "list[Planned]", as_of: str, *, as_json: bool) -> None:
    from capi_jobs.cli.plans import as_document, draw  # noqa: PLC0415

    if as_json:
        screen.answer(as_document(planned, as_of))
    else:
        draw(planned)
