"""What was received is kept by the minute, by where it came from and what it was."""

from datetime import UTC, datetime, timedelta

import pytest

from capi_jobs.sandbox.counting import Arrival
from capi_jobs.sandbox.tallies import Matched, Origin, Tally

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
AT = NOON.timestamp()
ORIGIN = Origin("1")


def arrival(
    name: str = "Purchase",
    *,
    event_id: str | None = "e",
    event_time: float | None = None,
    keys: tuple[str, ...] = (),
) -> Arrival:
    return Arrival(name, event_id, None, event_time, None, None, "website", (), keys)


def told(tally: Tally, *, by_event_time: bool = False) -> list[tuple[int, int]]:
    """Return the hour and count of each line of the day."""
    day = NOON.replace(hour=0)
    lines = tally.lines("1", day, day + timedelta(days=1), by_event_time=by_event_time)
    return [(at.hour, count) for at, _, count in lines]


def test_events_of_a_minute_are_one_line() -> None:
    tally = Tally()
    for second in (0, 10, 60):
        tally.add(ORIGIN, arrival(), AT + second, fresh=True)

    assert told(tally) == [(12, 2), (12, 1)]


@pytest.mark.parametrize(
    "event_time", [AT - 3600, (AT - 3600) * 1000], ids=["seconds", "milliseconds"]
)
def test_lines_may_go_by_the_events_own_time(event_time: float) -> None:
    tally = Tally()
    tally.add(ORIGIN, arrival(event_time=event_time), AT, fresh=True)

    assert told(tally) == [(12, 1)]
    assert told(tally, by_event_time=True) == [(11, 1)]


def test_an_event_without_a_time_happened_when_it_came() -> None:
    tally = Tally()
    tally.add(ORIGIN, arrival(), AT, fresh=True)

    assert told(tally, by_event_time=True) == [(12, 1)]


def test_copies_stand_apart() -> None:
    tally = Tally()
    tally.add(ORIGIN, arrival(), AT, fresh=True)
    tally.add(ORIGIN, arrival(), AT, fresh=False)
    lines = tally.lines("1", NOON, NOON + timedelta(hours=1), by_event_time=False)

    assert [line.fresh for _, line, _ in lines] == [True, False]


def test_a_rolling_hour_is_exact_to_the_second() -> None:
    tally = Tally()
    tally.add(ORIGIN, arrival(), AT, fresh=True)
    tally.add(ORIGIN, arrival(), AT + 1.5, fresh=True)
    hour = NOON + timedelta(hours=1)

    assert tally.past_hour("1", hour) == (1, int(AT) + 1)
    assert tally.past_hour("2", hour) == (0, 0)


def test_quality_counts_server_and_browser_apart() -> None:
    tally = Tally()
    tally.add(ORIGIN, arrival(keys=("em", "ph")), AT, fresh=True)
    tally.add(ORIGIN, arrival(event_id=None, keys=("em",)), AT, fresh=True)
    tally.add(Origin("1", browser=True), arrival(), AT, fresh=True)
    tally.add(Origin("2"), arrival("Lead"), AT, fresh=True)

    [one] = tally.quality("1")
    assert one == Matched("Purchase", 2, 1, 1, 1, {"em": 2, "ph": 1})


def test_quality_of_an_agent_counts_its_own_events() -> None:
    tally = Tally()
    tally.add(Origin("1", agent="a"), arrival(), AT, fresh=True)
    tally.add(Origin("1", agent="b"), arrival(), AT, fresh=True)

    assert [one.server for one in tally.quality("1", "a")] == [1]
    assert [one.server for one in tally.quality("1")] == [2]


def test_it_knows_the_accounts_that_received_something() -> None:
    tally = Tally()
    tally.add(ORIGIN, arrival(), AT, fresh=True)

    assert tally.accounts() == {"1"}
