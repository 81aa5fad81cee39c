"""One order on one screen: in the order of time, breaks in their place."""

import io

import pytest
from rich.console import Console

from capi_jobs.report.trace_terminal import print_trace
from capi_jobs.report.traces import Trace
from tests.report.test_trace_json import traced

EARLY = {
    "event_id": "e-2",
    "event_time": "2026-11-20T11:00:00Z",
    "channel": "browser",
    "log": "pixel",
}
LATE = {**EARLY, "event_id": "e-3", "event_time": "2026-11-20 12:30:00+01:00"}


def screen(trace: Trace, width: int = 100) -> str:
    out = io.StringIO()
    print_trace(Console(file=out, width=width, no_color=True, highlight=False), trace)
    return out.getvalue()


def test_what_happened_stands_in_the_order_of_time_in_utc() -> None:
    told = screen(traced(events=(LATE, EARLY), entries=()))

    assert told.index("2026-11-20 11:00:00") < told.index("2026-11-20 11:30:00")


@pytest.mark.parametrize(
    ("text", "shown"),
    [("2026-11-20 12:30:00", "2026-11-20 12:30:00?"), ("soon", "soon"), (None, "✗")],
)
def test_a_time_that_cannot_be_placed_is_shown_as_it_is(
    text: str | None, shown: str
) -> None:
    assert shown in screen(traced(events=({**EARLY, "event_time": text},), entries=()))


def test_the_break_its_cause_and_what_to_do_are_told() -> None:
    told = screen(traced(entries=()), width=200)

    assert "✗ misaligned cents: the value was sent in the wrong unit" in told
    assert "→ send the value as a decimal number" in told
    assert "counted by the platform, as far as can be known: 1–2 times" in told
    assert "held by value_negative: the value is negative" in told
    assert "dora said block: no" in told
    assert "filled: email" in told


def test_nothing_wrong_is_said() -> None:
    told = screen(traced(entries=(), findings=()))

    assert "✓ nothing is wrong here" in told


@pytest.mark.parametrize("width", [60, 100])
def test_no_line_is_wider_than_the_screen(width: int) -> None:
    told = screen(traced(events=(EARLY, LATE), entries=()), width)

    assert max(len(line) for line in told.splitlines()) <= width
