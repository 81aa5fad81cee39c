"""What is reckoned on paper is reckoned with what was measured."""

import pytest

from benchmarks import paper
from benchmarks.paper import Figures, Load

FIGURES = Figures(
    reading=3e-6, database=1e-6, looking=1e-4, sending=2e-4, entry=1_000.0, claim=0.1
)


def test_the_page_reckons_with_the_figures_that_it_shows() -> None:
    """Else: `python -m benchmarks paper`."""
    page = paper.PAGE.read_text(encoding="utf-8")

    begin, end = paper.MARKS
    shown = page.partition(begin)[2].partition(end)[0].strip()

    assert shown == paper.told(page)


def test_a_reading_takes_the_look_back_and_the_logs_margin() -> None:
    load = Load(FIGURES, orders=1_000_000)

    assert load.days == (4, 11)
    assert load.rows == 15_000_000
    assert load.reading == pytest.approx(45)


def test_a_night_is_three_readings_and_what_is_owed() -> None:
    load = Load(FIGURES, orders=1_000_000)

    assert load.owed == 20_000
    assert load.cpu == pytest.approx(3 * 45 + 20_000 * 3e-4)
    assert load.claims == pytest.approx(2)
    assert load.entries_gb == pytest.approx(0.02)
    assert Load(FIGURES, orders=round(load.most_orders)).cpu == pytest.approx(4 * 3_600)


def test_a_slice_sends_as_long_as_it_reads_at_the_break_even() -> None:
    load = Load(FIGURES)

    sends = load.orders * load.break_even * FIGURES.sending

    assert sends == pytest.approx(load.reading)


def test_a_page_without_the_figures_says_what_to_run() -> None:
    with pytest.raises(LookupError, match="python -m benchmarks workers"):
        paper.told("# Nothing measured yet")
