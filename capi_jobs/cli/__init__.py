"""Arguments in, answers out: `capi-jobs`. What is done stands in `jobs/`.

Each command imports what it needs when it runs, so that help is quick.
"""

from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from capi_jobs import __version__
from capi_jobs.cli import (
    audits,
    ledger,
    people,
    quarantine,
    reports,
    reupload,
    runs,
    setup,
    ui,
    validations,
    verify,
)
from capi_jobs.cli.screen import USAGE, complain_as_json, log_to_stderr

HELP = """Find the completed orders that ad platforms never saw, and upload each once.

Exit codes: 0 done, 1 failed, 2 usage, 3 done but a person is needed.
"""


class Commands(TyperGroup):
    """All commands; where the log is JSON, a mistake in typing them is a line, too."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - Typer's
        """Run the command that was typed."""
        try:
            return super().invoke(ctx)
        except typer.TyperException as fault:
            told = getattr(fault, "format_message", str)()
            # Without one it is the help, for who typed nothing.
            if ctx.params["log_format"] != "json" or not told:
                raise
            complain_as_json(told)
            raise typer.Exit(USAGE) from None


app = typer.Typer(
    name="capi-jobs",
    cls=Commands,
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode="rich",
    # A traceback with local variables would show personal data and secrets.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:  # Typer's callback
    if value:
        typer.echo(f"capi-jobs {__version__}")
        raise typer.Exit


@app.callback()
def main(
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            envvar="CAPI_JOBS_VERBOSE",
            help="Log all there is, to stderr: --log-level debug.",
        ),
    ] = False,
    log_format: Annotated[
        Literal["text", "json"],
        typer.Option(
            "--log-format",
            envvar="CAPI_JOBS_LOG_FORMAT",
            help="json: one object a line on stderr, from level info on.",
        ),
    ] = "text",
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"] | None,
        typer.Option(
            "--log-level",
            envvar="CAPI_JOBS_LOG_LEVEL",
            help="Log from this level on; else warning, with json info.",
            show_default=False,
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_version,
            is_eager=True,
            help="Print the version.",
            # CAPI_JOBS_VERSION is what image builds call something else.
            envvar="CAPI_JOBS_SHOW_VERSION",
        ),
    ] = False,
) -> None:
    """Set up the log for every command."""
    del version
    usual = "info" if log_format == "json" else "warning"
    log_to_stderr(log_format, "debug" if verbose else log_level or usual)


setup.add_to(app)
runs.add_to(app)
people.add_to(app)
reupload.add_to(app)
reports.add_to(app)
validations.add_to(app)
verify.add_to(app)
audits.add_to(app)
ui.add_to(app)
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(ledger.app, name="ledger")
