from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from capi_jobs.model import DataInterval
from capi_jobs.reconcile.days import touched, whole

BERLIN, SANTIAGO = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Santiago")


def span(start: str, end: str) -> DataInterval:
    return DataInterval(
        *(datetime.fromisoformat(t).astimezone(UTC) for t in (start, end))
    )


@pytest.mark.parametrize(
    ("interval", "zone", "expected"),
    [
        pytest.param(
            span("2026-11-20T00:00+01:00", "2026-11-22T00:00+01:00"),
            BERLIN,
            (date(2026, 11, 20), date(2026, 11, 21)),
            id="two days",
        ),
        pytest.param(
            span("2026-11-20T00:01+01:00", "2026-11-22T23:59+01:00"),
            BERLIN,
            (date(2026, 11, 21), date(2026, 11, 21)),
            id="both ends cut",
        ),
        pytest.param(
            span("2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00"),
            BERLIN,
            (date(2026, 10, 25), date(2026, 10, 25)),
            id="a day of 25 hours",
        ),
        pytest.param(
            span("2026-09-06T01:00-03:00", "2026-09-07T00:00-03:00"),
            SANTIAGO,
            (date(2026, 9, 6), date(2026, 9, 6)),
            id="a day without midnight",
        ),
    ],
)
def test_whole_days_are_those_read_from_end_to_end(
    interval: DataInterval, zone: ZoneInfo, expected: tuple[date, date]
) -> None:
    assert expected == whole(interval, zone)


def test_hours_of_a_day_touch_it_and_hold_none_whole() -> None:
    hours = span("2026-11-20T06:00+01:00", "2026-11-20T18:00+01:00")
    first, last = whole(hours, BERLIN)

    assert (date(2026, 11, 20), date(2026, 11, 20)) == touched(hours, BERLIN)
    assert first > last
