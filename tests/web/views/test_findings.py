"""What audits found, in the browser: by kind, over time, down to the orders."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from capi_jobs.ledger import Ledger
from capi_jobs.ledger.audits import KeptAudit, KeptCause, KeptFinding
from capi_jobs.model import DataInterval
from capi_jobs.web.page import API
from capi_jobs.web.views import finding as page_of_finding
from tests.shop import Shop, shop_in
from tests.web.conftest import Visit

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOSTILE = "<script>a/b?c=1</script>"


def keep(shop: Shop, day: int, found: int, *ids: str, taken: int = 0) -> None:
    """Keep an audit of a day: so many of 200 orders are duplicated."""
    audit = KeptAudit(
        interval=DataInterval(NOON + day * DAY, NOON + (day + 1) * DAY),
        orders=200,
        found={"duplicated": found},
        taken_at=NOON + (taken or day + 1) * DAY,
    )
    causes = [
        _cause("duplicated", "two_ids", found, ids),
        _cause("duplicated", "of_the_future", 1, ()),
    ]
    with Ledger.open(f"sqlite:///{shop.folder}/ledger.db") as ledger:
        ledger.keep_audit("meta-web", audit, causes)


def _cause(
    kind: str, name: str, orders: int, ids: Sequence[str]
) -> tuple[KeptCause, list[KeptFinding]]:
    values = {"EUR": Decimal("10.10") * orders}
    cause = KeptCause(kind=kind, cause=name, orders=orders, values=values, detail="x≠y")
    orders_found = [
        KeptFinding(
            order_id=order_id,
            day=date(2026, 11, 20),
            currency="EUR",
            value=Decimal("10.10"),
            detail="<b>",
        )
        for order_id in ids
    ]
    return cause, orders_found


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Three nights of audits of one destination; none of the others."""
    with shop_in(tmp_path_factory.mktemp("found")) as made:
        keep(made, 0, 4, "old")
        keep(made, 1, 10, HOSTILE, "o-2", "", "forgotten:aa")
        keep(made, -9, 2)
        yield made


def asked(shop: Shop, visit: Visit, path: str, **query: str) -> tuple[Any, str]:
    """Return the twin and the page."""
    client = visit(shop)
    page = client.get(path, params=query)
    assert page.status_code == 200, page.text
    return client.get(f"{API}{path}", params=query).json(), page.text


def test_the_last_audit_is_told_with_its_causes_and_the_trend(
    seen: Shop, visit: Visit
) -> None:
    told, page = asked(seen, visit, "/findings", destination="meta-web")

    [one] = told["destinations"]
    assert (one["level"], one["says"]) == ("look", "200 orders: 10 duplicated.")
    assert [audit["found"]["duplicated"] for audit in one["audits"]] == [2, 4, 10]
    [kind] = [kind for kind in one["kinds"] if kind["causes"]]
    assert (kind["orders"], kind["before"]) == (10, 0.02)
    assert [cause["cause"] for cause in kind["causes"]] == ["two_ids", "of_the_future"]
    assert kind["causes"][0]["found"] == {"orders": 10, "values": {"EUR": "101.00"}}
    assert "5.0 %" in page
    assert "up</b> from 2.0 %" in page
    assert page.count("<figure") == 1
    assert "Each audit in numbers" in page


def test_an_earlier_audit_can_be_looked_at(seen: Shop, visit: Visit) -> None:
    _, page = asked(seen, visit, "/findings", destination="meta-web")
    links = re.findall(r'href="(/findings\?[^"]*audit=[^"]+)"', page)
    assert len(links) == 3

    earlier = visit(seen).get(unescape(links[1])).text

    assert "200 orders: 4 duplicated." in earlier
    assert "up</b> from 1.0 %" in earlier


def test_a_cause_leads_to_its_orders_and_they_to_their_trace(
    seen: Shop, visit: Visit
) -> None:
    _, page = asked(seen, visit, "/findings", destination="meta-web")
    [link] = re.findall(r'href="(/findings/meta-web/duplicated/two_ids[^"]+)"', page)

    answer = visit(seen).get(unescape(link))

    assert answer.status_code == 200
    assert "<script>a/b" not in answer.text
    assert "<b>" not in re.sub(r"<li>.*?</li>|What to do</b>|<b>What", "", answer.text)
    assert "no order id" in answer.text
    assert "forgotten on request" in answer.text
    traces = re.findall(r'href="(/trace\?order=[^"]+)"', answer.text)
    assert len(traces) == 2
    told = visit(seen).get(f"{API}{unescape(traces[0])}").json()
    assert told["order"] == HOSTILE


def test_orders_are_paged_and_the_true_number_stands_beside_them(
    seen: Shop, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_of_finding, "ROWS", 3)
    path = "/findings/meta-web/duplicated/two_ids"

    told, page = asked(seen, visit, path)
    rest, last = asked(seen, visit, path, first=str(told["next"]))
    none, empty = asked(seen, visit, path, first="9")

    assert (len(told["orders"]), told["next"], len(rest["orders"])) == (3, 3, 1)
    assert (rest["next"], told["cause"]["found"]["orders"]) == (None, 10)
    assert "Orders 1 to 3 of 10" in page
    assert "First orders" in last
    assert (none["orders"], "There are no more." in empty) == ([], True)


def test_orders_that_are_kept_no_longer_are_said_to_be_so(
    seen: Shop, visit: Visit
) -> None:
    interval = str(DataInterval(NOON - 9 * DAY, NOON - 8 * DAY))
    told, page = asked(
        seen, visit, "/findings/meta-web/duplicated/two_ids", audit=interval
    )

    assert (told["orders"], told["cause"]["found"]["orders"]) == ([], 2)
    assert "are kept no longer" in page


def test_where_nothing_is_kept_the_page_says_how_to(seen: Shop, visit: Visit) -> None:
    told, page = asked(seen, visit, "/findings")

    levels = {one["name"]: one["level"] for one in told["destinations"]}
    assert levels == {
        "meta-web": "look",
        "tiktok-web": "empty",
        "snapchat-web": "empty",
    }
    assert "audit --interval yesterday --destination tiktok-web --keep" in page


def test_what_was_found_in_the_warehouse_is_shown(tmp_path: Path, visit: Visit) -> None:
    """The command keeps it, the page shows it, nothing reads the warehouse again."""
    with shop_in(tmp_path) as shop:
        shop.configure(platforms=("meta",)).fill([])
        shop.capi("audit", "-i", shop.days, "--keep", code=3)
        (shop.folder / "shop.db").unlink()
        told, page = asked(shop, visit, "/findings")

    assert told["destinations"][0]["audit"]["orders"] == 0
    assert "There were no orders in this interval" in page


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/findings?destination=nobody", 404),
        ("/findings?audit=2020-01-01..2020-01-02", 404),
        ("/findings/meta-web/duplicated/refired", 404),
        ("/findings/nobody%00/duplicated/two_ids", 422),
        ("/findings/meta-web/odd/two_ids", 422),
        ("/findings/meta-web/duplicated/two_ids?first=-1", 422),
        ("/findings/meta-web/duplicated/two_ids?first=1000", 422),
    ],
)
def test_what_cannot_be_told_is_said(
    seen: Shop, visit: Visit, path: str, status: int
) -> None:
    assert visit(seen).get(path).status_code == status
    assert visit(seen).get(API + path).status_code == status
