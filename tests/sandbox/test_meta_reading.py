"""Meta tells what it counted: by the hour, by tag, and how well it matches."""

from datetime import timedelta

import pytest

from tests.sandbox.builders import NOON, Shop, meta_event
from tests.sandbox.conftest import shop_of
from tests.sandbox.questions import HOUR, hour_of, hours, meta_stats, quality, uploads


def test_an_hour_tells_what_was_received_in_it(shop: Shop) -> None:
    shop.meta(meta_event("1"), meta_event("2"))
    shop.at(HOUR)
    shop.meta(meta_event("3"), meta_event("4", event_name="Lead"))
    shop.at(HOUR + timedelta(minutes=5))

    assert hours(meta_stats(shop)) == {
        hour_of(): {"Purchase": 2},
        hour_of(HOUR): {"Purchase": 1, "Lead": 1},
    }


def test_a_refused_request_is_told_by_nobody(shop: Shop) -> None:
    shop.meta(meta_event("1"), meta_event("2", event_time=1))

    assert hours(meta_stats(shop)) == {}


def test_browser_events_are_left_out_where_that_is_asked(shop: Shop) -> None:
    shop.meta(meta_event("1"))
    shop.pixel("meta", event_id="2")
    shop.at(timedelta(minutes=1))

    assert hours(meta_stats(shop)) == {hour_of(): {"Purchase": 1}}
    assert hours(meta_stats(shop, event_source="WEB_ONLY")) == {
        hour_of(): {"Purchase": 1}
    }
    assert hours(meta_stats(shop, event_source="")) == {hour_of(): {"Purchase": 2}}


def test_one_agents_events_can_be_asked_for(shop: Shop) -> None:
    shop.meta(meta_event("1"), partner_agent="shop-1.0")
    shop.meta(meta_event("2"))
    shop.at(timedelta(minutes=1))

    assert hours(meta_stats(shop, agent="shop-1.0")) == {hour_of(): {"Purchase": 1}}


@pytest.mark.parametrize(("after_dedup", "expected"), [(False, 2), (True, 1)])
def test_copies_are_told_or_not_as_the_settings_say(
    after_dedup: bool, expected: int
) -> None:
    shop = shop_of(stats_after_dedup=after_dedup)
    shop.meta(meta_event("1"))
    shop.meta(meta_event("1"))
    shop.at(timedelta(minutes=1))

    assert hours(meta_stats(shop)) == {hour_of(): {"Purchase": expected}}


def test_hours_may_go_by_the_events_own_time() -> None:
    shop = shop_of(stats_by_event_time=True)
    shop.meta(meta_event("1", event_time=NOON - 3 * 3600))

    assert hours(meta_stats(shop)) == {hour_of(-3 * HOUR): {"Purchase": 1}}


def test_another_dataset_tells_of_its_own_events(shop: Shop) -> None:
    shop.meta(meta_event("1"), account="99")
    shop.at(timedelta(minutes=1))

    assert hours(meta_stats(shop)) == {}


@pytest.mark.parametrize("form", ["unix", "iso"])
def test_the_time_asked_about_is_half_open(shop: Shop, form: str) -> None:
    shop.meta(meta_event("1"))
    shop.at(HOUR)
    shop.meta(meta_event("2"))
    shop.at(2 * HOUR)
    texts = {"unix": str(NOON), "iso": "2026-11-23T12:00:00"}
    ends = {"unix": str(NOON + 3600), "iso": "2026-11-23T13:00:00+00:00"}

    asked = meta_stats(shop, start_time=texts[form], end_time=ends[form])
    assert hours(asked) == {hour_of(): {"Purchase": 1}}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"start_time": str(NOON - 8 * 86400)}, 100),
        ({"start_time": "soon"}, 100),
        ({"aggregation": "host"}, 100),
        ({"after": "x"}, 100),
        ({"token": "bad"}, 190),
        ({"version": "v19.0"}, 2635),
    ],
)
def test_a_bad_question_is_refused(
    shop: Shop, query: dict[str, str], code: int
) -> None:
    assert meta_stats(shop, **query).json()["error"]["code"] == code


def test_pages_are_followed_by_cursor(shop: Shop) -> None:
    shop.fault(do="paginate", count=1)
    shop.meta(meta_event("1"))
    shop.at(HOUR)
    shop.meta(meta_event("2"))
    shop.at(2 * HOUR)

    first = meta_stats(shop).json()
    second = meta_stats(shop, after=first["paging"]["cursors"]["after"]).json()
    assert [len(page["data"]) for page in (first, second)] == [1, 1]
    assert first["data"] != second["data"]
    assert second["paging"] == {}


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Asia/Kolkata", "2026-11-23T17:00:00+0530"),
        (None, "2026-11-23T12:00:00"),
    ],
)
def test_a_script_puts_hours_into_another_zone(
    shop: Shop, zone: str | None, text: str
) -> None:
    shop.fault(do="other_zone", zone=zone)
    shop.meta(meta_event("1"))
    shop.at(timedelta(minutes=1))

    assert hours(meta_stats(shop)) == {text: {"Purchase": 1}}


def test_uploads_tell_the_store_orders_of_a_tag(shop: Shop) -> None:
    store = meta_event("1", action_source="physical_store")
    shop.meta(store, meta_event("2"), upload_tag="stores")
    shop.meta(store, upload_tag="stores")
    shop.at(timedelta(minutes=1))

    assert uploads(shop, "other") == []
    assert uploads(shop, "stores") == [
        {
            "valid_entries": 2,
            "duplicate_entries": 1,
            "matched_entries": 1,
            "match_rate_approx": 100,
        }
    ]


def test_quality_tells_what_events_hold(shop: Shop) -> None:
    bare = meta_event("2")
    bare["user_data"] = {
        "client_user_agent": "Mozilla/5.0",
        "fbp": "fb.1.1700000000000.12345",
    }
    shop.meta(meta_event("1"), bare)
    shop.pixel("meta", event_id="1")
    shop.pixel("meta")
    [told] = quality(shop)

    keys = {
        key["identifier"]: key["coverage"]["percentage"]
        for key in told["event_match_quality"]["match_key_feedback"]
    }
    assert keys == {
        "client_ip_address": 50.0,
        "client_user_agent": 100.0,
        "em": 50.0,
        "fbp": 50.0,
    }
    # Half of the events have three of the eight keys that are scored.
    assert told["event_match_quality"]["composite_score"] == 1.9
    assert told["event_coverage"] == {"percentage": 100.0}
    [dedup] = told["dedupe_key_feedback"]
    assert dedup["browser_events_with_dedupe_key"] == {"percentage": 50.0}
    assert dedup["server_events_with_dedupe_key"] == {"percentage": 100.0}


def test_quality_of_one_agent_can_be_asked_for(shop: Shop) -> None:
    shop.meta(meta_event("1"), partner_agent="shop-1.0")

    assert len(quality(shop, agent_name="shop-1.0")) == 1
    assert quality(shop, agent_name="other") == []
