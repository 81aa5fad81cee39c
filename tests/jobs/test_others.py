"""What logs say that others sent is counted by the minute, of this destination only."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from capi_jobs.config import load
from capi_jobs.jobs.clock import SystemClock
from capi_jobs.jobs.house import House, opened
from capi_jobs.jobs.others import sent_by_others
from capi_jobs.model import DataInterval
from tests.shop import Shop

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = DataInterval(NOON - timedelta(hours=12), NOON + timedelta(hours=12))
LOGS = """
[[sent_events]]
relation = "server"
channel = "server"
timezone = "Europe/Berlin"
[[sent_events]]
relation = "browser"
channel = "browser"
[[sent_events]]
relation = "elsewhere"
channel = "server"
platform = "tiktok"
[[sent_events]]
relation = "gone"
channel = "server"
destination = "tiktok-web"
"""
ROWS: dict[str, list[tuple[str | None, str | None, str | None]]] = {
    "server": [
        ("Purchase", "2026-11-22 13:00:40", "meta"),  # in Berlin
        ("Purchase", "2026-11-22T12:00:59+00:00", "meta"),
        ("Purchase", "2026-11-22T12:00:00+00:00", "tiktok"),
        ("Lead", "2026-11-22T12:01:00+00:00", None),
        (None, "2026-11-22T12:02:00+00:00", "meta"),
        ("Purchase", "soon", "meta"),
        ("Purchase", None, "meta"),
        ("Purchase", "2026-11-23T12:00:00+00:00", "meta"),
    ],
    "browser": [("Purchase", "2026-11-22T12:03:00+00:00", "meta")],
    "elsewhere": [("Purchase", "2026-11-22T12:04:00+00:00", "meta")],
}


@pytest.fixture
def house(shop: Shop) -> Iterator[House]:
    shop.configure(platforms=("meta", "tiktok"))
    for name, rows in ROWS.items():
        shop.change(f"CREATE TABLE {name} (event_id, event_name, event_time, platform)")
        for row in rows:
            shop.change(f"INSERT INTO {name} VALUES (1, ?, ?, ?)", *row)  # noqa: S608
    shop.config.write_text(shop.config.read_text() + LOGS)
    with opened(load(shop.config), SystemClock()) as made:
        yield made


def minute(after_noon: int) -> datetime:
    return NOON + timedelta(minutes=after_noon)


def test_a_minute_holds_what_was_sent_in_it(house: House) -> None:
    [meta, _] = house.settings.destinations

    assert sent_by_others(house, meta, DAY, browser=False) == {
        (minute(0), "Purchase"): 2,
        (minute(1), "Lead"): 1,
        (minute(2), "Purchase"): 1,
    }


def test_the_pixels_events_are_counted_where_that_is_asked(house: House) -> None:
    [meta, _] = house.settings.destinations
    found = sent_by_others(house, meta, DAY, browser=True)

    assert found[minute(3), "Purchase"] == 1


def test_names_are_those_that_the_destination_uses(shop: Shop) -> None:
    shop.configure(platforms=("snapchat",))
    shop.change("CREATE TABLE server (event_id, event_name, event_time)")
    shop.change("INSERT INTO server VALUES (1, 'Purchase', '2026-11-22T12:00:00Z')")
    log = '[[sent_events]]\nrelation = "server"\nchannel = "server"\n'
    shop.config.write_text(shop.config.read_text() + log)
    with opened(load(shop.config), SystemClock()) as house:
        [snapchat] = house.settings.destinations
        found = sent_by_others(house, snapchat, DAY, browser=False)

    assert found == {(NOON, "PURCHASE"): 1}
