"""The sandbox's own doors and their stable JSON."""

from datetime import timedelta

import pytest

from tests.sandbox.builders import (
    DAY,
    EVENTS,
    NOON,
    TOKEN,
    Shop,
    meta_event,
    ok,
    snapchat_event,
    tiktok_event,
)
from tests.sandbox.conftest import shop_of

PLATFORMS = ["meta", "tiktok", "snapchat"]


def test_counted_tells_each_event_and_the_requests_that_brought_it(
    shop: Shop,
) -> None:
    shop.tiktok(tiktok_event("o-1"))
    shop.tiktok(tiktok_event("o-1"))

    expected = {
        "received": 2,
        "counted": 1,
        "deduplicated": 1,
        "orders_counted_more_than_once": 0,
        "events": [
            {
                "account": "PIXELCODE",
                "event_name": "Purchase",
                "event_id": "o-1",
                "order_id": "o-1",
                "event_time": NOON,
                "value": 19.99,
                "currency": "USD",
                "action_source": "web",
                "counted": 1,
                "received": 2,
                "first_received_at": "2026-11-23T12:00:00+00:00",
                "requests": [1, 2],
            }
        ],
    }
    assert expected == shop.counted("tiktok")


def test_counted_can_be_asked_for_less(shop: Shop) -> None:
    shop.meta(meta_event())
    nothing = {
        "received": 0,
        "counted": 0,
        "deduplicated": 0,
        "orders_counted_more_than_once": 0,
    }
    url = "/sandbox/counted"

    totals = shop.client.get(url, params={"events": "false"}).json()
    snapchat = shop.client.get(url, params={"platform": "snapchat"}).json()

    assert list(totals) == PLATFORMS
    assert nothing == totals["tiktok"]
    assert {"snapchat": nothing | {"events": []}} == snapchat
    assert shop.client.get(url, params={"platform": "x"}).status_code == 422


def test_counted_writes_more_events_than_one_chunk(shop: Shop) -> None:
    ids = [str(number) for number in range(2001)]
    for start in range(0, 2001, 1000):
        shop.meta(*map(meta_event, ids[start : start + 1000]))

    assert ids == [event["event_id"] for event in shop.counted("meta")["events"]]


def test_the_log_tells_outcome_and_reason_and_holds_no_token(shop: Shop) -> None:
    shop.snapchat(snapchat_event("1"), snapchat_event("2"))
    shop.snapchat(snapchat_event(event_name="LEAD"), token="stolen-token")
    shop.meta(meta_event(event_time=1))
    response = shop.client.get("/sandbox/requests")

    taken, unauthorised, too_old = response.json()
    assert taken == {
        "id": 1,
        "platform": "snapchat",
        "received_at": "2026-11-23T12:00:00+00:00",
        "account": "pixel-id",
        "token": "***",
        "events": 2,
        "outcome": "counted",
        "reason": "",
        "fault": None,
        "status": 200,
    }
    assert (unauthorised["outcome"], unauthorised["status"]) == ("refused", 401)
    assert too_old["reason"] == "event 0: event_time is too far in the past (too_old)"
    assert TOKEN not in response.text
    assert "stolen" not in response.text


def test_the_log_forgets_the_oldest() -> None:
    shop = shop_of(requests_kept=2)
    for _ in range(3):
        shop.meta(meta_event())

    assert [visit["id"] for visit in shop.client.get("/sandbox/requests").json()] == [
        2,
        3,
    ]


def test_reset_forgets_all(shop: Shop) -> None:
    shop.at(DAY)
    shop.fault(do="expire_token", times=1)
    assert not ok(shop.meta(meta_event()))
    assert ok(shop.meta(meta_event(), token="sandbox-2"))

    assert shop.client.delete("/sandbox").status_code == 204

    assert shop.client.get("/sandbox/requests").json() == []
    assert shop.client.get("/sandbox/clock").json()["shift_seconds"] == 0
    assert ok(shop.meta(meta_event()))
    assert shop.count("meta") == 1


def test_the_clock_is_set_and_not_moved_on(shop: Shop) -> None:
    shop.at(timedelta(hours=2))
    shop.at(timedelta(hours=1))

    clock = shop.client.get("/sandbox/clock").json()

    assert clock == {"now": "2026-11-23T13:00:00+00:00", "shift_seconds": 3600}


@pytest.mark.parametrize("shift", [1e12, "soon", None])
def test_a_clock_out_of_reach_is_refused(shop: Shop, shift: object) -> None:
    body = {"shift_seconds": shift}

    assert shop.client.post("/sandbox/clock", json=body).status_code == 422


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_browser_event_and_its_server_copy_count_once(
    shop: Shop, platform: str
) -> None:
    names = {"snapchat": "PURCHASE"}
    name = names.get(platform, "Purchase")
    shop.pixel(platform, event_name=name, event_id="o-1", order_id="o-1")
    shop.send(platform, EVENTS[platform]("o-1"))

    counted = shop.counted(platform)

    assert (counted["received"], counted["counted"]) == (2, 1)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_browser_event_of_another_name_is_another_event(
    shop: Shop, platform: str
) -> None:
    shop.pixel(platform, event_name="SUBSCRIBE", event_id="o-1", order_id="o-1")
    shop.send(platform, EVENTS[platform]("o-1"))

    assert shop.count(platform) == 2


def test_a_browser_event_of_three_days_ago_is_out_of_the_window(shop: Shop) -> None:
    shop.pixel("meta", event_id="o-1", received_at="2026-11-20T12:00:00Z")
    shop.meta(meta_event("o-1"))

    assert shop.count("meta") == 2


def test_a_browser_event_needs_a_time_with_a_zone(shop: Shop) -> None:
    body = {"platform": "meta", "account": "1", "received_at": "2026-11-20T12:00:00"}

    assert shop.client.post("/sandbox/pixel", json=body).status_code == 422
