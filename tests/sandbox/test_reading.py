"""Questions go wrong by script, too, and stand in the log; no send is hit by that."""

from datetime import timedelta

import httpx
import pytest
from httpx import Response

from tests.sandbox.builders import ACCOUNTS, TOKEN, Shop, meta_event, snapchat_event
from tests.sandbox.conftest import shop_of
from tests.sandbox.questions import hours, meta_stats, past_hour


def test_a_question_stands_in_the_log_without_its_token(shop: Shop) -> None:
    meta_stats(shop)
    [line] = shop.client.get("/sandbox/requests").json()

    told = {name: line[name] for name in ("platform", "account", "outcome", "token")}
    assert told == {
        "platform": "meta",
        "account": ACCOUNTS["meta"],
        "outcome": "read",
        "token": "***",
    }


@pytest.mark.parametrize(
    ("rule", "status", "code"),
    [
        ({"do": "forbid"}, 403, 10),
        ({"do": "throttle", "on": "read"}, 400, 17),
        ({"do": "transient", "on": "read"}, 500, 2),
        ({"do": "expire_token", "on": "read"}, 401, 190),
    ],
)
def test_a_question_is_refused_by_script(
    shop: Shop, rule: dict[str, str], status: int, code: int
) -> None:
    shop.fault(**rule)
    answer = meta_stats(shop)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_token_that_expires_while_reading_is_refused_for_sending(shop: Shop) -> None:
    shop.fault(do="expire_token", on="read", times=1)
    meta_stats(shop)

    assert shop.meta(meta_event()).json()["error"]["code"] == 190


@pytest.mark.parametrize(
    ("do", "status", "body"),
    [
        ("nonsense", 200, b"<<< this is not JSON"),
        ("error_500", 500, b"Internal Server Error"),
    ],
)
def test_an_answer_is_unreadable_by_script(
    shop: Shop, do: str, status: int, body: bytes
) -> None:
    shop.fault(do=do, on="read")
    answer = meta_stats(shop)

    assert (answer.status_code, answer.content) == (status, body)


def test_a_delayed_answer_is_an_answer(shop: Shop) -> None:
    shop.fault(do="delay", on="read", seconds=0)

    assert meta_stats(shop).status_code == 200


def test_a_connection_is_dropped_by_script(shop: Shop) -> None:
    shop.fault(do="drop_before", on="read")

    with pytest.raises(ConnectionResetError):
        meta_stats(shop)


def test_faults_of_reading_leave_sends_alone_and_the_other_way_round(
    shop: Shop,
) -> None:
    shop.fault(do="throttle", on="read")
    shop.fault(do="error_500")
    sent: Response = shop.meta(meta_event())

    assert sent.status_code == 500
    assert meta_stats(shop).json()["error"]["code"] == 17


def test_an_account_that_does_not_exist_tells_nothing() -> None:
    shop = shop_of(accounts={"meta": frozenset({"99"})})

    assert meta_stats(shop).json()["error"]["error_subcode"] == 33


# ── Silent loss ─────────────────────────────────────────────────────────────────


def test_each_nth_event_is_lost_though_the_answer_says_all_is_well(shop: Shop) -> None:
    """Counted over the requests: the third of the first, the first of the second."""
    shop.fault(do="lose", each=3)
    answers = [
        shop.meta(*(meta_event(f"{call}{n}") for n in range(5))) for call in "ab"
    ]

    received = [answer.json()["events_received"] for answer in answers]
    assert received == [5, 5]
    ids = {event["event_id"] for event in shop.counted("meta")["events"]}
    assert {"a0", "a1", "a3", "a4", "b1", "b2", "b4"} == ids
    shop.at(timedelta(minutes=1))
    [told] = hours(meta_stats(shop)).values()
    assert told == {"Purchase": 7}


def test_named_events_are_lost(shop: Shop) -> None:
    shop.fault(do="lose", when={"order_id": ["o-2"]})
    shop.snapchat(snapchat_event("o-1"), snapchat_event("o-2"))

    assert past_hour(shop) == 1


def test_without_a_word_all_events_are_lost(shop: Shop) -> None:
    shop.fault(do="lose")
    shop.meta(meta_event("1"), meta_event("2"))

    assert shop.count("meta") == 0


@pytest.mark.parametrize(
    "rule", [{"do": "lose", "on": "read"}, {"do": "other_zone", "zone": "Mars/North"}]
)
def test_a_rule_that_cannot_be_is_refused(shop: Shop, rule: dict[str, str]) -> None:
    assert shop.client.post("/sandbox/faults", json=[rule]).status_code == 422


def test_snapchats_hour_takes_its_token_from_the_header_too(shop: Shop) -> None:
    url = f"/v3/{ACCOUNTS['snapchat']}/events/validate/stats"
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    answer: httpx.Response = shop.client.get(url, headers=bearer)

    assert answer.json()["status"] == "SUCCESS"
