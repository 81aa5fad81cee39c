import time
from datetime import UTC, datetime, timedelta

import pytest

from capi_jobs.jobs import clock
from capi_jobs.jobs.clock import ClockAsOf, SystemClock


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="Linux has it")
def test_seconds_go_on_while_the_machine_sleeps() -> None:
    """A call claimed before a sleep of hours is not made after it."""
    assert clock._GROWING == time.CLOCK_BOOTTIME
    before = time.clock_gettime(time.CLOCK_BOOTTIME)

    assert before <= SystemClock().monotonic() <= before + 60


def test_a_clock_that_stands_elsewhere_goes_on_from_there() -> None:
    as_of = datetime(2026, 11, 20, 12, tzinfo=UTC)
    moved = ClockAsOf(as_of)

    first, second = moved.now(), moved.now()

    assert as_of <= first <= second < as_of + timedelta(minutes=5)
