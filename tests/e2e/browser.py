"""What people see: Debian's Chromium, without a screen, in front of a local Airflow.

scripts/pictures keeps the pictures for the docs; the story in test_airflow.py looks
whether they show what they should.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Locator, Page, expect, sync_playwright

from tests.e2e.driving import NIGHTLY, REUPLOAD, Desk, Run

CHROMIUM = shutil.which("chromium")
# Nothing of these is needed, and each would look for hosts of its maker.
FLAGS = """
--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-component-update
--disable-background-networking --disable-sync --force-prefers-reduced-motion
""".split()
WIDTH, HEIGHT = 1280, 900
# All of a question, and of the form.
TALL, FORM = 2900, 1900
# A page takes two seconds; a busy machine takes longer.
PATIENCE_MS = 60_000


@contextmanager
def logged_in(desk: Desk, who: str) -> Iterator[Page]:
    """Open a browser and log in by the form, as a person does."""
    with (
        sync_playwright() as playwright,
        TemporaryDirectory(
            ignore_cleanup_errors=True  # Chromium may still write while it ends
        ) as profile,
    ):
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            args=FLAGS,
            viewport={"width": WIDTH, "height": HEIGHT},
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(desk.airflow.url)
        page.fill("input[name=username]", who)
        page.fill("input[name=password]", desk.airflow.prepared.passwords[who])
        page.click("button[type=submit]")
        seen(page.get_by_role("link", name="Dags").first)  # everybody has it
        yield page
        context.close()


def seen(what: Locator) -> None:
    expect(what).to_be_visible(timeout=PATIENCE_MS)


def grid(page: Page, desk: Desk, folder: Path) -> None:
    """Each destination has its row, under its own name."""
    page.goto(f"{desk.airflow.url}/dags/{NIGHTLY}")
    for name in ("meta-web", "tiktok-web", "snapchat-web"):
        seen(page.get_by_text(name, exact=True).first)
    _keep(page, folder / "grid.png")


def approval(page: Page, desk: Desk, run: Run, folder: Path) -> None:
    """The data owner sees what is asked and why, and the buttons."""
    url = f"{desk.airflow.url}/{run.path.replace('dagRuns', 'runs')}"
    page.goto(f"{url}/tasks/meta-web.approve/required_actions")
    seen(page.get_by_text("Why you are asked"))
    button = page.get_by_role("button", name="Approve")
    button.scroll_into_view_if_needed()
    seen(button)
    seen(page.get_by_role("button", name="Reject"))
    # The page scrolls inside of itself, so that the window must be as high.
    page.set_viewport_size({"width": WIDTH, "height": TALL})
    _keep(page, folder / "approval.png")
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    # The report that the question links to opens for who is logged in.
    page.goto(page.get_by_role("link", name="Report").get_attribute("href") or "")
    seen(page.get_by_text("meta-web").first)
    _keep(page, folder / "report.png")


def form(page: Page, desk: Desk, folder: Path) -> None:
    """The engineer finds every field, and cannot leave out the reason."""
    page.goto(f"{desk.airflow.url}/dags/{REUPLOAD}")
    page.set_viewport_size({"width": WIDTH, "height": FORM})
    page.get_by_role("button", name="Trigger").first.click()
    for field in ("Reason", "Destinations", "Order ids", "Dry run"):
        seen(page.get_by_role("dialog").get_by_text(field).first)
    _keep(page, folder / "reupload.png")
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})


def _keep(page: Page, file: Path) -> None:
    """Take a picture when everything has come, and nothing moves any more."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1_000)
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file)
