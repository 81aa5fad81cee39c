"""Takes the pictures of our own pages in a demo of its own; see scripts/pictures."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import ViewportSize

from tests.e2e.walking import Walker, chromium

ORDERS = 20_000
COMMAND = [sys.executable, "-m", "capi_jobs"]
# What one sees first of a page, down to its first chart.
HIGH: ViewportSize = {"width": 1280, "height": 1180}
PICTURES = {"overview.png": "/", "quarantine.png": "/quarantine"}


def take(folder: Path) -> None:
    """Play the demo, open its pages, take each picture anew."""
    with TemporaryDirectory() as name:
        demo = Path(name) / "demo"
        words = ["demo", "--folder", str(demo), "--orders", str(ORDERS)]
        subprocess.run([*COMMAND, *words], check=True, stdout=sys.stderr)
        config = ["--config", str(demo / "capi_jobs.toml")]
        serve = [*COMMAND, "ui", "--port", "0", "--actor", "dora", *config]
        with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            address = next(line for line in server.stdout if "http://" in line)
            _shoot(address.strip(), folder)
            server.terminate()


def _shoot(address: str, folder: Path) -> None:
    with chromium() as browser:
        walker = Walker(browser.new_page(), address.partition("/?")[0])
        walker.page.goto(address)
        walker.page.set_viewport_size(HIGH)
        for file, path in PICTURES.items():
            walker.goes(path)
            walker.keeps(folder / file, whole=False)


if __name__ == "__main__":
    take(Path(sys.argv[1]))
