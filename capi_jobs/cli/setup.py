"""`demo`, `init`, `check`, `platforms`, `sandbox`: to begin, and to look around."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from capi_jobs.cli import options, screen
from capi_jobs.cli.door import clock_of, loaded
from capi_jobs.errors import CapiJobsError

if TYPE_CHECKING:
    from capi_jobs.jobs.checking import Check


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (demo, init, check, platforms, sandbox):
        app.command()(command)


def demo(
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            envvar="CAPI_JOBS_DEMO_FOLDER",
            help="Where shop, ledger and report go; else ./capi-jobs-demo.",
        ),
    ] = None,
    orders: Annotated[
        int,
        typer.Option(
            "--orders",
            envvar="CAPI_JOBS_DEMO_ORDERS",
            min=500,
            help="How many orders the shop has.",
        ),
    ] = 20_000,
) -> None:
    """Play the main job on a demo shop against the sandbox, all on this machine."""
    from capi_jobs.cli.demo import play  # noqa: PLC0415

    with screen.told_plainly():
        now = clock_of(None).now()
        balanced = play(folder or Path("capi-jobs-demo"), orders, now)
    if not balanced:
        raise typer.Exit(screen.FAILED)


def init(
    folder: Annotated[Path, typer.Argument(help="Where to put it.")] = Path(),
    force: Annotated[
        bool,
        typer.Option(
            "--force", envvar="CAPI_JOBS_FORCE", help="Replace what is there."
        ),
    ] = False,
) -> None:
    """Write a commented capi_jobs.toml to begin with."""
    from capi_jobs.config import FILE_NAME  # noqa: PLC0415
    from capi_jobs.config.template import template  # noqa: PLC0415

    path = folder / FILE_NAME
    with screen.told_plainly():
        if path.exists() and not force:
            raise CapiJobsError(f"{path} is there already", do="--force replaces it")
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(template(), "utf-8")
    screen.out.print(
        f"{path} is written. Say in it where your orders lie, then"
        "\n  capi-jobs check     names everything that is wrong, at once"
        "\n  capi-jobs plan      shows what would be sent"
    )


def check(
    probe: Annotated[
        bool,
        typer.Option(
            "--probe",
            envvar="CAPI_JOBS_PROBE",
            help="Ask platforms about token and account; nothing is counted.",
        ),
    ] = False,
    deep: Annotated[
        bool,
        typer.Option(
            "--deep",
            envvar="CAPI_JOBS_DEEP",
            help="Connect to all there is, each in bounded time; sends no event.",
        ),
    ] = False,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Name everything that is wrong before a run: views, secrets, rules, versions."""
    from capi_jobs.jobs.checking import check as checked  # noqa: PLC0415
    from capi_jobs.jobs.deep import check_deep  # noqa: PLC0415

    with screen.told_plainly():
        settings, clock = loaded(config), clock_of(None)
        if deep:
            found = check_deep(settings, clock, ask=probe)
        else:
            found = checked(settings, clock.now(), ask=probe)
    _tell(found, as_json=as_json)
    if any(one.severity == "error" for one in found):
        raise typer.Exit(screen.FAILED)


def _ids(one: "Check") -> str:
    return ", ".join(one.ids)


def _tell(found: "Sequence[Check]", *, as_json: bool) -> None:
    if as_json:
        names = ("place", "severity", "code", "message", "ids")
        screen.answer([{name: getattr(one, name) for name in names} for one in found])
        return
    marks = {"ok": "✓", "warning": "!", "error": "✗"}
    screen.table(
        "",
        ("", "where", "what", "ids"),
        [
            # A fault that lists others has lines of its own; a row has one.
            (marks[one.severity], one.place, " ".join(one.message.split()), _ids(one))
            for one in found
        ],
    )


def platforms(as_json: options.Json = False) -> None:
    """List what each platform takes: limits, windows, versions, match keys."""
    from capi_jobs.jobs.platform_facts import facts  # noqa: PLC0415

    told = facts()
    if as_json:
        screen.answer(told)
        return
    for one in told:
        name = f"{one['name']} {one['api_version']}"
        screen.table(name, ("", ""), list(one.items())[2:])


def sandbox(
    port: Annotated[
        int,
        typer.Option("--port", envvar="CAPI_JOBS_SANDBOX_PORT", help="0: a free one."),
    ] = 8765,
    host: Annotated[
        str, typer.Option("--host", envvar="CAPI_JOBS_SANDBOX_HOST", help="Loopback.")
    ] = "127.0.0.1",
    script: Annotated[
        Path | None,
        typer.Option(
            "--script",
            envvar="CAPI_JOBS_SANDBOX_SCRIPT",
            help="Faults to play, as JSON; see docs/sandbox.md.",
        ),
    ] = None,
    token: Annotated[
        list[str] | None,
        typer.Option(
            "--token",
            envvar="CAPI_JOBS_SANDBOX_TOKEN",
            help="Only these tokens are valid; else any.",
        ),
    ] = None,
    beyond_loopback: Annotated[
        bool,
        typer.Option(
            "--beyond-loopback",
            envvar="CAPI_JOBS_SANDBOX_BEYOND_LOOPBACK",
            help="Let --host be any address: whoever reaches it is trusted.",
        ),
    ] = False,
) -> None:
    """Play Meta, TikTok and Snapchat on loopback, strictly; GET /sandbox/counted."""
    from capi_jobs.sandbox import SandboxSettings, read_script, serve  # noqa: PLC0415

    with screen.told_plainly():
        try:
            faults = read_script(script) if script else ()
        except ValueError as error:
            raise CapiJobsError(
                f"{script} is no script: {error}", do="see docs/sandbox.md"
            ) from None
        settings = SandboxSettings(tokens=frozenset(token or ()), faults=faults)
        # The answer of this command is where it listens: programs read it.
        try:
            serve(
                settings,
                host,
                port,
                lambda at: print(f"http://{host}:{at}", flush=True),  # noqa: T201
                beyond_loopback=beyond_loopback,
            )
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--host") from None
