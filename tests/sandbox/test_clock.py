"""The sandbox's clock is the machine's, moved."""

from datetime import UTC, datetime, timedelta

from capi_jobs.sandbox.clock import SandboxClock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_it_runs_with_the_machine_and_its_shift_until_reset() -> None:
    ticks = iter([NOON, NOON + timedelta(seconds=1), NOON + timedelta(seconds=2)])
    clock = SandboxClock(lambda: next(ticks))

    first = clock.now()
    clock.shift = timedelta(hours=1)
    shifted = clock.now()
    clock.reset()

    assert first == NOON
    assert shifted == NOON + timedelta(hours=1, seconds=1)
    assert clock.now() == NOON + timedelta(seconds=2)


def test_the_machines_time_has_a_zone() -> None:
    assert SandboxClock().now().utcoffset() == timedelta()
