"""How a person walks through our pages: in Chromium, wherever they are mounted.

The story alone (test_ui.py), inside Airflow (test_airflow.py) and scripts/pictures use
the same steps. Every page is looked at by axe: who cannot see, or has no mouse, can use
it too.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    BrowserContext,
    Page,
    Response,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.e2e.browser import CHROMIUM, FLAGS, PATIENCE_MS

WIDE: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
SERIOUS = {"serious", "critical"}


@contextmanager
def chromium() -> Iterator[BrowserContext]:
    """Open a browser that keeps nothing."""
    with (
        sync_playwright() as playwright,
        TemporaryDirectory(
            ignore_cleanup_errors=True  # Chromium may still write while it ends
        ) as profile,
    ):
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=FLAGS, viewport=WIDE
        )
        context.set_default_timeout(PATIENCE_MS)
        yield context
        context.close()


class Walker:
    """One person in front of one window; `base` is where the pages are mounted."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.wrong: list[str] = []  # what the browser complained about
        page.on("console", lambda said: self._heard(said.type, said.text))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def _heard(self, kind: str, text: str) -> None:
        """Note what the policy refused and what scripts say; a 403 is asked for."""
        if kind == "error" and "status of 4" not in text:
            self.wrong.append(text)

    def goes(self, path: str) -> int:
        """Open a page; its status."""
        answer: Response | None = self.page.goto(f"{self.base}{path}")
        assert answer is not None
        return answer.status

    def follows(self, path: str) -> int:
        """Open the first page that this one leads to below that path; its status."""
        link = self.page.locator(f"main a[href*='{path}']").first
        answer = self.page.goto(str(link.evaluate("a => a.href")))
        assert answer is not None
        return answer.status

    def menu(self) -> list[str]:
        """Return the addresses of the menu, in its order, without the mount."""
        links = self.page.locator("nav[aria-label=Pages] a").all()
        return [
            str(link.evaluate("a => a.href")).removeprefix(self.base) for link in links
        ]

    def releases(self, orders: Sequence[str], destination: str, reason: str) -> None:
        """Mark held orders, read what follows, say why, and let them go."""
        self.goes("/quarantine")
        for order in orders:
            self.page.get_by_label(f"Mark {order} of {destination}").check()
        self.page.get_by_role("button", name="Release …").click()
        self.page.get_by_role("textbox").fill(reason)
        self.page.get_by_role("button", name=f"Release {len(orders)} orders").click()
        heading = self.page.get_by_role("heading", level=1)
        expect(heading).to_have_text(f"{len(orders)} orders released")

    def is_usable_by_all(self) -> list[str]:
        """Return what axe finds serious, with the places."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{self.page.url}: {one['id']} {[node['target'] for node in one['nodes']]}"
            for one in found
            if one["impact"] in SERIOUS
        ]

    def fits(self) -> bool:
        """Say whether nothing sticks out to the side."""
        wide = "document.documentElement.scrollWidth <= window.innerWidth + 1"
        return bool(self.page.evaluate(wide))

    def keeps(self, file: Path, *, whole: bool = True) -> None:
        """Take a picture."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_load_state("networkidle")
        self.page.screenshot(path=file, full_page=whole)
