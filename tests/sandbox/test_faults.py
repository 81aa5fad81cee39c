"""Faults strike by script: which request, and how it goes wrong."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from capi_jobs.sandbox import Rule, read_script
from capi_jobs.sandbox.faults import Script
from tests.sandbox.builders import (
    EVENTS,
    Shop,
    meta_event,
    ok,
    snapchat_event,
    tiktok_event,
)
from tests.sandbox.conftest import shop_of

PLATFORMS = ["meta", "tiktok", "snapchat"]


def struck(rule: dict[str, Any], requests: int) -> list[int]:
    """Which of so many requests a rule strikes, counted from 1."""
    script = Script([Rule(do="throttle", **rule)])
    numbers = range(1, requests + 1)
    return [number for number in numbers if script.strike("meta", "1", [])[0]]


@pytest.mark.parametrize(
    ("rule", "numbers"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"request": 3}, [3]),
        ({"request": "from 2 to 4"}, [2, 3, 4]),
        ({"every": 2}, [2, 4, 6]),
        ({"times": 2}, [1, 2]),
        ({"every": 2, "times": 2}, [2, 4]),
        ({"request": "from 3 to 6", "every": 3}, [3, 6]),
        ({"platform": "tiktok"}, []),
        ({"account": "2"}, []),
        ({"account": "1", "platform": "meta", "request": 1}, [1]),
        ({"when": {"order_id": ["o-1"]}}, []),
    ],
)
def test_a_rule_strikes_the_requests_it_says(
    rule: dict[str, Any], numbers: list[int]
) -> None:
    assert numbers == struck(rule, 6)


def test_a_rule_counts_only_the_requests_that_fit_it() -> None:
    script = Script([Rule(do="throttle", request=2, when={"event_id": ["bad"]})])
    fits, other = [("good", None), ("bad", None)], [("good", "bad")]

    strikes = [script.strike("meta", "1", ids)[1] for ids in (fits, other, fits, fits)]

    assert strikes == [None, None, 1, None]


def test_the_first_rule_wins_and_the_others_go_on_counting() -> None:
    script = Script([Rule(do="throttle", request=1), Rule(do="html", request=2)])

    done = [script.strike("meta", "1", [])[0] for _ in range(3)]

    assert [rule and rule.do for rule in done] == ["throttle", "html", None]


@pytest.mark.parametrize(
    "rule",
    [
        {"do": "explode"},
        {"do": "delay", "request": "2-4"},
        {"do": "delay", "request": 0},
        {"do": "delay", "seconds": -1},
        {"do": "delay", "platfrom": "meta"},
        {"do": "delay", "platform": "google"},
    ],
)
def test_a_script_that_cannot_be_meant_is_refused(
    rule: dict[str, Any], tmp_path: Path
) -> None:
    script = tmp_path / "faults.json"
    script.write_text(json.dumps([rule]))

    with pytest.raises(ValidationError):
        read_script(script)


def test_a_script_is_read_from_a_file(tmp_path: Path) -> None:
    script = tmp_path / "faults.json"
    script.write_text('[{"do": "throttle", "times": 1}]')

    assert (Rule(do="throttle", times=1),) == read_script(script)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_refuse_by_order_refuses_each_request_that_holds_it(
    shop: Shop, platform: str
) -> None:
    shop.fault(do="refuse", when={"order_id": ["bad"]})
    good, bad = EVENTS[platform]("good"), EVENTS[platform]("bad")

    refused = [shop.send(platform, good, bad), shop.send(platform, bad)]
    taken = shop.send(platform, good)

    assert [ok(answer) for answer in (*refused, taken)] == [False, False, True]
    assert shop.count(platform) == 1


@pytest.mark.parametrize(
    ("platform", "named"),
    [("meta", None), ("tiktok", "data.1.event_id"), ("snapchat", 1)],
)
def test_refuse_names_the_event_as_the_platform_does(
    shop: Shop, platform: str, named: object
) -> None:
    shop.fault(do="refuse", when={"event_id": ["bad"]})
    body = shop.send(platform, EVENTS[platform]("a"), EVENTS[platform]("bad")).json()

    assert named == {
        "meta": body.get("error", {}).get("error_data"),
        "tiktok": body.get("message", "").partition(":")[0],
        "snapchat": body.get("event"),
    }.get(platform)


def test_refuse_can_be_told_to_name_the_event_or_not(shop: Shop) -> None:
    bad = {"event_id": ["bad"]}
    shop.fault(do="refuse", when=bad, name_index=True, platform="meta")
    shop.fault(do="refuse", when=bad, name_index=False)

    meta = shop.meta(meta_event("a"), meta_event("bad")).json()["error"]
    tiktok = shop.tiktok(tiktok_event("a"), tiktok_event("bad")).json()
    snapchat = shop.snapchat(EVENTS["snapchat"]("bad")).json()

    assert meta["error_data"] == {"blame_field_specs": [["data", "1", "event_id"]]}
    assert tiktok["message"] == "event_id: is refused by script"
    assert "event" not in snapchat


def test_refuse_takes_code_subcode_and_status(shop: Shop) -> None:
    shop.fault(do="refuse", code=368, subcode=9, status=403, platform="meta")
    shop.fault(do="refuse", code=40700)

    meta = shop.meta(meta_event())
    tiktok = shop.tiktok(tiktok_event())
    snapchat = shop.snapchat(snapchat_event()).json()

    assert snapchat["errors"]["codes"] == ["40700"]

    error = meta.json()["error"]
    assert (meta.status_code, error["code"], error["error_subcode"]) == (403, 368, 9)
    assert (tiktok.status_code, tiktok.json()["code"]) == (200, 40700)


@pytest.mark.parametrize(
    ("platform", "status", "code"),
    [("meta", 400, 17), ("tiktok", 200, 40100), ("snapchat", 429, None)],
)
def test_throttle_speaks_the_platforms_language(
    shop: Shop, platform: str, status: int, code: int | None
) -> None:
    shop.fault(do="throttle", times=1, retry_after=120)
    answer = shop.send(platform, EVENTS[platform]())

    body = answer.json()
    assert (status, code) == (
        answer.status_code,
        body.get("code", body.get("error", {}).get("code")),
    )
    assert shop.count(platform) == 0
    assert ok(shop.send(platform, EVENTS[platform]()))
    expected = {"snapchat": "120"}
    assert answer.headers.get("Retry-After") == expected.get(platform)
    if platform == "meta":
        [[usage]] = json.loads(answer.headers["X-Business-Use-Case-Usage"]).values()
        assert (
            usage["call_count"],
            usage["estimated_time_to_regain_access"],
        ) == (100, 2)


@pytest.mark.parametrize(
    ("platform", "status"), [("meta", 500), ("tiktok", 200), ("snapchat", 503)]
)
def test_transient_passes(shop: Shop, platform: str, status: int) -> None:
    shop.fault(do="transient", request=1)
    answer = shop.send(platform, EVENTS[platform]())

    assert (status, False) == (answer.status_code, ok(answer))
    if platform == "meta":
        assert answer.json()["error"]["is_transient"]
    assert ok(shop.send(platform, EVENTS[platform]()))


@pytest.mark.parametrize("count_first", [False, True])
@pytest.mark.parametrize(
    ("do", "status"), [("nonsense", 200), ("html", 502), ("error_500", 500)]
)
def test_unreadable_answers_count_first_only_when_told_to(
    shop: Shop, do: str, status: int, count_first: bool
) -> None:
    shop.fault(do=do, times=1, count_first=count_first)
    answer = shop.meta(meta_event())

    assert status == answer.status_code
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert int(count_first) == shop.count("meta")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_expired_token_stays_expired_and_others_live(
    shop: Shop, platform: str
) -> None:
    shop.fault(do="expire_token", request=2)
    event = EVENTS[platform]()
    answers = [shop.send(platform, event) for _ in range(3)]

    assert [ok(answer) for answer in answers] == [True, False, False]
    assert ok(shop.send(platform, event, token="sandbox-new"))
    expected = {"meta": 401, "tiktok": 200, "snapchat": 401}
    assert expected[platform] == answers[2].status_code


@pytest.mark.parametrize(
    ("platform", "said"),
    [
        ("meta", ("events_received", 2)),
        ("tiktok", ("code", 20001)),
        ("snapchat", ("event", 2)),
    ],
)
def test_a_partial_count_counts_the_first_ones(
    shop: Shop, platform: str, said: tuple[str, int]
) -> None:
    shop.fault(do="partial_count", count=2)
    events = [EVENTS[platform](str(number)) for number in range(5)]
    body = shop.send(platform, *events).json()

    assert said[1] == body[said[0]]
    assert shop.count(platform) == 2


def test_a_partial_count_of_all_is_no_fault(shop: Shop) -> None:
    shop.fault(do="partial_count", count=2)

    assert ok(shop.tiktok(tiktok_event("1"), tiktok_event("2")))
    assert shop.count("tiktok") == 2


def test_a_fault_does_not_excuse_a_bad_request(shop: Shop) -> None:
    shop.fault(do="partial_count", count=1)
    shop.fault(do="refuse", platform="tiktok")

    assert not ok(shop.meta(meta_event(event_time=1)))
    assert shop.tiktok(tiktok_event(), token="wrong").json()["code"] == 40105


def test_a_delay_of_nothing_answers_as_ever() -> None:
    for count_first in (None, True, False):
        rule = Rule(do="delay", count_first=count_first)
        shop = shop_of(faults=(rule,))
        assert ok(shop.meta(meta_event()))
        assert shop.count("meta") == 1


def test_faults_are_listed_with_what_they_did_and_can_be_removed(shop: Shop) -> None:
    shop.fault(do="throttle", every=2)
    shop.meta(meta_event())
    shop.meta(meta_event())

    expected = {"do": "throttle", "every": 2, "seen": 2, "struck": 1}
    assert [expected] == shop.client.get("/sandbox/faults").json()
    shop.client.delete("/sandbox/faults")
    assert shop.client.get("/sandbox/faults").json() == []


def test_a_reset_starts_the_script_again() -> None:
    shop = shop_of(faults=(Rule(do="throttle", request=1),))
    shop.at(timedelta(hours=1))
    for _ in range(2):
        assert not ok(shop.meta(meta_event()))
        shop.client.delete("/sandbox")
    assert shop.counted("meta")["received"] == 0
