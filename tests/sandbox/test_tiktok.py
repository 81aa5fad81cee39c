"""TikTok's strictness: HTTP 200 whatever happens, and the code in the body."""

from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.builders import (
    EM,
    GONE,
    NOON,
    TOKEN,
    Shop,
    edited,
    ok,
    sha256,
    tiktok_event,
)
from tests.sandbox.conftest import shop_of

REFUSALS: list[tuple[str, object, int]] = [
    ("event", GONE, 40002),
    ("event", 1, 40002),
    ("event_time", GONE, 40002),
    ("event_time", "2026-11-23T12:00:00Z", 40002),
    ("event_time", NOON * 1000, 40002),
    ("event_time", NOON + 61, 40002),
    ("event_time", NOON - 28 * 86400 - 1, 40002),
    ("event_id", 17, 40002),
    ("event_id", "", 40002),
    ("user", GONE, 40002),
    ("user.email", "person@example.com", 40062),
    ("user.email", EM.upper(), 40062),
    ("user.email", sha256(""), 40062),
    ("user.phone", "+16505551212", 40062),
    ("user.external_id", "customer-1", 40062),
    ("user.first_name", "jane", 40062),
    ("user.ip", EM, 40002),
    ("user.ip", "localhost", 40002),
    ("user.user_agent", EM, 40002),
    ("user.city", EM, 40002),
    ("user.city", "Berlin", 40002),
    ("user.country", "usa", 40002),
    ("user.att_status", "maybe", 40002),
    ("page", GONE, 40002),
    ("page.url", GONE, 40002),
    ("page.url", "/thanks", 40002),
    ("properties", GONE, 40002),
    ("properties.value", GONE, 40002),
    ("properties.value", "19.99", 40002),
    ("properties.value", -1, 40002),
    ("properties.currency", GONE, 40002),
    ("properties.currency", "usd", 40002),
    ("properties.order_id", 17, 40002),
    ("properties.contents.0.content_id", 17, 40002),
    ("properties.contents.0.price", "(null)", 40002),
    ("properties.contents.0.quantity", 1.5, 40002),
    ("limited_data_use", "true", 40002),
]
PASSES: list[tuple[str, object]] = [
    ("event_time", NOON - 28 * 86400),
    ("event_id", GONE),
    ("user.phone", [EM]),
    ("user.city", "münchen"),
    ("user.country", "de"),
    ("user.ttclid", "E.C.P." + "x" * 400),
    ("properties.value", 0),
    ("properties.contents.0.price", GONE),
    ("properties.gtm_version", {"any": "thing"}),
]


# Every field that the fact sheets give a type.
TYPED = """
    event event_time event_id user properties page app ad lead limited_data_use
    user.email user.phone user.external_id user.first_name user.last_name
    user.zip_code user.city user.state user.country user.ttclid user.ttp user.ip
    user.user_agent user.locale user.idfa user.gaid user.idfv user.lead_id
    user.att_status properties.value properties.currency
    properties.content_ids properties.content_type properties.num_items
    properties.order_id properties.shop_id properties.description properties.query
    properties.search_string properties.status properties.predicted_ltv
    properties.contents properties.contents.0 properties.contents.0.content_id
    properties.contents.0.price properties.contents.0.quantity
    properties.contents.0.content_name properties.contents.0.content_category
    properties.contents.0.content_type properties.contents.0.brand
""".split()


@pytest.mark.parametrize("path", TYPED)
def test_a_list_in_a_list_is_right_nowhere(shop: Shop, path: str) -> None:
    event = tiktok_event(event="Lead")  # so that parts may be absent

    assert ok(shop.tiktok(event, source="offline"))
    assert not ok(shop.tiktok(edited(event, path, [[]]), source="offline"))


@pytest.mark.parametrize(("path", "value", "code"), REFUSALS)
def test_a_bad_event_is_refused_with_code_and_path(
    shop: Shop, path: str, value: object, code: int
) -> None:
    bad = edited(tiktok_event("o-2"), path, value)
    response = shop.tiktok(tiktok_event(), bad)

    body = response.json()
    assert (200, code) == (response.status_code, body["code"])
    assert body["message"].startswith("data.1." + path.split(".", maxsplit=1)[0])
    assert "person@" not in response.text
    assert shop.count("tiktok") == 0


@pytest.mark.parametrize(("path", "value"), PASSES)
def test_a_good_event_is_taken(shop: Shop, path: str, value: object) -> None:
    assert ok(shop.tiktok(edited(tiktok_event(), path, value)))


def test_the_message_has_the_path_of_the_bad_item(shop: Shop) -> None:
    bad = edited(tiktok_event(), "properties.contents.0.content_id", 7)

    message = shop.tiktok(bad).json()["message"]

    assert message == "data.0.properties.contents.0.content_id: Not a valid string"


@pytest.mark.parametrize(
    ("source", "part", "needed"),
    [
        ("app", {"app": {}}, {"app": {"app_id": "1"}}),
        ("crm", {"lead": {}}, {"lead": {"lead_id": "1"}}),
        ("offline", {"user": {"ip": "203.0.113.7"}}, {"user": {"phone": EM}}),
    ],
)
def test_each_source_has_its_need(
    shop: Shop, source: str, part: dict[str, object], needed: dict[str, object]
) -> None:
    assert not ok(shop.tiktok(tiktok_event() | part, source=source))
    assert ok(shop.tiktok(tiktok_event() | needed, source=source))


@pytest.mark.parametrize("name", ["event_source", "event_source_id"])
def test_source_and_its_id_are_needed(shop: Shop, name: str) -> None:
    for wrong in (None, "", 17, ["web"]):
        wrong_body: dict[str, Any] = {name: wrong}
        assert shop.tiktok(tiktok_event(), **wrong_body).json()["code"] == 40002


@pytest.mark.parametrize(("count", "code"), [(0, 40061), (1000, 0), (1001, 40061)])
def test_a_request_takes_1_to_1000_events(shop: Shop, count: int, code: int) -> None:
    assert code == shop.tiktok(*[tiktok_event()] * count).json()["code"]


@pytest.mark.parametrize(("token", "code"), [("", 40104), ("wrong", 40105)])
def test_a_wrong_token_has_its_code(shop: Shop, token: str, code: int) -> None:
    assert code == shop.tiktok(tiktok_event(), token=token).json()["code"]


def test_other_versions_and_routes_are_refused(shop: Shop) -> None:
    route = shop.client.post("/open_api/v1.3/event/track", json={})

    headers = {"Access-Token": "sandbox-1"}
    version = shop.client.post(
        "/open_api/v1.2/event/track/", json={"data": []}, headers=headers
    )
    assert version.json()["code"] == 40006
    assert route.json()["code"] == 40400


def test_an_account_that_is_not_ours_is_no_permission() -> None:
    shop = shop_of(accounts={"tiktok": frozenset({"OTHER"})})

    body = shop.tiktok(tiktok_event()).json()

    assert body["code"] == 40001
    assert body["message"] == "No permission to operate pixel code: PIXELCODE."


def test_the_age_limit_is_a_setting() -> None:
    shop = shop_of(tiktok_age_max=timedelta(days=7))

    assert not ok(shop.tiktok(tiktok_event(event_time=NOON - 8 * 86400)))


def test_the_answer_has_an_id_for_support(shop: Shop) -> None:
    response = shop.tiktok(tiktok_event())

    expected = {
        "code": 0,
        "message": "OK",
        "request_id": response.headers["X-Tt-Logid"],
        "data": None,
    }
    assert expected == response.json()


def test_hashes_outside_a_known_vocabulary_are_refused() -> None:
    shop = shop_of(vocabulary={"tiktok.email": frozenset({sha256("other")})})

    assert shop.tiktok(tiktok_event()).json()["code"] == 40062


def test_a_body_without_its_source_is_refused(shop: Shop) -> None:
    response = shop.client.post(
        "/open_api/v1.3/event/track/",
        json={"data": [tiktok_event()]},
        headers={"Access-Token": TOKEN},
    )

    message = "event_source: Missing data for required field"
    assert response.json()["message"] == message
