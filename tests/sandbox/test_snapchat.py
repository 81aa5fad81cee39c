"""Snapchat's strictness: VALID or INVALID, with the first bad event's number."""

import gzip
from datetime import timedelta

import orjson
import pytest

from tests.sandbox.builders import (
    EM,
    GONE,
    NOON,
    Event,
    Shop,
    edited,
    ok,
    sha256,
    snapchat_event,
)
from tests.sandbox.conftest import shop_of

EXTINFO = ["i2", "", "", "", "18.1", *[""] * 11]
REFUSALS: list[tuple[str, object]] = [
    ("event_name", GONE),
    ("event_name", "LEAD"),
    ("event_name", ["PURCHASE"]),
    ("event_time", GONE),
    ("event_time", str(NOON)),
    ("event_time", NOON + 61),
    ("event_time", (NOON + 61) * 1000),
    ("event_time", NOON - 7 * 86400 - 1),
    ("event_time", NOON * 1000 - 7 * 86_400_000 - 1),
    ("event_id", 17),
    ("action_source", GONE),
    ("action_source", "shop"),
    ("event_source_url", GONE),
    ("event_source_url", "thanks"),
    ("user_data", GONE),
    ("user_data", {}),
    ("user_data", {"fn": EM, "ln": EM}),
    ("user_data", {"client_ip_address": "203.0.113.7"}),
    ("user_data", {"client_user_agent": "Mozilla/5.0"}),
    ("user_data.em", "person@example.com"),
    ("user_data.em", EM.upper()),
    ("user_data.em", sha256("")),
    ("user_data.country", "us"),
    ("user_data.client_ip_address", EM),
    ("user_data.client_user_agent", EM),
    ("user_data.madid", EM),
    ("custom_data", GONE),
    ("custom_data.value", GONE),
    ("custom_data.value", "12,50"),
    ("custom_data.value", "1_000"),
    ("custom_data.value", "NaN"),
    ("custom_data.value", -1),
    ("custom_data.currency", GONE),
    ("custom_data.currency", "usd"),
    ("custom_data.order_id", 17),
    ("custom_data.contents", {"id": "sku"}),
    ("data_processing_options", "LMU"),
]
PASSES: list[tuple[str, object]] = [
    ("event_time", NOON - 7 * 86400),
    ("event_time", NOON * 1000),
    ("event_name", "purchase"),
    ("action_source", "website"),
    ("user_data", {"ph": EM}),
    ("user_data", {"madid": "38400000-8cf0-11bd-b23e-10b96e40000d"}),
    ("user_data", {"client_ip_address": "::1", "client_user_agent": "Mozilla/5.0"}),
    ("custom_data.value", "10"),
    ("custom_data.contents", [{"id": "sku", "quantity": "1", "item_price": "9.5"}]),
    ("data_processing_options", ["LMU"]),
]


def app_event() -> Event:
    """Make an event that has all the parts a field may stand in."""
    app = {"advertiser_tracking_enabled": True, "extinfo": EXTINFO}
    event = snapchat_event(action_source="MOBILE_APP", app_data=app)
    return edited(event, "custom_data.contents", [{"id": "s"}])


# Every field that the fact sheets give a type.
TYPED = """
    event_name event_time action_source event_source_url event_id user_data
    custom_data app_data data_processing_options opt_out integration user_data.em
    user_data.ph user_data.fn user_data.ln user_data.ge user_data.db user_data.ct
    user_data.st user_data.zp user_data.country user_data.external_id
    user_data.client_ip_address user_data.client_user_agent user_data.sc_click_id
    user_data.sc_cookie1 user_data.madid user_data.idfv custom_data.currency
    custom_data.value custom_data.order_id custom_data.content_ids
    custom_data.contents custom_data.contents.0 custom_data.contents.0.id
    custom_data.contents.0.quantity custom_data.contents.0.item_price
    app_data.advertiser_tracking_enabled app_data.extinfo
""".split()


@pytest.mark.parametrize("path", TYPED)
def test_a_list_in_a_list_is_right_nowhere(shop: Shop, path: str) -> None:
    event = edited(app_event(), "event_name", "SIGN_UP")  # so that parts may be absent

    assert ok(shop.snapchat(event))
    assert not ok(shop.snapchat(edited(event, path, [[]])))


@pytest.mark.parametrize(("path", "value"), REFUSALS)
def test_a_bad_event_refuses_the_request_and_is_named(
    shop: Shop, path: str, value: object
) -> None:
    bad = edited(snapchat_event("o-2"), path, value)
    response = shop.snapchat(snapchat_event(), bad)

    body = response.json()
    assert (response.status_code, body["status"], body["event"]) == (400, "INVALID", 1)
    assert path.split(".", maxsplit=1)[0] in body["reason"]
    assert [body["reason"]] == body["errors"]["error_msgs"]
    codes = {"MISSING", "INVALID", "TOO_OLD", "FUTURE", "UNHASHED", "IDENTIFIERS"}
    assert codes.issuperset(body["errors"]["codes"])
    assert "person@" not in response.text
    assert shop.count("snapchat") == 0


@pytest.mark.parametrize(("path", "value"), PASSES)
def test_a_good_event_is_taken(shop: Shop, path: str, value: object) -> None:
    assert ok(shop.snapchat(edited(snapchat_event(), path, value)))


def test_app_events_need_their_app_data(shop: Shop) -> None:
    for path in (
        "app_data",
        "app_data.extinfo",
        "app_data.advertiser_tracking_enabled",
    ):
        assert not ok(shop.snapchat(edited(app_event(), path, GONE)))
    empty = edited(app_event(), "app_data.extinfo", [""] * 16)
    assert not ok(shop.snapchat(empty))


def test_the_age_limit_is_a_setting() -> None:
    shop = shop_of(snapchat_age_max=timedelta(days=37))

    assert ok(shop.snapchat(snapchat_event(event_time=NOON - 37 * 86400)))


@pytest.mark.parametrize(("count", "taken"), [(0, False), (2000, True), (2001, False)])
def test_a_request_takes_1_to_2000_events(shop: Shop, count: int, taken: bool) -> None:
    assert taken == ok(shop.snapchat(*[snapchat_event()] * count))


@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_wrong_token_is_401(shop: Shop, token: str) -> None:
    response = shop.snapchat(snapchat_event(), token=token)

    assert (response.status_code, response.json()["status"]) == (401, "INVALID")
    assert "event" not in response.json()


def test_the_token_may_stand_in_the_header(shop: Shop) -> None:
    headers = {"Authorization": "Bearer sandbox-1"}
    body = {"data": [snapchat_event()]}

    assert ok(shop.client.post("/v3/pixel-id/events", json=body, headers=headers))


def test_an_unknown_asset_is_404() -> None:
    shop = shop_of(accounts={"snapchat": frozenset({"other"})})

    assert shop.snapchat(snapchat_event()).status_code == 404


def test_gzip_is_understood(shop: Shop) -> None:
    body = gzip.compress(orjson.dumps({"data": [snapchat_event()]}))
    url = "/v3/pixel-id/events?access_token=sandbox-1"
    headers = {"Content-Encoding": "gzip"}

    assert ok(shop.client.post(url, content=body, headers=headers))
    assert not ok(shop.client.post(url, content=b"no gzip", headers=headers))


def test_the_answer_is_valid_with_a_reason(shop: Shop) -> None:
    response = shop.snapchat(snapchat_event())

    reason = "Events have been processed successfully."
    assert {"status": "VALID", "reason": reason} == response.json()


def test_validate_judges_each_event_and_counts_none(shop: Shop) -> None:
    url = "/v3/pixel-id/events/validate?access_token=sandbox-1"
    events = [snapchat_event(), snapchat_event(event_name="LEAD")]

    body = shop.client.post(url, json={"data": events}).json()

    assert (body["status"], body["test_event"]) == ("INVALID", True)
    assert [log["status"] for log in body["event_logs"]] == ["VALID", "INVALID"]
    assert [log["event"] for log in body["event_logs"]] == [0, 1]
    assert shop.count("snapchat") == 0


def test_validate_is_valid_when_all_are_and_takes_no_more_than_events(
    shop: Shop,
) -> None:
    url = "/v3/pixel-id/events/validate?access_token=sandbox-1"

    assert ok(shop.client.post(url, json={"data": [snapchat_event()]}))
    assert shop.client.post(url, json={"data": []}).status_code == 400


def test_hashes_outside_a_known_vocabulary_are_refused() -> None:
    other = frozenset({sha256("other")})

    assert not ok(shop_of(vocabulary={"snapchat.em": other}).snapchat(snapchat_event()))
    for elsewhere in ("meta.em", "snapchat.ph"):
        shop = shop_of(vocabulary={elsewhere: other})
        assert ok(shop.snapchat(snapchat_event()))


def test_validate_asks_for_a_token(shop: Shop) -> None:
    url = "/v3/pixel-id/events/validate"

    assert shop.client.post(url, json={"data": [snapchat_event()]}).status_code == 401


def test_stats_count_the_events_of_the_past_hour(shop: Shop) -> None:
    url, token = "/v3/pixel-id/events/validate", {"access_token": "sandbox-1"}
    shop.client.post(url, json={"data": [snapchat_event()]}, params=token)
    stats = shop.client.get(f"{url}/stats", params=token).json()["stats"]
    assert stats["live"] == {"event_count_past_hour": 0, "latest_event_ts": 0}
    shop.snapchat(snapchat_event("1"), snapchat_event("2"))

    stats = shop.client.get(f"{url}/stats", params=token).json()["stats"]

    assert stats["test"]["event_count_past_hour"] == 1
    assert stats["live"] == {"event_count_past_hour": 2, "latest_event_ts": NOON}
    shop.at(timedelta(hours=1))
    stats = shop.client.get(f"{url}/stats", params=token).json()["stats"]
    assert stats["live"]["event_count_past_hour"] == 0
    assert shop.client.get(f"{url}/stats").status_code == 401


def test_a_pixels_transaction_id_meets_the_servers_order_or_event_id(
    shop: Shop,
) -> None:
    shop.pixel("snapchat", event_name="PURCHASE", order_id="o-1")
    shop.snapchat(snapchat_event("o-1", event_id="x"))
    by_event_id = snapchat_event("o-1")
    del by_event_id["custom_data"]["order_id"]
    shop.snapchat(by_event_id)
    assert shop.count("snapchat") == 1

    shop.snapchat(snapchat_event("o-2"))
    shop.pixel("snapchat", event_name="PURCHASE", order_id="o-2")
    assert shop.count("snapchat") == 2


def test_a_pixels_client_dedup_id_meets_the_servers_event_id(shop: Shop) -> None:
    shop.pixel("snapchat", event_name="ADD_CART", event_id="c-1")
    shop.snapchat(snapchat_event(event_name="ADD_CART", event_id="c-1"))

    assert shop.count("snapchat") == 1
