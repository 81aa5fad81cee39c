"""Bars of text: a chart that terminals and Markdown pages show alike."""

from collections.abc import Iterator, Sequence

_BAR = 40  # characters of the longest bar: fits a terminal and a page

# Who or what, and how much; None was not measured.
Bars = Sequence[tuple[str, float | None]]


def bars(unit: str, told: Bars, why: str = "not run") -> Iterator[str]:
    """Draw one bar each; the longest fills the width."""
    most = max((value for _, value in told if value is not None), default=0.0)
    room = max(len(name) for name, _ in told)
    for name, value in told:
        if value is None:
            yield f"  {name:{room}} {why}"
            continue
        length = max(1, round(value / most * _BAR)) if most else 1
        digits = 1 if most < 100 else 0  # noqa: PLR2004 - three digits are enough
        yield f"  {name:{room}} {'█' * length} {value:,.{digits}f} {unit}"
    yield ""


def fenced(*charts: Iterator[str]) -> list[str]:
    """Put charts into one block of text."""
    lines = [line for chart in charts for line in chart]
    return ["```text", *lines[:-1], "```"]
