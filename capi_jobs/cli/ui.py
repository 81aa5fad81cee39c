"""`ui`: the pages in a browser, on loopback, for those without Airflow."""

import webbrowser
from typing import Annotated

import typer

from capi_jobs.cli import options, screen
from capi_jobs.cli.door import loaded, who


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(ui)


def ui(
    port: Annotated[
        int,
        typer.Option(
            "--port",
            envvar="CAPI_JOBS_UI_PORT",
            min=0,
            max=65535,
            help="0: a free one.",
        ),
    ] = 8766,
    open_browser: Annotated[
        bool,
        typer.Option(
            "--open/--no-open", envvar="CAPI_JOBS_UI_OPEN", help="Open a browser."
        ),
    ] = False,
    actor: options.Actor = None,
    config: options.Config = None,
) -> None:
    """Serve the pages: runs, validation, quarantine, traces, findings, arrival."""
    from capi_jobs.web.office import Office  # noqa: PLC0415
    from capi_jobs.web.standalone import TokenGuard, serve, standalone  # noqa: PLC0415

    def started(port: int) -> None:
        address = f"http://127.0.0.1:{port}/?token={guard.token}"
        screen.out.print(f"The pages are at\n  {address}\nCtrl-C ends them.")
        if open_browser:
            webbrowser.open(address)

    guard = TokenGuard(who(actor))
    with screen.told_plainly():
        loaded(config)  # what is wrong with it is told here, not on a page
        serve(standalone(Office(config=config), guard), port, started)
