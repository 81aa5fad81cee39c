from datetime import timedelta

import pytest

from capi_jobs.model import ClassCount, OrderClass
from capi_jobs.report.balance import Balance, live
from capi_jobs.report.charts import DAYS_MAX, WIDTH, class_bars, recovered_bars
from tests.report.building import DAY, a_count


def a_day(*counts: ClassCount, ago: int = 0) -> Balance:
    heading = Balance(destination="meta", day=DAY - timedelta(days=ago))
    return live(heading, counts)


def test_the_longest_day_fills_the_width_and_others_are_in_proportion() -> None:
    long = a_day(a_count(OrderClass.DELIVERED, 30), a_count(OrderClass.MISSING, 10))
    bars = class_bars([long, a_day(a_count(OrderClass.MISSING, 20))])
    widths = [[segment.width for segment in bar.segments] for bar in bars]
    assert widths == [[750, 250], [500]]
    assert [segment.start for segment in bars[0].segments] == [0, 750]


def test_one_order_among_thousands_is_seen() -> None:
    day = a_day(a_count(OrderClass.DELIVERED, 9_999), a_count(OrderClass.REJECTED, 1))
    (bar,) = class_bars([day])
    assert bar.segments[1].width >= 2.9
    assert pytest.approx(WIDTH) == sum(segment.width for segment in bar.segments)


def test_days_before_the_first_order_are_left_out_and_others_are_drawn_empty() -> None:
    sold = a_day(a_count(OrderClass.MISSING, 1), ago=1)
    bars = class_bars([a_day(ago=2), sold, a_day()])
    assert [(bar.label, bar.orders) for bar in bars] == [
        ("2026-11-19", 1),
        ("2026-11-20", 0),
    ]
    assert [bar.segments for bar in recovered_bars([sold])] == [()]
    assert class_bars([]) == []


def test_of_many_days_the_latest_are_drawn() -> None:
    days = [
        a_day(a_count(OrderClass.MISSING, 1), ago=ago) for ago in range(100, -1, -1)
    ]
    bars = class_bars(days)
    assert len(bars) == DAYS_MAX
    assert bars[-1].label == "2026-11-20"
