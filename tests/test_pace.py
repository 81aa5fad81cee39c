import asyncio
from itertools import pairwise

import pytest

from capi_jobs.pace import PAUSE_MAX_SECONDS, RATE_MIN, Pace


class FakeTicker:
    """Time passes only by sleeping; who sleeps lets the others run."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def ticker() -> FakeTicker:
    return FakeTicker()


def turns(pace: Pace, ticker: FakeTicker, count: int) -> list[float]:
    """Take so many turns at once; return the times at which they came."""
    times: list[float] = []

    async def one() -> None:
        await pace.turn()
        times.append(ticker.now)

    async def run() -> None:
        await asyncio.gather(*(one() for _ in range(count)))

    asyncio.run(run())
    return times


def wait(pace: Pace, ticker: FakeTicker) -> float:
    """Take one turn, and tell how long it took."""
    before = ticker.now
    turns(pace, ticker, 1)
    return ticker.now - before


def test_the_first_turn_comes_at_once(ticker: FakeTicker) -> None:
    assert wait(Pace(10, ticker), ticker) == 0


def test_tasks_take_turns_spaced_by_the_rate(ticker: FakeTicker) -> None:
    times = turns(Pace(4, ticker), ticker, 9)

    assert [b - a for a, b in pairwise(times)] == [0.25] * 8


def test_idle_time_is_not_saved_up_for_a_burst(ticker: FakeTicker) -> None:
    pace = Pace(4, ticker)
    ticker.now += 3_600

    times = turns(pace, ticker, 3)

    assert [b - a for a, b in pairwise(times)] == [0.25, 0.25]


def test_throttling_halves_the_rate_down_to_the_least(ticker: FakeTicker) -> None:
    pace = Pace(1, ticker)
    rates = []
    for _ in range(5):
        pace.throttled(None)
        rates.append(pace.rate)
        turns(pace, ticker, 1)

    assert rates == [0.5, 0.25, 0.125, RATE_MIN, RATE_MIN]


def test_a_rate_set_below_the_least_is_never_raised_by_throttling(
    ticker: FakeTicker,
) -> None:
    pace = Pace(0.05, ticker)

    pace.throttled(None)

    assert pace.rate == 0.05


def test_the_platforms_own_waiting_time_is_kept(ticker: FakeTicker) -> None:
    pace = Pace(10, ticker)

    pace.throttled(42.0)

    assert wait(pace, ticker) == 42


def test_without_a_waiting_time_pauses_double_up_to_the_longest(
    ticker: FakeTicker,
) -> None:
    pace, pauses = Pace(1_000, ticker), []
    for _ in range(11):
        ticker.now += 60  # all earlier spacing is over
        pace.throttled(None)
        pauses.append(wait(pace, ticker))

    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert max(pauses) == PAUSE_MAX_SECONDS


def test_a_waiting_time_of_hours_is_cut(ticker: FakeTicker) -> None:
    pace = Pace(10, ticker)

    pace.throttled(7_200)

    assert wait(pace, ticker) == PAUSE_MAX_SECONDS


@pytest.mark.parametrize("odd", [-5.0, 0.0])
def test_a_waiting_time_of_nothing_shortens_no_other(
    ticker: FakeTicker, odd: float
) -> None:
    pace = Pace(10, ticker)
    turns(pace, ticker, 1)

    pace.throttled(odd)

    assert wait(pace, ticker) == pytest.approx(0.1)


def test_a_good_answer_ends_the_doubling(ticker: FakeTicker) -> None:
    pace = Pace(1_000, ticker)
    for _ in range(3):
        ticker.now += 60
        pace.throttled(None)
        turns(pace, ticker, 1)

    pace.answered()
    ticker.now += 60
    pace.throttled(None)

    assert wait(pace, ticker) == 1


def test_calls_in_flight_that_are_throttled_together_count_as_one(
    ticker: FakeTicker,
) -> None:
    """Eight answers to one burst would else stop a destination for minutes."""
    pace = Pace(16, ticker)

    for _ in range(8):
        pace.throttled(None)

    assert pace.rate == 8
    assert wait(pace, ticker) == 1


def test_the_longest_waiting_time_of_calls_throttled_together_is_kept(
    ticker: FakeTicker,
) -> None:
    pace = Pace(16, ticker)

    for seconds in (5.0, 30.0, 10.0):
        pace.throttled(seconds)

    assert wait(pace, ticker) == 30


def test_ten_good_answers_restore_half_the_rate_and_never_more(
    ticker: FakeTicker,
) -> None:
    pace = Pace(8, ticker)
    pace.throttled(None)

    rates = []
    for _ in range(12):
        pace.answered()
        rates.append(pace.rate)

    assert rates == pytest.approx([4 + 0.4 * n for n in range(1, 11)] + [8, 8])


@pytest.mark.parametrize(("pressure", "expected"), [(0.89, 8), (0.9, 4), (1.0, 4)])
def test_usage_near_its_limit_slows_down_without_a_pause(
    ticker: FakeTicker, pressure: float, expected: float
) -> None:
    pace = Pace(8, ticker)

    pace.pressed(pressure)

    assert pace.rate == expected
    assert wait(pace, ticker) == 0


def test_a_pause_that_begins_while_a_task_waits_holds_for_it_too(
    ticker: FakeTicker,
) -> None:
    pace = Pace(1, ticker)

    async def run() -> float:
        await pace.turn()
        began = ticker.now
        waiting = asyncio.create_task(pace.turn())
        await asyncio.sleep(0)  # it sleeps by now
        pace.throttled(20.0)
        await waiting
        return ticker.now - began

    assert asyncio.run(run()) == 21


def test_a_task_that_is_cancelled_while_waiting_keeps_nobody_from_going_on(
    ticker: FakeTicker,
) -> None:
    pace = Pace(1, ticker)

    async def run() -> None:
        await pace.turn()
        waiting = asyncio.create_task(pace.turn())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()
        async with asyncio.timeout(5):
            await pace.turn()

    asyncio.run(run())


def test_turns_come_in_the_order_in_which_they_were_asked_for(
    ticker: FakeTicker,
) -> None:
    pace, order = Pace(1, ticker), list[int]()

    async def one(number: int) -> None:
        await pace.turn()
        order.append(number)

    async def run() -> None:
        await asyncio.gather(*(one(number) for number in range(5)))

    asyncio.run(run())

    assert order == [0, 1, 2, 3, 4]


def test_a_destination_that_throttles_for_days_stays_at_the_longest_pause(
    ticker: FakeTicker,
) -> None:
    pace = Pace(1, ticker)
    for _ in range(2_000):
        ticker.now += 600
        pace.throttled(None)

    assert wait(pace, ticker) == PAUSE_MAX_SECONDS
