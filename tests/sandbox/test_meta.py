"""Meta's strictness: every refusal with the code that Meta gives it."""

import hashlib
import hmac

import orjson
import pytest

from tests.sandbox.builders import (
    DAY,
    EM,
    GONE,
    NOON,
    Event,
    Shop,
    edited,
    meta_event,
    ok,
    sha256,
)
from tests.sandbox.conftest import shop_of

EXTINFO = ["a2", "", "", "", "14", *[""] * 11]
HASH_OF_NOTHING = sha256("")

REFUSALS: list[tuple[str, object, int | None]] = [
    ("event_name", GONE, None),
    ("event_name", "", 2804019),
    ("event_time", GONE, None),
    ("event_time", str(NOON), 2804019),
    ("event_time", NOON + 0.5, 2804019),
    ("event_time", True, 2804019),
    ("event_time", NOON * 1000, None),
    ("event_time", NOON + 61, None),
    ("event_time", NOON - 7 * 86400 - 1, 2804003),
    ("event_id", 17, 2804019),
    ("action_source", GONE, None),
    ("action_source", "web", 2804019),
    ("action_source", ["website"], 2804019),
    ("event_source_url", GONE, None),
    ("event_source_url", "shop.example", 2804019),
    ("user_data", GONE, None),
    ("user_data", [], 2804019),
    ("user_data.client_user_agent", GONE, None),
    ("user_data.client_user_agent", EM, 2804019),
    ("user_data.client_ip_address", EM, 2804019),
    ("user_data.client_ip_address", "256.1.1.1", 2804019),
    ("user_data.client_ip_address", " 203.0.113.7", 2804019),
    ("user_data.em", "person@example.com", None),
    ("user_data.em", EM.upper(), None),
    ("user_data.em", HASH_OF_NOTHING, None),
    ("user_data.em", [EM, ""], None),
    ("user_data.em", [], None),
    ("user_data.em", None, None),
    ("user_data.ph", EM[:-1], None),
    ("user_data.ct", "berlin", None),
    ("user_data.external_id", HASH_OF_NOTHING, 2804019),
    ("user_data.fbc", "fb.1.1554763741205", 2804019),
    ("user_data.fbc", "IwAR0", 2804019),
    ("user_data.fbp", "fb.1.1558571054.1098115397", 2804019),
    ("user_data.lead_id", 12, 2804036),
    ("user_data", {"client_user_agent": "M"}, 2804050),
    ("user_data", {"client_user_agent": "M", "ct": EM, "st": EM}, 2804050),
    ("user_data", {"client_user_agent": "M", "db": EM}, 2804050),
    ("custom_data", GONE, 2804009),
    ("custom_data.value", GONE, 2804009),
    ("custom_data.currency", GONE, 2804009),
    ("custom_data.value", -0.01, 2804019),
    ("custom_data.value", "12,50", 2804019),
    ("custom_data.value", None, 2804019),
    ("custom_data.currency", "EURO", 2804019),
    ("custom_data.currency", "€", 2804019),
    ("custom_data.order_id", 17, 2804019),
    ("custom_data.content_ids", "sku", 2804019),
    ("custom_data.content_type", "thing", 2804019),
    ("custom_data.contents", {}, 2804019),
    ("custom_data.contents", ["sku"], 2804019),
    ("custom_data.contents", [{"id": "sku"}], None),
    ("custom_data.contents", [{"id": 1, "quantity": 1}], 2804019),
    ("custom_data.contents", [{"id": "s", "quantity": 1.5}], 2804019),
    ("opt_out", "true", 2804019),
    ("data_processing_options", ["LMU"], 2804019),
    ("data_processing_options", ["LDU"], None),
]
PASSES: list[tuple[str, object]] = [
    ("event_time", NOON - 7 * 86400),
    ("event_time", NOON + 60),
    ("event_id", GONE),
    ("event_name", "A name of our own"),
    ("user_data.em", EM),
    ("user_data.em", f"{EM}.AQEAAQIA"),
    ("user_data.external_id", ["customer-1"]),
    ("user_data.client_ip_address", "2001:db8::1"),
    ("user_data.fbc", "fb.1.1554763741205.AbCdEfGhIjKlMnOpQrStUvWxYz1234567890"),
    ("user_data.fbp", "fb.1.1558571054389.1098115397"),
    ("user_data.unheard_of", 1),
    ("custom_data.value", 0),
    ("custom_data.currency", "usd"),
    ("custom_data.contents", [{"id": "s", "quantity": 2, "item_price": 9.5}]),
    ("data_processing_options", []),
]


def app_event() -> Event:
    """Make an event that has all the parts a field may stand in."""
    app = {
        "advertiser_tracking_enabled": 1,
        "application_tracking_enabled": 0,
        "extinfo": EXTINFO,
    }
    event = meta_event(action_source="app", app_data=app)
    return edited(event, "custom_data.contents", [{"id": "s", "quantity": 1}])


# Every field that the fact sheets give a type.
TYPED = """
    event_name event_time event_id action_source event_source_url referrer_url
    user_data custom_data app_data original_event_data opt_out
    data_processing_options data_processing_options_country
    data_processing_options_state user_data.em user_data.ph user_data.fn
    user_data.ln user_data.db user_data.ge user_data.ct user_data.st user_data.zp
    user_data.country user_data.f5first user_data.f5last user_data.fi user_data.dobd
    user_data.dobm user_data.doby user_data.external_id user_data.client_ip_address
    user_data.client_user_agent user_data.fbc user_data.fbp
    user_data.subscription_id user_data.fb_login_id user_data.lead_id
    user_data.anon_id user_data.madid user_data.page_id
    user_data.page_scoped_user_id user_data.ctwa_clid user_data.ig_account_id
    user_data.ig_sid custom_data.value custom_data.currency custom_data.content_ids
    custom_data.contents custom_data.content_type custom_data.content_name
    custom_data.content_category custom_data.num_items custom_data.order_id
    custom_data.item_number custom_data.predicted_ltv custom_data.net_revenue
    custom_data.search_string custom_data.delivery_category
    custom_data.contents.0.id custom_data.contents.0.quantity
    custom_data.contents.0.item_price custom_data.contents.0.title
    custom_data.contents.0.brand custom_data.contents.0.category
    app_data.advertiser_tracking_enabled app_data.application_tracking_enabled
    app_data.extinfo
""".split()


@pytest.mark.parametrize("path", TYPED)
def test_a_list_in_a_list_is_right_nowhere(shop: Shop, path: str) -> None:
    event = edited(app_event(), "event_name", "Lead")  # so that parts may be absent

    assert ok(shop.meta(event))
    assert not ok(shop.meta(edited(event, path, [[]])))


@pytest.mark.parametrize(("path", "value", "subcode"), REFUSALS)
def test_a_bad_event_is_refused_with_its_subcode(
    shop: Shop, path: str, value: object, subcode: int | None
) -> None:
    response = shop.meta(edited(meta_event(), path, value))

    error = response.json()["error"]
    assert (400, 100, subcode) == (
        response.status_code,
        error["code"],
        error.get("error_subcode"),
    )
    assert path in error["error_user_msg"] or subcode in {2804050, 2804009, None}
    assert "person@" not in response.text


@pytest.mark.parametrize(("path", "value"), PASSES)
def test_a_good_event_is_taken(shop: Shop, path: str, value: object) -> None:
    assert ok(shop.meta(edited(meta_event(), path, value)))


def test_one_bad_event_refuses_the_whole_request(shop: Shop) -> None:
    good = [meta_event(str(number)) for number in range(10)]
    response = shop.meta(*good, meta_event(event_time=1))

    assert response.status_code == 400
    assert "error_data" not in response.json()["error"]
    assert shop.count("meta") == 0


def test_told_so_the_refusal_names_index_and_field() -> None:
    shop = shop_of(meta_names_index=True)
    bad = edited(meta_event(), "custom_data.value", -1)

    error = shop.meta(meta_event(), bad).json()["error"]

    specs = [["data", "1", "custom_data", "value"]]
    assert error["error_data"] == {"blame_field_specs": specs}


def test_store_events_may_be_62_days_old(shop: Shop) -> None:
    event = meta_event(action_source="physical_store")

    assert ok(shop.meta(event | {"event_time": NOON - 62 * 86400}))
    assert not ok(shop.meta(event | {"event_time": NOON - 62 * 86400 - 1}))


def test_app_events_need_their_app_data(shop: Shop) -> None:
    short = edited(app_event(), "app_data.extinfo", EXTINFO[1:])
    tracking = "app_data.application_tracking_enabled"

    assert not ok(shop.meta(edited(app_event(), "app_data", GONE)))
    assert not ok(shop.meta(edited(app_event(), tracking, GONE)))
    assert not ok(shop.meta(short))
    assert ok(shop.meta(app_event()))


def test_appended_values_need_the_event_they_belong_to(shop: Shop) -> None:
    event = edited(meta_event(event_name="AppendValue"), "action_source", GONE)

    assert not ok(shop.meta(event))
    assert ok(shop.meta(event | {"original_event_data": {"event_name": "Purchase"}}))


def test_limited_data_use_needs_country_and_state(shop: Shop) -> None:
    event = meta_event(data_processing_options=["LDU"])
    country = {"data_processing_options_country": 1}

    assert not ok(shop.meta(event | country))
    assert ok(shop.meta(event | country | {"data_processing_options_state": 1000}))
    assert ok(shop.meta(event | {"data_processing_options_country": 0}))


def test_messages_need_a_page(shop: Shop) -> None:
    event = meta_event(action_source="business_messaging")
    error = shop.meta(event).json()["error"]

    assert (error["code"], error["error_subcode"]) == (100, 2804116)
    assert ok(shop.meta(edited(event, "user_data.page_id", "1")))


@pytest.mark.parametrize(("count", "taken"), [(0, False), (1000, True), (1001, False)])
def test_a_request_takes_1_to_1000_events(shop: Shop, count: int, taken: bool) -> None:
    assert taken == ok(shop.meta(*[meta_event()] * count))


@pytest.mark.parametrize("version", ["v19.0", "v20.0", "v26", "v99.0", "latest"])
def test_versions_that_are_dead_or_never_were_are_refused(
    shop: Shop, version: str
) -> None:
    response = shop.meta(meta_event(), version=version)

    assert (response.status_code, response.json()["error"]["code"]) == (400, 2635)


def test_a_version_dies_on_its_day(shop: Shop) -> None:
    assert ok(shop.meta(meta_event(), version="v21.0"))
    shop.at(59 * DAY)  # 2027-01-21

    error = shop.meta(meta_event(), version="v21.0").json()["error"]

    assert error["code"] == 2635


def test_a_wrong_token_is_190(shop: Shop) -> None:
    for token in ("", "invalid-EAAB"):
        response = shop.meta(meta_event(), token=token)
        assert (response.status_code, response.json()["error"]["code"]) == (400, 190)


def test_a_dataset_that_is_no_number_does_not_exist(shop: Shop) -> None:
    error = shop.meta(meta_event(), account="pixel").json()["error"]

    assert (error["code"], error["error_subcode"]) == (100, 33)


def test_the_proof_is_checked_when_the_secret_is_known() -> None:
    shop = shop_of(meta_app_secret="secret")
    proof = hmac.new(b"secret", b"sandbox-token", hashlib.sha256).hexdigest()

    assert ok(shop.meta(meta_event(), appsecret_proof=proof))
    assert not ok(shop.meta(meta_event(), appsecret_proof="0" * 64))
    assert ok(shop.meta(meta_event()))
    assert ok(shop_of().meta(meta_event(), appsecret_proof="0" * 64))


def test_the_answer_counts_events_and_tells_the_usage(shop: Shop) -> None:
    response = shop.meta(meta_event("1"), meta_event("2"))

    body = response.json()
    assert (body["events_received"], body["messages"], body["fbtrace_id"][0]) == (
        2,
        [],
        "A",
    )
    assert orjson.loads(response.headers["X-App-Usage"])["call_count"] < 100
    [[usage]] = orjson.loads(response.headers["X-Business-Use-Case-Usage"]).values()
    assert usage["estimated_time_to_regain_access"] == 0


def test_hashes_outside_a_known_vocabulary_are_refused() -> None:
    shop = shop_of(vocabulary={"meta.em": frozenset({EM})})
    wrong = edited(meta_event(), "user_data.em", sha256("Person@Example.com"))

    assert ok(shop.meta(meta_event()))
    assert not ok(shop.meta(wrong))
