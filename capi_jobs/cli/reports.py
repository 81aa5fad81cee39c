"""`report`: the balance and what needs a person, in the terminal, as HTML and JSON."""

from pathlib import Path
from typing import Annotated

import typer

from capi_jobs.cli import options, screen
from capi_jobs.cli.door import books, chosen_of, clock_of, loaded


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(report)


def report(
    interval: options.Interval = None,
    destination: options.Destinations = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", envvar="CAPI_JOBS_HTML", help="Write one HTML file, no network."
        ),
    ] = None,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Say of every order where it stands; the last weeks unless told otherwise."""
    from capi_jobs.jobs.reporting import gathered  # noqa: PLC0415
    from capi_jobs.report import page, print_report, report_json  # noqa: PLC0415

    with screen.told_plainly():
        settings, clock = loaded(config), clock_of(None)
        chosen = chosen_of(settings, destination)
        with books(settings, to_look=True) as ledger:
            made = gathered(settings, ledger, chosen, interval, clock.now())
    if html is not None:
        with screen.private_file(html) as file:
            file.write(page(made))
        screen.err.print(f"report written to {html}", markup=False)
    if as_json:
        screen.answer(report_json(made))
    else:
        print_report(screen.out, made)
