"""Bars of text: a chart that terminals and Markdown pages show alike."""

from collections.abc import Iterator, Sequence

_BAR = 40  # characters of the longest bar: fits a terminal and a page

# Who or what, and how much.
Bars = Sequence[tuple[str, float]]


def bars(unit: str, told: Bars) -> Iterator[str]:
    """Draw one bar each; the longest fills the width. An empty line ends the chart."""
    most = max(value for _, value in told)
    room = max(len(name) for name, _ in told)
    for name, value in told:
        length = max(1, round(value / most * _BAR)) if most else 1
        digits = 1 if most < 100 else 0  # noqa: PLR2004 - three digits are enough
        yield f"  {name:{room}} {'█' * length} {value:,.{digits}f} {unit}"
    yield ""


def fenced(*charts: Iterator[str]) -> list[str]:
    """Put charts into one block of text."""
    lines = [line for chart in charts for line in chart]
    return ["```text", *lines[:-1], "```"]
