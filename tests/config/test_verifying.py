"""What is said of read APIs: whose each setting is, and where their secrets lie."""

from datetime import timedelta
from pathlib import Path

import pytest

from capi_jobs.config import Credentials, Settings, read
from capi_jobs.errors import ConfigFault
from tests.config.building import faults, table

FILE = Path("/shop/capi_jobs.toml")


def settings(**arrival: object) -> Settings:
    given = table()
    given["destinations"][0]["arrival"] = arrival
    return read(given, FILE)


def test_without_a_word_a_platform_is_asked_as_it_is_documented() -> None:
    arrival = settings().destinations[0].arrival

    assert arrival.token is None
    assert arrival.counted_by is None
    assert arrival.delay is None


def test_a_destination_may_say_what_papers_leave_open() -> None:
    told = settings(counted_by="event_time", delay="2h", timezone="Europe/Berlin")
    arrival = told.destinations[0].arrival

    assert arrival.counted_by == "event_time"
    assert arrival.delay == timedelta(hours=2)
    assert arrival.timezone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("platform", "name", "value", "whose"),
    [
        ("meta", "advertiser", "7000", "tiktok"),
        ("tiktok", "agent", "shop-1", "meta"),
        ("snapchat", "upload_tag", "stores", "meta"),
    ],
)
def test_a_setting_of_one_platform_is_refused_elsewhere(
    platform: str, name: str, value: str, whose: str
) -> None:
    given = table()
    given["destinations"][0] |= {"platform": platform, "arrival": {name: value}}
    [fault] = faults(**given)

    assert fault.endswith(f"{name} is {whose}'s only")


def test_agent_and_tag_travel_with_every_call() -> None:
    target = settings(agent="shop-1.0", upload_tag="stores").destinations[0].target()

    assert (target.agent, target.upload_tag) == ("shop-1.0", "stores")


def test_a_token_that_may_read_lies_beside_the_configuration() -> None:
    [one] = settings(token="file:read_token").destinations

    assert one.arrival.token == "file:/shop/read_token"


def test_the_token_that_may_read_is_preferred(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("READ_TOKEN", "may-read")
    given = settings(token="env:READ_TOKEN")

    found = given.reading_secrets(given.destinations[0])
    assert found == Credentials("may-read")


def test_else_the_token_that_sends_reads_with_its_app_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SENDING", "may-send")
    monkeypatch.setenv("SECRET", "of-the-app")
    given = table()
    given["destinations"][0] |= {"token": "env:SENDING", "app_secret": "env:SECRET"}
    made = read(given, FILE)

    found = made.reading_secrets(made.destinations[0])
    assert found == Credentials("may-send", "of-the-app")


def test_a_token_that_is_not_there_is_named() -> None:
    given = settings(token="env:NOBODY_SET_THIS")

    with pytest.raises(ConfigFault, match="NOBODY_SET_THIS"):
        given.reading_secrets(given.destinations[0])
