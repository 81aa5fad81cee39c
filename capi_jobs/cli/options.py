"""Options that several commands share; each has an environment name, shown in help."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar="CAPI_JOBS_CONFIG",
        help="The configuration; else capi_jobs.toml of this folder.",
        dir_okay=False,
    ),
]
Interval = Annotated[
    str | None,
    typer.Option(
        "--interval",
        "-i",
        envvar="CAPI_JOBS_INTERVAL",
        help="2026-11-20, 2026-11-20..2026-11-22 (both days whole), two times, or"
        " yesterday; else yesterday.",
        show_default=False,
    ),
]
Destinations = Annotated[
    list[str] | None,
    typer.Option(
        "--destination",
        "-d",
        envvar="CAPI_JOBS_DESTINATION",
        help="Only this destination; may be given several times.",
        show_default=False,
    ),
]
Destination = Annotated[
    str | None,
    typer.Option(
        "--destination",
        "-d",
        envvar="CAPI_JOBS_DESTINATION",
        help="Only this destination.",
        show_default=False,
    ),
]
Json = Annotated[
    bool,
    typer.Option("--json", envvar="CAPI_JOBS_JSON", help="Answer as JSON on stdout."),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        envvar="CAPI_JOBS_AS_OF",
        help="Decide as if it were this time (ISO 8601); else now.",
        show_default=False,
    ),
]
Because = Annotated[
    str,
    typer.Option(
        "--because",
        "-b",
        envvar="CAPI_JOBS_BECAUSE",
        help="The reason; it is kept in the history with your name.",
    ),
]
Actor = Annotated[
    str | None,
    typer.Option(
        "--actor",
        envvar="CAPI_JOBS_ACTOR",
        help="Who decides; else the name of this user.",
        show_default=False,
    ),
]
MayCountTwice = Annotated[
    bool,
    typer.Option(
        "--may-count-twice",
        envvar="CAPI_JOBS_MAY_COUNT_TWICE",
        help="You have the right to say so: what is sent again may count twice.",
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        envvar="CAPI_JOBS_LIMIT",
        min=1,
        help="At most so many lines; else all.",
        show_default=False,
    ),
]
