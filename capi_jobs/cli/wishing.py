"""What can be typed to ask for a re-upload, and how it becomes a wish.

What is done with it, and shown of it, is `reupload.py`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from capi_jobs.errors import ConfigFault

if TYPE_CHECKING:
    from datetime import datetime

    from capi_jobs.config import Settings
    from capi_jobs.jobs.reuploading import Wish

Orders = Annotated[
    list[str] | None, typer.Argument(help="Order ids.", show_default=False)
]
File = Annotated[
    Path | None,
    typer.Option(
        "--file",
        "-f",
        envvar="CAPI_JOBS_FILE",
        help="A file with one order id a line, up to 100,000.",
    ),
]
Days = Annotated[
    str | None,
    typer.Option(
        "--interval",
        "-i",
        envvar="CAPI_JOBS_INTERVAL",
        help="Instead of ids, all orders completed in it: 2026-11-20,"
        " 2026-11-20..2026-11-22, two times, or yesterday.",
    ),
]
Send = Annotated[
    bool,
    typer.Option(
        "--send",
        envvar="CAPI_JOBS_SEND",
        help="Really do it; else it is only shown, and nothing is written.",
    ),
]
Delivered = Annotated[
    str,
    typer.Option(
        "--delivered",
        envvar="CAPI_JOBS_DELIVERED",
        help="With what we have delivered: skip, or again.",
    ),
]
InDoubt = Annotated[
    str,
    typer.Option(
        "--in-doubt",
        envvar="CAPI_JOBS_IN_DOUBT",
        help="With what is in doubt: skip, delivered (you looked), or again.",
    ),
]
Rejected = Annotated[
    str,
    typer.Option(
        "--rejected",
        envvar="CAPI_JOBS_REJECTED",
        help="With what the platform refused: skip, or again.",
    ),
]
Held = Annotated[
    str,
    typer.Option(
        "--held",
        envvar="CAPI_JOBS_HELD",
        help="With what a rule holds: skip, or release.",
    ),
]
RunId = Annotated[
    str | None,
    typer.Option(
        "--run-id",
        envvar="CAPI_JOBS_RUN_ID",
        help="Go on with this re-upload, which broke off, asked as it was then.",
        show_default=False,
    ),
]


def wish_of(
    settings: "Settings",
    now: "datetime",
    file: Path | None,
    order_ids: Sequence[str],
    **asked: Any,  # noqa: ANN401 - the other fields of a wish
) -> "Wish":
    """Read what was typed; what cannot be meant is a mistake of who typed it."""
    from capi_jobs.jobs.reading_files import read_ids  # noqa: PLC0415
    from capi_jobs.jobs.reuploading import Wish  # noqa: PLC0415

    ids = [*order_ids, *(read_ids(file) if file else ())]
    try:
        return Wish.read(settings, now=now, order_ids=ids, **asked)
    except ConfigFault as fault:
        raise typer.BadParameter(str(fault)) from None
