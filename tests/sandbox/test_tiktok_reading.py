"""TikTok tells a pixel's events by the day, whoever sent them."""

from datetime import timedelta

import pytest

from capi_jobs.sandbox.tiktok_reading import number_of
from tests.sandbox.builders import ACCOUNTS, Shop, tiktok_event
from tests.sandbox.conftest import shop_of
from tests.sandbox.questions import tiktok, tiktok_day

PIXEL = ACCOUNTS["tiktok"]
DAY = '{"start_date":"2026-11-23","end_date":"2026-11-23"}'
IDS = f'["{number_of(PIXEL)}"]'


def test_a_day_tells_what_was_received_in_it(shop: Shop) -> None:
    shop.tiktok(tiktok_event("1"), tiktok_event("2", event="CompletePayment"))
    shop.pixel("tiktok", event_id="3")
    shop.at(timedelta(days=1))
    shop.tiktok(tiktok_event("4"))

    assert tiktok_day(shop) == {"Purchase": 2, "CompletePayment": 1}
    assert tiktok_day(shop, "2026-11-24") == {"Purchase": 1}
    assert tiktok_day(shop, "2026-11-22") == {}


def test_days_are_those_of_the_zone_that_a_script_names(shop: Shop) -> None:
    shop.tiktok(tiktok_event("1"))
    shop.fault(do="other_zone", zone="Pacific/Kiritimati")

    assert tiktok_day(shop, "2026-11-24") == {"Purchase": 1}


@pytest.mark.parametrize(("after_dedup", "expected"), [(False, 2), (True, 1)])
def test_copies_are_told_or_not_as_the_settings_say(
    after_dedup: bool, expected: int
) -> None:
    shop = shop_of(stats_after_dedup=after_dedup)
    shop.tiktok(tiktok_event("1"))
    shop.tiktok(tiktok_event("1"))

    assert tiktok_day(shop) == {"Purchase": expected}


def test_a_pixel_that_does_not_exist_has_no_number() -> None:
    shop = shop_of(accounts={"tiktok": frozenset({"C0OTHER"})})

    assert tiktok(shop, "pixel/list", code="")["data"]["pixels"] == []
    assert tiktok(shop, "pixel/list", code=PIXEL)["code"] == 40001


@pytest.mark.parametrize(
    "query",
    [
        {"advertiser_id": "x"},
        {"pixel_ids": f'["{PIXEL}"]'},
        {"pixel_ids": "7"},
        {"pixel_ids": "["},
        {"date_range": "{}"},
        {"date_range": "[]"},
        {"date_range": '{"start_date":"2026-11-23","end_date":"2026-11-22"}'},
        {"date_range": '{"start_date":"soon","end_date":"2026-11-22"}'},
    ],
    ids=str,
)
def test_a_bad_question_is_refused(shop: Shop, query: dict[str, str]) -> None:
    asks = {"pixel_ids": IDS, "date_range": DAY} | query

    assert tiktok(shop, "pixel/event/stats", **asks)["code"] == 40002


def test_token_and_version_are_checked(shop: Shop) -> None:
    asks = {"pixel_ids": IDS, "date_range": DAY}

    answers = [
        tiktok(shop, "pixel/event/stats", token="bad", **asks),
        tiktok(shop, "pixel/event/stats", version="v1.2", **asks),
    ]
    assert [answer["code"] for answer in answers] == [40105, 40006]


def test_a_question_without_days_is_refused(shop: Shop) -> None:
    assert tiktok(shop, "pixel/event/stats", pixel_ids=IDS)["code"] == 40002
