"""The first page says whether all is well, and of what is not, what to do."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from capi_jobs.ledger.values import Coverage, Gate, RunStatus
from capi_jobs.lifecycle import Event
from capi_jobs.model import OrderClass
from tests.report.building import DAY, NOON, Shop, a_count, a_score
from tests.web.views.looking import Looking, books, looking_into

PATH, TWIN = "/", "/overview"
HOSTILE = '<script>alert("1")</script>'


@pytest.fixture
def page(tmp_path: Path) -> Looking:
    return looking_into(tmp_path, platforms=("meta", "tiktok"))


def of(page: Looking, name: str = "meta-web") -> Any:  # noqa: ANN401
    told = page.json(TWIN)["destinations"]
    return next(one for one in told if one["name"] == name)


def kinds(page: Looking, name: str = "meta-web") -> list[str]:
    return [task["kind"] for task in of(page, name)["tasks"]]


def counted(
    shop: Shop, *counts: tuple[OrderClass, int], gate: Gate = Gate.PASS
) -> None:
    shop.gate = gate
    shop.assess(*(a_count(name, orders) for name, orders in counts))


def done(shop: Shop, status: RunStatus = RunStatus.DONE, note: str = "") -> None:
    ledger, now = shop.ledger, shop.now
    ledger.finish_destination(shop.run_id, shop.destination, status, now=now, note=note)
    ledger.finish_run(shop.run_id, status, now=now)


def test_each_task_leads_to_a_page_that_is_there(page: Looking, tmp_path: Path) -> None:
    with books(tmp_path) as shop:
        counted(shop, (OrderClass.MISSING, 5), gate=Gate.ASK)
        shop.hold("o1", "o2")
        shop.send(Event.REFUSED, "o3", reason="100")
        shop.send(Event.LOST, "o4")
    page.clock.at = NOON + timedelta(days=7)

    links = re.findall(r'class="action" href="([^"]+)"', page.html(PATH))
    assert kinds(page) == ["approval", "in_doubt", "rejected", "quarantine", "stale"]
    assert len(links) == 5
    for link in links:
        assert page.client.get(unescape(link)).status_code == 200


def test_before_the_first_run_it_says_how_to_begin(page: Looking) -> None:
    told = page.json(TWIN)
    assert (told["level"], told["says"]) == ("empty", "Nothing has run yet.")
    assert told["as_of"] is None
    assert {one["level"] for one in told["destinations"]} == {"empty"}
    text = page.text(PATH)
    assert "How to begin" in text
    assert text.count("meta-web") == 1


def test_all_is_well_where_nothing_waits(page: Looking, tmp_path: Path) -> None:
    with books(tmp_path) as shop:
        counted(shop, (OrderClass.DELIVERED, 3), (OrderClass.SEEN_BROWSER, 7))
        done(shop)

    told = page.json(TWIN)
    assert (told["level"], told["says"]) == ("good", "All is well: nothing needs you.")
    assert told["needs"] == 0
    mine = of(page)
    assert (mine["level"], mine["reached"]) == ("good", 10)
    assert mine["last_run"]["run_id"] == "r1"
    assert mine["last_run"]["status"] == "done"
    assert of(page, "tiktok-web")["last_run"] is None
    assert "capi-jobs plan --destination tiktok-web" in page.text(PATH)


def test_days_are_told_with_every_order_in_one_column(
    page: Looking, tmp_path: Path
) -> None:
    with books(tmp_path) as shop:
        counted(shop, (OrderClass.MISSING, 5), (OrderClass.EXCLUDED, 2))
        shop.send(Event.ACCEPTED, "o1", "o2")

    mine = of(page)
    assert [day["day"] for day in mine["days"]] == [DAY.isoformat()]
    assert mine["days"][0]["classes"] == {"delivered": 2, "missing": 3, "excluded": 2}
    assert mine["orders"] == {"orders": 7, "values": {"EUR": "70.00"}}
    assert mine["recovered"] == {"orders": 2, "values": {"EUR": "20.00"}}
    assert mine["days_unseen"] == 13
    text = page.text(PATH)
    assert "recovered, worth 20.00 EUR" in text
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in text


def test_days_beyond_two_weeks_are_left_out(page: Looking, tmp_path: Path) -> None:
    with books(tmp_path) as shop:
        counted(shop, (OrderClass.MISSING, 5))
    page.clock.at = NOON + timedelta(days=13)

    mine = of(page)
    assert (mine["days"], mine["orders"]["orders"]) == ([], 0)


def test_a_gate_that_asks_leads_to_its_run(page: Looking, tmp_path: Path) -> None:
    with books(tmp_path) as shop:
        counted(shop, (OrderClass.MISSING, 1_204), gate=Gate.ASK)

    (task,) = of(page)["tasks"]
    assert (task["kind"], task["level"], task["run_id"]) == ("approval", "look", "r1")
    assert task["says"] == "A run asks before it sends 1,204 orders."
    assert task["worth"] == {"orders": 1_204, "values": {"EUR": "12040.00"}}
    assert "1 thing needs you." in page.text(PATH)


def test_a_run_that_stopped_says_why_in_its_words(
    page: Looking, tmp_path: Path
) -> None:
    with books(tmp_path) as shop:
        counted(shop, (OrderClass.MISSING, 1))
        done(shop, RunStatus.FAILED, f"the token was refused (190) {HOSTILE}")

    told = page.json(TWIN)
    assert told["level"] == "fault"
    assert kinds(page) == ["stopped"]
    html = page.html(PATH)
    assert "the token was refused (190) &lt;script&gt;" in html
    assert HOSTILE not in html


def test_held_orders_are_counted_with_their_value(
    page: Looking, tmp_path: Path
) -> None:
    with books(tmp_path) as shop:
        counted(shop, (OrderClass.MISSING, 3))
        shop.hold("o1", "o2")
        shop.hold("o3", rule="value_negative")

    (task,) = of(page)["tasks"]
    assert task["kind"] == "quarantine"
    assert task["says"] == "3 orders are held back by 2 rules."
    assert task["worth"] == {"orders": 3, "values": {"EUR": "30.00"}}


def test_doubts_need_a_person_once_they_are_too_old_to_be_sent_again(
    page: Looking, tmp_path: Path
) -> None:
    with books(tmp_path) as shop:
        counted(shop, (OrderClass.MISSING, 3))
        shop.send(Event.LOST, "o1", "o2")
        window = timedelta(hours=48)  # Meta's

    page.clock.at = NOON + window - timedelta(seconds=1)
    assert kinds(page) == []
    page.clock.at = NOON + window
    (task,) = of(page)["tasks"]
    assert (task["kind"], task["says"][:18]) == ("in_doubt", "2 orders in doubt:")


def test_rejected_orders_need_a_person(page: Looking, tmp_path: Path) -> None:
    with books(tmp_path) as shop:
        counted(shop, (OrderClass.MISSING, 1))
        shop.send(Event.REFUSED, "o1", reason="100")

    assert kinds(page) == ["rejected"]
    assert of(page)["tasks"][0]["worth"]["orders"] == 1


def test_what_did_not_arrive_is_a_task_beyond_what_is_tolerated(
    page: Looking, tmp_path: Path
) -> None:
    def lost(short: int) -> None:
        with books(tmp_path) as shop:
            row = a_score(
                destination="meta-web",
                metric="events",
                ours=Decimal(200),
                theirs=Decimal(200 - short),
                short=short,
                verdict="short",
                why="…",
            )
            shop.ledger.keep_readings([row])

    lost(1)
    assert kinds(page) == []
    lost(2)
    (task,) = of(page)["tasks"]
    assert task["says"] == "2 of 200 did not arrive, the platform says."
    page.clock.at = NOON + timedelta(days=7)
    assert kinds(page) == ["arrival"]
    page.clock.at += timedelta(seconds=1)
    assert kinds(page) == []


def test_books_that_do_not_close_come_first(page: Looking, tmp_path: Path) -> None:
    with books(tmp_path) as shop:
        counted(shop, (OrderClass.MISSING, 1))
        shop.hold("o3")
        shop.send(Event.ACCEPTED, "o1", "o2")

    assert kinds(page) == ["balance", "quarantine"]
    assert page.json(TWIN)["level"] == "fault"
    assert "The books do not close: 1 day has orders in no column" in page.text(PATH)


@pytest.mark.parametrize(("hours", "expected"), [(96, []), (97, ["stale"])])
def test_a_schedule_that_stands_still_is_a_task(
    page: Looking, tmp_path: Path, hours: int, expected: list[str]
) -> None:
    with books(tmp_path) as shop:
        counted(shop, (OrderClass.DELIVERED, 1))
    page.clock.at = NOON + timedelta(hours=hours)

    assert kinds(page) == expected


def test_what_is_left_of_a_destination_that_is_gone_is_not_forgotten(
    page: Looking, tmp_path: Path
) -> None:
    with books(tmp_path, name=HOSTILE) as shop:
        shop.hold("o1")

    told = page.json(TWIN)
    assert [task["destination"] for task in told["elsewhere"]] == [HOSTILE]
    assert told["needs"] == 1
    html = page.html(PATH)
    assert "No longer configured" in html
    assert 'class="action"' not in html  # there is no page of it
    assert HOSTILE not in html


def test_forecasts_and_scores_are_told_by_source_and_event(
    page: Looking, tmp_path: Path
) -> None:
    with books(tmp_path) as shop:
        shop.coverage = [
            Coverage("website", "forecast", 200, 62, 0),
            Coverage(HOSTILE, "forecast", 20, 31, 0),
        ]
        counted(shop, (OrderClass.MISSING, 1))
        before = a_score().start - timedelta(days=1)
        shop.ledger.keep_readings(
            [
                a_score(destination="meta-web"),
                a_score(destination="meta-web", start=before, theirs=Decimal("5.1")),
            ]
        )

    mine = of(page)
    assert [(one["of"], one["figure"]) for one in mine["forecasts"]] == [
        (HOSTILE, 3.1),
        ("website", 6.2),
    ]
    assert [one["figure"] for one in mine["scores"]] == [5.1, 5.9]
    html = page.html(PATH)
    assert HOSTILE not in html
    assert "meta’s score of Purchase" in html
