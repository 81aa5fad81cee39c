"""Bars of text."""

from benchmarks.drawing import bars, fenced


def test_the_longest_bar_fills_the_width_and_the_shortest_can_be_seen() -> None:
    drawn = list(bars("s", [("much", 200.0), ("half", 100.0), ("nothing", 0.0)]))

    assert drawn == [
        f"  much    {'█' * 40} 200 s",
        f"  half    {'█' * 20} 100 s",
        "  nothing █ 0 s",
        "",
    ]


def test_charts_stand_in_one_block_with_a_line_between() -> None:
    block = fenced(bars("s", [("one", 0.0)]), bars("MB", [("two", 1.0)]))

    assert block == [
        "```text",
        "  one █ 0.0 s",
        "",
        f"  two {'█' * 40} 1.0 MB",
        "```",
    ]
