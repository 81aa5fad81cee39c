"""A data owner's morning on the pages without Airflow: `capi-jobs ui` and Chromium.

Twenty orders are held; ten are released with a reason, and go out with the next run.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.browser import CHROMIUM
from tests.e2e.walking import PHONE, WIDE, Walker, chromium
from tests.shop import Shop, an_order, orders, shop_in

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

TOO_MUCH = '[{"sku": "tea", "quantity": 1, "unit_price": "900"}]'
HELD = [f"held-{n:02}" for n in range(1, 21)]
REASON = "the shop confirmed the amounts"


def command(shop: Shop, *words: str) -> list[str]:
    """Type a command for a process of its own: a browser's loop has this one."""
    config = ["--config", str(shop.config)]
    return [sys.executable, "-m", "capi_jobs", *words, *config]


@contextmanager
def served(shop: Shop) -> Iterator[str]:
    """Start the real command; give the address that it prints, token and all."""
    words = command(shop, "ui", "--port", "0", "--actor", "dora")
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = next(line for line in process.stdout if "http://" in line)
        yield address.strip()
        process.terminate()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop_in(tmp_path_factory.mktemp("ui")) as made:
        made.configure(
            rules=("items_sum_implausible",),
            gate=f"{made.gate}\nbad_rows_share_max = 1.0",
        )
        made.fill(orders(5))
        made.fill([an_order(name, value="1", items=TOO_MUCH) for name in HELD])
        made.run("-d", "meta-web")
        yield made


@pytest.fixture(scope="module")
def address(shop: Shop) -> Iterator[str]:
    with served(shop) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    with chromium() as context:
        yield context


@pytest.fixture
def dora(address: str, browser: BrowserContext) -> Iterator[Walker]:
    page = browser.new_page()
    walker = Walker(page, address.partition("/?")[0])
    page.goto(address)
    yield walker
    assert walker.wrong == []
    page.close()


def test_without_the_token_a_browser_is_told_what_to_open(
    address: str, browser: BrowserContext
) -> None:
    browser.clear_cookies()
    walker = Walker(browser.new_page(), address.partition("/?")[0])
    assert walker.goes("/quarantine") == 401
    assert "Open the address that capi-jobs ui printed" in walker.page.content()
    assert HELD[0] not in walker.page.content()


def test_every_page_opens_can_be_used_by_all_and_fits_a_phone(
    dora: Walker, shop: Shop
) -> None:
    seen = walked(dora, shop)
    assert {"/", "/runs", "/validation", "/quarantine", "/findings"} <= seen


def walked(walker: Walker, shop: Shop) -> set[str]:
    """Open every page of the menu, of a run and of an order; wide and small."""
    run_id = shop.capi("report", "--json").json["runs"][0]["run_id"]
    paths = [
        *walker.menu(),
        f"/runs/{run_id}",
        f"/validation/{run_id}/meta-web",
        f"/quarantine/meta-web/{HELD[0]}",
        f"/trace?order={HELD[0]}",
        "/report",
    ]
    troubles: list[str] = []
    for path in paths:
        assert walker.goes(path) == 200, path
        for scheme in ("light", "dark"):
            walker.page.emulate_media(color_scheme=scheme)
            troubles += walker.is_usable_by_all()
        walker.page.set_viewport_size(PHONE)
        troubles += [] if walker.fits() else [f"{path} is too wide for a phone"]
        walker.page.set_viewport_size(WIDE)
    assert troubles == []
    return {re.sub(r"\?.*", "", path) for path in paths}


def test_where_a_login_comes_instead_of_the_rest_the_link_stays(dora: Walker) -> None:
    login = "<!doctype html><title>Log in</title><form></form>"
    whole = f"{dora.base}/trace?order={HELD[0]}"
    dora.page.route(
        whole, lambda one: one.fulfill(body=login, content_type="text/html")
    )
    with dora.page.expect_response(whole):
        dora.goes(f"/trace?order={HELD[0]}&books=true")
    dora.page.wait_for_load_state("networkidle")
    assert dora.page.get_by_role("link", name="See its answer").is_visible()


def test_ten_of_twenty_are_released_and_go_out_with_the_next_run(
    dora: Walker, shop: Shop
) -> None:
    before = shop.counted()
    dora.goes("/validation")
    assert "items_sum_implausible" in dora.page.content()

    dora.releases(HELD[:10], "meta-web", REASON)
    assert shop.counted() == before
    run = command(shop, "run", "--interval", shop.days, "-d", "meta-web")
    assert subprocess.run(run, check=False, capture_output=True).returncode == 0

    assert shop.counted() == before | dict.fromkeys(HELD[:10], 1)
    assert sorted(shop.held()) == HELD[10:]
    dora.goes(f"/trace?order={HELD[0]}&books=true")
    whole = dora.page.get_by_role("heading", name="In the warehouse")
    expect(whole).to_be_visible()  # it comes by itself
    assert "books" not in dora.page.url
    told = dora.page.locator("main").inner_text()
    assert all(words in told for words in ("delivered", "dora", REASON))
