"""Takes the pictures of docs/pictures in a demo of its own; see scripts/pictures."""

import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from capi_jobs.airflow.local.demo import DemoAirflow, shown
from tests.e2e import browser
from tests.e2e.driving import NIGHTLY, Desk, Run

ORDERS = 2_000


def say(what: str) -> None:
    sys.stderr.write(f"{what}\n")


def take(folder: Path) -> None:
    """Take each picture anew."""
    now = datetime.now(UTC)
    with TemporaryDirectory() as at:
        demo = DemoAirflow(Path(at) / "demo", ORDERS)
        with shown(demo, now, say) as running:
            desk = Desk(running.airflow)
            desk.until(lambda: desk.runs(NIGHTLY), "the nightly run")
            run = Run(NIGHTLY, desk.runs(NIGHTLY)[0]["dag_run_id"])
            desk.asked(run, "meta-web.approve")
            with browser.logged_in(desk, "dora") as page:
                browser.grid(page, desk, folder)
                browser.approval(page, desk, run, folder)
                browser.form(page, desk, folder)


if __name__ == "__main__":
    # So that Airflow is stopped, too, when we are.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    take(Path(sys.argv[1]))
