"""Held orders on the pages inside Airflow: the data owner lets some go.

A chapter of the story in test_airflow.py: who may only look is refused, and nobody gets
the login.
"""

from playwright.sync_api import Page

from tests.e2e import browser
from tests.e2e.driving import Desk, Run
from tests.e2e.night_shop import PLATFORMS, TOO_MUCH, names, once, orders_of
from tests.e2e.walking import Walker, chromium
from tests.shop import Shop

HELD, RELEASED = 20, 10
WHY = "the shop confirmed the amounts"
_YESTERDAY = 1
# Pages that lead to one of what they list, and where that is.
_LISTS = {
    "/runs": "/runs/",
    "/validation": "/validation/",
    "/quarantine": "/quarantine/meta-web/",
}


def held_orders_are_released(shop: Shop, desk: Desk, night: Run) -> None:
    ids = names(_YESTERDAY, HELD, "held")
    rows = orders_of(_YESTERDAY, HELD, "held", value="1", items=TOO_MUCH)
    shop.fill(rows)
    _again(desk, night)
    assert sorted(shop.held()) == sorted(ids)
    base = f"{desk.airflow.url}/capi-jobs"
    with chromium() as nobody:
        page = nobody.new_page()
        page.goto(f"{base}/quarantine")
        browser.seen(page.locator("input[name=password]"))
    with browser.logged_in(desk, "vic") as page:
        _a_viewer_looks(page, base, ids[0])
    with browser.logged_in(desk, "dora") as page:
        walker = Walker(page, base)
        _every_page_opens(walker)
        walker.releases(ids[:RELEASED], "meta-web", WHY)
        _again(desk, night)
        walker.goes(f"/trace?order={ids[0]}")
        told = page.locator("main").inner_text()
        assert all(words in told for words in ("delivered", "dora", WHY))
        assert walker.wrong == []
    assert shop.counted("meta").items() >= once(ids[:RELEASED]).items()
    assert sorted(shop.held()) == sorted(ids[RELEASED:])


def _again(desk: Desk, night: Run) -> None:
    """Clear the night, as people do when rows came late."""
    desk.clear("ana", night, *(f"{platform}-web.assess" for platform in PLATFORMS))
    assert desk.ended(night) == "success"


def _a_viewer_looks(page: Page, base: str, order: str) -> None:
    walker = Walker(page, base)
    _every_page_opens(walker)
    walker.goes("/quarantine")
    assert page.get_by_role("checkbox").count() == 0
    named = [{"destination": "meta-web", "order_id": order}]
    wish = {"orders": named, "reason": WHY}
    answer = page.request.post(f"{base}/api/v1/quarantine/release", data=wish)
    assert answer.status == 403


def _every_page_opens(walker: Walker) -> None:
    """Those of the menu, and of a run, its validation, a held order, and the report."""
    walker.goes("/")
    for path in [*walker.menu(), "/report"]:
        assert walker.goes(path) == 200, path
    for path, one in _LISTS.items():
        walker.goes(path)
        assert walker.follows(one) == 200, walker.page.url
