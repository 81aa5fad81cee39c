"""Where the bars of the report's charts begin and end; their looks are in templates/.

Drawn by hand: docs/decisions/0012-report-charts.md says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile

from capi_jobs.report.balance import Balance
from capi_jobs.report.contents import CLASS_WORDS
from capi_jobs.report.sentences import day_name

# Units of an SVG's width: a tenth of a percent is finer than any screen shows.
WIDTH = 1000
# Two months: beyond, bars are no longer read day by day.
DAYS_MAX = 62
# A single order among thousands must still be seen.
_SEGMENT_MIN = 3


@dataclass(frozen=True, slots=True)
class Segment:
    """One colour of a bar."""

    name: str  # a class, or "recovered"
    label: str
    orders: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One day."""

    label: str
    orders: int
    segments: tuple[Segment, ...]


def class_bars(days: Sequence[Balance]) -> list[Bar]:
    """Stack each day's classes; the longest day fills the width."""
    longest = max((day.orders.orders for day in days), default=0)
    return [
        _bar(
            day_name(day.day),
            [
                (each.value, label, day[each].orders)
                for each, (label, _) in CLASS_WORDS.items()
            ],
            longest,
        )
        for day in _drawn(days)
    ]


def recovered_bars(days: Sequence[Balance]) -> list[Bar]:
    """Draw how many orders capi-jobs recovered each day."""
    longest = max((day.recovered.orders for day in days), default=0)
    return [
        _bar(
            day_name(day.day),
            [("recovered", "recovered", day.recovered.orders)],
            longest,
        )
        for day in _drawn(days)
    ]


def _drawn(days: Sequence[Balance]) -> list[Balance]:
    """Leave out the days before the first order, and of very many the oldest."""
    return list(dropwhile(lambda day: not day.orders.orders, days))[-DAYS_MAX:]


def _bar(label: str, parts: Sequence[tuple[str, str, int]], longest: int) -> Bar:
    orders = sum(count for _, _, count in parts)
    shown = [part for part in parts if part[2]]
    room = WIDTH * orders / longest if longest else 0.0
    # What is widened to be seen is taken from the others in proportion.
    widths = [max(_SEGMENT_MIN, room * count / orders) for _, _, count in shown]
    scale = room / sum(widths) if widths else 0.0
    segments, start = [], 0.0
    for (name, text, count), width in zip(shown, widths, strict=True):
        segments.append(
            Segment(name, text, count, round(start, 1), round(width * scale, 1))
        )
        start += width * scale
    return Bar(label, orders, tuple(segments))
