from pathlib import Path

from capi_jobs.demo.describe import describe
from capi_jobs.demo.shop import Shop

PAGE = Path(__file__).parents[2] / "docs" / "demo-shop.md"


def test_the_page_says_what_the_shop_holds(shop: Shop) -> None:
    assert PAGE.read_text("utf-8") == describe(shop), "write describe(shop) to the page"
