"""Which logs an audit reads, and by which words it compares."""

from datetime import UTC, datetime, timedelta

from capi_jobs.config import load
from capi_jobs.jobs.auditing import logs_of, terms
from capi_jobs.jobs.clock import ClockAsOf
from capi_jobs.jobs.house import opened
from capi_jobs.model import DataInterval
from tests.shop import Shop

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
DAY = DataInterval(NOW - timedelta(days=1), NOW)
LOGS = """
[[sent_events]]
relation = "events"
channel = "browser"

[[sent_events]]
relation = "events"
channel = "server"
platform = "meta"

[[sent_events]]
relation = "tiktok_events"
channel = "server"
platform = "tiktok"

[[sent_events]]
relation = "of_one"
channel = "server"
destination = "meta-web"
"""


def test_logs_that_may_tell_of_a_destination_are_read_each_under_its_own_name(
    shop: Shop,
) -> None:
    shop.configure(extra=LOGS, platforms=("meta", "tiktok"))
    with opened(load(shop.config), ClockAsOf(NOW), to_look=True) as house:
        meta, tiktok = house.settings.destinations
        named = [list(logs_of(house, one)) for one in (meta, tiktok)]

    assert named == [["events", "events (1)", "of_one"], ["events", "tiktok_events"]]


def test_statuses_are_compared_in_lower_case_and_names_as_the_platform_does(
    shop: Shop,
) -> None:
    extra = '[audit]\ncancelled_statuses = [" Storniert"]\nreopened_after = "2d"'
    shop.configure(extra=extra, platforms=("tiktok",))
    with opened(load(shop.config), ClockAsOf(NOW), to_look=True) as house:
        made = terms(house, house.settings.destinations[0], DAY)

    assert made.cancelled_statuses == {"storniert"}
    assert made.reopened_after == timedelta(days=2)
    assert made.names["completepayment"] == "purchase"
    assert (made.destination, made.platform) == ("tiktok-web", "tiktok")
