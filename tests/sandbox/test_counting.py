"""Each platform counts an event once per window, by its own keys."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_jobs.sandbox.counting import Arrival, Book, Key
from tests.sandbox.builders import (
    ACCOUNTS,
    DAY,
    EVENTS,
    NOON,
    Shop,
    meta_event,
    ok,
    snapchat_event,
    tiktok_event,
)

SECOND = timedelta(seconds=1)
PLATFORMS = ["meta", "tiktok", "snapchat"]
# Without an order number, so that Snap's second key stays out of the way.
NO_ORDER: dict[str, dict[str, Any]] = {
    "meta": {"custom_data": {"value": 1, "currency": "USD"}},
    "tiktok": {"properties": {"value": 1, "currency": "USD"}},
    "snapchat": {"custom_data": {"value": 1, "currency": "USD"}},
}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_repeat_within_48_hours_of_the_first_is_not_counted(
    shop: Shop, platform: str
) -> None:
    event = EVENTS[platform](**NO_ORDER[platform])
    for moment in (timedelta(), DAY, 2 * DAY - SECOND):
        shop.at(moment)
        assert ok(shop.send(platform, event))

    counted = shop.counted(platform)

    assert (
        counted["received"],
        counted["counted"],
        counted["deduplicated"],
    ) == (3, 1, 2)
    assert counted["events"][0]["requests"] == [1, 2, 3]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_repeat_after_48_hours_is_counted_again_and_opens_a_new_window(
    shop: Shop, platform: str
) -> None:
    event = EVENTS[platform](**NO_ORDER[platform])
    for moment in (timedelta(), 2 * DAY, 3 * DAY):
        shop.at(moment)
        assert ok(shop.send(platform, event))

    [record] = shop.counted(platform)["events"]

    assert (record["counted"], record["received"]) == (2, 3)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_repeat_inside_one_request_is_counted_once(shop: Shop, platform: str) -> None:
    shop.send(platform, EVENTS[platform](), EVENTS[platform]())

    assert shop.count(platform) == 1


@pytest.mark.parametrize("platform", ["meta", "tiktok"])
def test_events_without_an_id_are_always_counted(shop: Shop, platform: str) -> None:
    event = EVENTS[platform]()
    del event["event_id"]
    shop.send(platform, event, event)
    shop.send(platform, event)

    counted = shop.counted(platform)

    assert counted["counted"] == 3
    assert counted["orders_counted_more_than_once"] == 1


@pytest.mark.parametrize("platform", PLATFORMS)
def test_another_account_counts_for_itself(shop: Shop, platform: str) -> None:
    shop.send(platform, EVENTS[platform]())
    shop.client.post(
        "/sandbox/pixel",
        json={"platform": platform, "account": "999", "event_id": "o-1"},
    )

    counted = shop.counted(platform)

    assert [ACCOUNTS[platform], "999"] == [e["account"] for e in counted["events"]]
    assert counted["orders_counted_more_than_once"] == 0


def test_meta_event_names_are_apart(shop: Shop) -> None:
    shop.meta(meta_event(), meta_event(event_name="Lead"))

    assert shop.count("meta") == 2


def test_meta_store_events_meet_by_second_name_line_and_order_for_7_days(
    shop: Shop,
) -> None:
    def line(item: str, **changes: object) -> dict[str, Any]:
        custom = {"value": 1, "currency": "USD", "order_id": "o-1", "item_number": item}
        event = meta_event(action_source="physical_store", custom_data=custom)
        return event | changes

    shop.meta(line("1"), line("2"), line("1", event_id="other"))
    assert shop.count("meta") == 2
    shop.meta(line("1", event_time=NOON - 1))
    assert shop.count("meta") == 3
    shop.at(7 * DAY - SECOND)
    shop.meta(line("1"))
    assert shop.count("meta") == 3
    shop.at(7 * DAY)
    shop.meta(line("1"))
    assert shop.count("meta") == 4


def test_meta_store_events_never_meet_web_events(shop: Shop) -> None:
    shop.meta(meta_event(), meta_event(action_source="physical_store"))

    assert shop.count("meta") == 2


def test_meta_store_events_without_order_meet_by_the_person(shop: Shop) -> None:
    event = meta_event(action_source="physical_store") | NO_ORDER["meta"]
    other = event | {"user_data": {"external_id": "c-2"}}
    shop.meta(event, event | {"event_id": "x"}, other)

    assert shop.count("meta") == 2


def test_meta_server_events_without_id_meet_the_browser_event_before_them(
    shop: Shop,
) -> None:
    event = meta_event()
    del event["event_id"]
    event["user_data"]["external_id"] = "c-1"
    shop.pixel("meta", event_name="Purchase", external_id="c-1")
    shop.pixel("meta", event_name="Purchase", external_id="c-1")
    assert shop.count("meta") == 2

    shop.meta(event)

    assert shop.count("meta") == 2


def test_tiktok_spellings_of_one_conversion_are_both_counted_and_reported(
    shop: Shop,
) -> None:
    shop.tiktok(tiktok_event(), tiktok_event(event="CompletePayment"))

    counted = shop.counted("tiktok")

    assert counted["counted"] == 2
    assert counted["orders_counted_more_than_once"] == 1


def test_snapchat_purchases_meet_by_order_number_for_30_days(shop: Shop) -> None:
    shop.snapchat(snapchat_event("o-1"))
    for moment, counted in ((30 * DAY - SECOND, 1), (30 * DAY, 2)):
        shop.at(moment)
        late = NOON + int(moment.total_seconds())
        shop.snapchat(snapchat_event("o-1", event_id=str(late), event_time=late))
        assert counted == shop.count("snapchat")

    assert shop.counted("snapchat")["orders_counted_more_than_once"] == 1


def test_snapchat_other_events_do_not_meet_by_order_number(shop: Shop) -> None:
    event = snapchat_event(event_name="ADD_CART")
    shop.snapchat(event, event | {"event_id": "other"})

    assert shop.count("snapchat") == 2


def test_snapchat_sources_are_apart(shop: Shop) -> None:
    shop.snapchat(snapchat_event(), snapchat_event(action_source="OFFLINE"))

    assert shop.count("snapchat") == 2


def test_snapchat_names_are_one_in_either_case(shop: Shop) -> None:
    shop.snapchat(snapchat_event(), snapchat_event(event_name="purchase"))

    assert shop.count("snapchat") == 1


def key_of(number: int) -> Arrival:
    key = Key("space", str(number), 10)
    return Arrival("Purchase", str(number), str(number), 0, 1, "USD", "web", (key,))


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from([0, 1, 9, 10, 11])), max_size=40
    )
)
def test_counted_is_what_a_plain_reading_of_the_window_counts(
    steps: list[tuple[int, int]],
) -> None:
    """Steps in time are drawn around the window's edge."""
    book, at, last, expected = Book({}), 0, dict[int, int](), 0
    for request, (number, step) in enumerate(steps):
        at += step
        book.receive("a", [key_of(number)], request, at)
        if number not in last or at - last[number] >= 10:
            last[number] = at
            expected += 1

    totals = book.totals()

    assert (len(steps), expected) == (totals["received"], totals["counted"])
    assert expected == sum(record.counted for record in book.events())
    assert len(steps) == sum(record.received for record in book.events())
