"""Probes: calls that show whether token and account are right, and count nothing."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from capi_jobs.errors import ConfigurationRefused, CredentialRefused
from capi_jobs.model import Answer
from capi_jobs.platforms import NAMES, Platform, platform_named
from tests.platforms.cases import TOKEN, Case

PLATFORMS = [platform_named(name) for name in NAMES]
each_platform = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda p: p.name)
# Years before any window: the probe says 2020.
OLD = datetime(2021, 1, 1, tzinfo=UTC)


def _answer(status: int, /, **body: Any) -> Answer:  # noqa: ANN401
    return Answer(status, {}, json.dumps(body).encode())


@each_platform
def test_a_probe_is_one_event_that_no_platform_can_count(platform: Platform) -> None:
    target = Case(platform, {"target": {"test_event_code": "TEST1"}}).target()
    call = platform.probe(target, TOKEN)
    body = json.loads(call.body)
    [event] = body["data"]
    assert event.get("event_time", 0) < OLD.timestamp()
    assert not {"value", "currency", "custom_data", "properties"} & event.keys()
    assert "test_event_code" not in body


@each_platform
def test_a_probe_goes_where_events_go_with_the_same_token(platform: Platform) -> None:
    target = Case(platform, {}).target()
    probe, call = platform.probe(target, TOKEN), platform.call((), target, TOKEN)
    assert probe.url.replace("/events/validate?", "/events?") == call.url
    assert probe.headers == call.headers


@pytest.mark.parametrize("name", ["snapchat"])
def test_where_there_is_an_address_for_it_the_probe_is_only_validated(
    name: str,
) -> None:
    target = Case(platform_named(name), {}).target()
    assert "/events/validate?" in platform_named(name).probe(target, TOKEN).url


@pytest.mark.parametrize(
    ("name", "answer", "proves"),
    [
        pytest.param(
            "meta",
            _answer(400, error={"code": 100, "error_subcode": 2804003}),
            "token and dataset are right",
            id="meta: too old",
        ),
        pytest.param(
            "meta",
            _answer(400, error={"code": 100, "error_subcode": 34}),
            "",
            id="meta: refused for something else",
        ),
        pytest.param("meta", _answer(200, events_received=1), "", id="meta: taken"),
        pytest.param(
            "tiktok",
            _answer(200, code=40002, message="data.0.event: Missing"),
            "is not documented",
            id="tiktok: a field is missing",
        ),
        pytest.param("tiktok", _answer(200, code=0), "", id="tiktok: taken"),
        pytest.param(
            "snapchat",
            _answer(200, status="INVALID", event_logs=[{"event": 0}]),
            "token and account are right",
            id="snapchat: judged",
        ),
        pytest.param(
            "snapchat",
            _answer(200, status="INVALID", reason="something", event_logs=[]),
            "",
            id="snapchat: judged nothing",
        ),
        *(
            pytest.param(name, Answer(502, {}, b"<html>"), "", id=f"{name}: HTML")
            for name in NAMES
        ),
    ],
)
def test_only_the_expected_refusal_proves_something(
    name: str, answer: Answer, proves: str
) -> None:
    said = platform_named(name).probed(answer)
    assert (proves in said) if proves else not said


@pytest.mark.parametrize(
    ("name", "answer", "stop"),
    [
        ("meta", _answer(400, error={"code": 190}), CredentialRefused),
        (
            "meta",
            _answer(400, error={"code": 100, "error_subcode": 33}),
            ConfigurationRefused,
        ),
        ("tiktok", _answer(200, code=40105), CredentialRefused),
        ("tiktok", _answer(200, code=40001), ConfigurationRefused),
        ("snapchat", _answer(401, status="INVALID"), CredentialRefused),
        (
            "snapchat",
            _answer(400, status="INVALID", reason="invalid token"),
            CredentialRefused,
        ),
        ("snapchat", _answer(404, status="INVALID"), ConfigurationRefused),
    ],
)
def test_a_refused_token_or_account_stops_as_in_a_run(
    name: str, answer: Answer, stop: type[Exception]
) -> None:
    with pytest.raises(stop):
        platform_named(name).probed(answer)
