"""One order in the browser: what is known of it, and where it broke."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from capi_jobs.web.page import API
from capi_jobs.web.views import trace
from tests.shop import PERSONAL, TOKEN, Shop, an_order, orders, shop_in
from tests.web.conftest import Visit

LOG = '\n[[sent_events]]\nrelation = "pixel"\nchannel = "browser"\nplatform = "meta"\n'
EVENT = "event_id event_name event_time order_id value currency".split()
HOSTILE = "<script>a/b?c=1</script> ü"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One order delivered, one held, one that the pixel told of wrongly."""
    with shop_in(tmp_path_factory.mktemp("traced")) as made:
        with closing(sqlite3.connect(made.folder / "shop.db")) as db:
            db.execute(f"CREATE TABLE pixel ({', '.join(EVENT)})")
        made.configure(platforms=("meta",), extra=LOG)
        wrong = an_order("o-9")
        made.fill([*orders(1), an_order(HOSTILE, value="-5"), wrong])
        told = ["o-9", "Purchase", wrong["completed_at"], "o-9", "1990", "EUR"]
        made.change("INSERT INTO pixel VALUES (?, ?, ?, ?, ?, ?)", *told)
        made.run()
        yield made


def traced(shop: Shop, visit: Visit, order: str) -> tuple[Any, str]:
    """Return the twin and the page."""
    client, asked = visit(shop), {"order": order}
    page = client.get("/trace", params=asked)
    assert page.status_code == 200
    return client.get(f"{API}/trace", params=asked).json(), unescape(page.text)


def test_a_delivered_order_is_followed_to_its_receipt(seen: Shop, visit: Visit) -> None:
    told, page = traced(seen, visit, "o-1")

    typed = seen.capi("trace", "o-1", "--json").json
    assert (told["state"], told["trace"]) == ("fine", typed)
    [timeline] = told["timelines"]
    assert [step["what"] for step in timeline["steps"]] == [
        "order completed",
        "claimed → in flight",
        "accepted → delivered",
        "Purchase is delivered now",
    ]
    receipt = typed["history"][1]["trace_id"]
    assert receipt
    assert receipt in page
    assert "Nothing is wrong with this order." in page
    assert not [word for word in (*PERSONAL, TOKEN) if word in page + str(told)]


def test_the_break_and_its_cause_are_marked(seen: Shop, visit: Visit) -> None:
    told, page = traced(seen, visit, "o-9")

    assert told["state"] == "broken"
    assert "Something is wrong with this order: misaligned at meta-web." in page
    [event] = [one for one in told["timelines"][0]["steps"] if one["level"] == "fault"]
    assert (event["worth"], event["differs"]) == ("1990 EUR", ["value"])
    assert "differs: value" in page
    assert "the value was sent in the wrong unit" in page.replace("The", "the")


def test_a_hostile_id_stays_text_and_a_hold_leads_to_its_page(
    seen: Shop, visit: Visit
) -> None:
    told, _ = traced(seen, visit, HOSTILE)
    page = visit(seen).get("/trace", params={"order": HOSTILE}).text

    assert "<script>a/b" not in page
    assert told["trace"]["destinations"][0]["hold"]["rule"] == "value_negative"
    [link] = re.findall(r'href="(/quarantine/meta-web/[^"]+)"', page)
    assert visit(seen).get(unescape(link)).status_code == 200


def test_nobody_asked_and_nobody_known_are_told_apart(seen: Shop, visit: Visit) -> None:
    told, page = traced(seen, visit, " ")
    assert (told["state"], told["trace"]) == ("unasked", None)
    assert "Follow one order from end to end" in page

    told, page = traced(seen, visit, "DE'; DROP TABLE orders")
    assert told["state"] == "unknown"
    assert "knows this id" in page


@pytest.mark.parametrize(("order", "status"), [("x" * 513, 422), ("a\x00b", 400)])
def test_what_is_no_order_id_is_refused(
    seen: Shop, visit: Visit, order: str, status: int
) -> None:
    asked = {"order": order}
    assert visit(seen).get("/trace", params=asked).status_code == status
    assert visit(seen).get(f"{API}/trace", params=asked).status_code == status


def test_without_the_warehouse_the_ledger_tells_what_it_knows(
    tmp_path: Path, visit: Visit
) -> None:
    with shop_in(tmp_path) as shop:
        shop.configure(platforms=("meta",)).fill(orders(1)).run()
        shop.change("DROP TABLE orders")

        told, page = traced(shop, visit, "o-1")

    assert told["warehouse_away"]
    assert "this is what the ledger alone knows" in page
    assert told["trace"]["order"] is None
    [one] = told["trace"]["destinations"]
    assert (one["entries"][0]["status"], one["counted"]["most"]) == ("delivered", 1)


def test_the_ledger_answers_at_once_and_leads_to_the_whole(
    seen: Shop, visit: Visit
) -> None:
    asked = {"order": HOSTILE, "books": "true"}
    page = visit(seen).get("/trace", params=asked).text
    told = visit(seen).get(f"{API}/trace", params=asked).json()

    assert (told["state"], told["books_only"], told["trace"]["order"]) == (
        "books",
        True,
        None,
    )
    assert told["trace"]["destinations"][0]["hold"]["rule"] == "value_negative"
    assert "Nothing is wrong" not in page
    [link] = re.findall(r'data-whole href="([^"]+)"', page)
    whole = visit(seen).get(unescape(link)).text
    assert "In the warehouse" in whole
    assert "data-whole" not in whole


def test_a_loop_of_copies_is_cut_and_counted(
    seen: Shop, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "ROWS_MAX", 3)
    told, page = traced(seen, visit, "o-1")

    assert (len(told["timelines"][0]["steps"]), told["timelines"][0]["left"]) == (3, 1)
    assert "1 more, which the JSON has" in page
