from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from capi_jobs.errors import ConfigFault
from capi_jobs.jobs.interval import DAYS_MAX, read_interval, yesterday
from capi_jobs.model import DataInterval

NOW = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
BERLIN, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "start", "end"),
    [
        ("2026-11-20", ZoneInfo("UTC"), "2026-11-20", "2026-11-21"),
        ("2026-11-20..2026-11-22", ZoneInfo("UTC"), "2026-11-20", "2026-11-23"),
        (" 2026-11-20 .. 2026-11-20 ", ZoneInfo("UTC"), "2026-11-20", "2026-11-21"),
        ("2026-11-20", BERLIN, "2026-11-19T23:00", "2026-11-20T23:00"),
        # A day of 23 hours, and one of 25.
        ("2026-03-29", BERLIN, "2026-03-28T23:00", "2026-03-29T22:00"),
        ("2026-10-25", BERLIN, "2026-10-24T22:00", "2026-10-25T23:00"),
        (
            "2026-11-20T06:00..2026-11-20",
            BERLIN,
            "2026-11-20T05:00",
            "2026-11-20T23:00",
        ),
        (
            "2026-11-20T06:00Z..2026-11-20T08:00+01:00",
            BERLIN,
            "2026-11-20T06:00",
            "2026-11-20T07:00",
        ),
        # It is the 24th in Kathmandu already.
        ("yesterday", KATHMANDU, "2026-11-22T18:15", "2026-11-23T18:15"),
        ("today", KATHMANDU, "2026-11-23T18:15", "2026-11-24T18:15"),
        ("2026-11-20..yesterday", ZoneInfo("UTC"), "2026-11-20", "2026-11-23"),
    ],
)
def test_days_are_whole_in_their_zone_and_times_are_taken_as_they_are(
    text: str, zone: ZoneInfo, start: str, end: str
) -> None:
    expected = DataInterval(_utc(start), _utc(end))

    assert expected == read_interval(text, zone, NOW)


def test_a_nightly_run_is_about_the_day_that_ended_last() -> None:
    expected = DataInterval(_utc("2026-11-22"), _utc("2026-11-23"))

    assert expected == yesterday(ZoneInfo("UTC"), NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "..",
        "tomorrow",
        "2026-02-30",
        "2026-11-22..2026-11-20",
        "1969-12-31",
        "0001-01-01",
        "9999-12-31",
        "2026-11-20..9999-12-31",
        "2026-11-20,2026-11-21",
    ],
)
def test_what_is_no_interval_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ConfigFault, match=r"→ write 2026-11-20"):
        read_interval(text, BERLIN, NOW)


def test_ten_years_are_the_most() -> None:
    zone = ZoneInfo("UTC")
    read_interval("2010-01-01..2020-01-01", zone, NOW)

    with pytest.raises(ConfigFault, match=f"longer than {DAYS_MAX} days"):
        read_interval("2010-01-01..2020-01-02", zone, NOW)
