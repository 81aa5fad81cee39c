"""`approve` and `hold`: a data owner answers the gate."""

from typing import Annotated

import typer

from capi_jobs.cli import options, screen
from capi_jobs.cli.door import clock_of, entered, loaded, who
from capi_jobs.cli.runs import show_run

Run = Annotated[str, typer.Argument(help="Its id, the beginning of it, or latest.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(approve)
    app.command()(hold)


def approve(
    run: Run,
    because: options.Because,
    destination: options.Destination = None,
    actor: options.Actor = None,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Approve what a run found and deliver it, up to what was shown."""
    from capi_jobs.jobs import running  # noqa: PLC0415

    with screen.told_plainly():
        settings, clock = loaded(config), clock_of(None)
        with entered(settings, clock) as house, screen.Bars() as bars:
            report = running.approve(
                house,
                run,
                destination=destination,
                because=because,
                actor=who(actor),
                watcher=bars,
            )
    show_run(report, as_json=as_json)


def hold(
    run: Run,
    because: options.Because,
    destination: options.Destination = None,
    actor: options.Actor = None,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Turn down what a run found: nothing of it is sent."""
    from capi_jobs.jobs import running  # noqa: PLC0415

    with screen.told_plainly():
        settings, clock = loaded(config), clock_of(None)
        with entered(settings, clock) as house:
            report = running.hold(
                house, run, destination=destination, because=because, actor=who(actor)
            )
    if as_json:
        screen.answer(report.as_json())
    else:
        names = ", ".join(report.held)
        screen.out.print(f"run {report.run_id}: nothing is sent for {names}")
