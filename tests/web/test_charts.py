"""Charts follow the style sheet's colours, fit a phone, and need no script."""

import re

import pytest
from markupsafe import Markup

from capi_jobs.web import charts

HOSTILE = '"><script>alert(1)</script>'
COLOURS = {"delivered": "--c-delivered", "missing": "--c-missing"}


def bars(*numbers: int, label: str = "Orders") -> Markup:
    rows: list[dict[str, object]] = [
        {"day": f"2026-11-{day:02}", "part": part, "number": number}
        for day, number in enumerate(numbers, 1)
        for part in COLOURS
    ]
    return charts.stacked_bars(rows, COLOURS, label=label)


def drawings(chart: Markup) -> list[str]:
    return re.findall(r"<svg.*?</svg>", str(chart), re.DOTALL)


def words(drawing: str) -> list[str]:
    """Return the letters that are seen: what Vega leaves out, it makes transparent."""
    found = re.findall(r"<text([^>]*)>([^<>]+)</text>", drawing)
    return [text for attributes, text in found if 'opacity="0"' not in attributes]


def test_each_chart_is_drawn_for_a_desk_and_for_a_phone() -> None:
    wide, narrow = drawings(bars(1, 2))
    assert 'class="wide"' in wide
    assert 'viewBox="0 0 600 200"' in wide
    assert 'class="narrow"' in narrow
    assert 'viewBox="0 0 350 210"' in narrow


def test_colours_are_those_of_the_style_sheet_alone() -> None:
    """A colour that is written out would not follow dark mode."""
    for drawing in drawings(bars(1, 2)):
        assert "var(--c-delivered)" in drawing
        assert "var(--c-missing)" in drawing
        painted = set(re.findall(r'(?:fill|stroke)="([^"]+)"', drawing))
        assert {one for one in painted if not one.startswith("var(")} <= {
            "none",
            "transparent",
        }


def test_nothing_in_it_is_what_the_policy_refuses() -> None:
    drawn = str(bars(3)).lower()
    assert not re.findall(
        r"<script|<style|<image|<foreignobject| style=| on\w+=", drawn
    )
    assert (
        re.findall(r"https?://[^\" ]+", drawn)
        == [
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1999/xlink",
        ]
        * 2
    )


def test_the_label_is_escaped() -> None:
    chart = bars(1, label=HOSTILE)
    assert HOSTILE not in chart
    assert "&lt;script&gt;" in chart


def test_names_of_parts_and_days_are_escaped() -> None:
    rows = [{"day": HOSTILE, "part": HOSTILE, "number": 1}]
    chart = charts.stacked_bars(rows, {HOSTILE: "--c-held"}, label="x")
    assert "<script" not in chart


def test_days_are_written_for_people_and_what_is_none_as_it_is() -> None:
    rows = [
        {"day": day, "part": "missing", "number": 1}
        for day in ("2026-11-02", "undated")
    ]
    wide, _ = drawings(charts.stacked_bars(rows, COLOURS, label="x"))
    assert {"2 Nov", "undated"} <= set(words(wide))


def test_days_without_orders_keep_their_place() -> None:
    wide, _ = drawings(bars(5, 0, 5))
    assert [one for one in words(wide) if one.endswith("Nov")] == [
        "1 Nov",
        "2 Nov",
        "3 Nov",
    ]


def test_labels_that_would_overlap_are_left_out_on_a_phone() -> None:
    wide, narrow = (
        [w for w in words(d) if "Nov" in w] for d in drawings(bars(*[1] * 14))
    )
    assert 2 <= len(narrow) < len(wide) <= 14


@pytest.mark.parametrize(
    ("by_day", "label"), [(False, "2 Nov 03:00"), (True, "2 Nov")], ids=["hour", "day"]
)
def test_pairs_are_told_by_hour_or_day(*, by_day: bool, label: str) -> None:
    rows = [
        {"at": "2026-11-02T03:00:00+00:00", "part": part, "number": 7}
        for part in COLOURS
    ]
    for drawing in drawings(charts.pairs(rows, COLOURS, label="x", by_day=by_day)):
        assert label in words(drawing)


def test_lines_are_told_apart_by_more_than_colour() -> None:
    rows = [
        {"at": f"2026-11-{day:02}", "part": part, "number": 5.5}
        for day in (1, 2)
        for part in COLOURS
    ]
    chart = charts.lines(
        rows, COLOURS, label="x", unit="of 10", top=10, dashed={"missing"}
    )
    for drawing in drawings(chart):
        dashes = re.findall(
            r'stroke="var\((--c-\w+)\)"[^>]*stroke-dasharray="([^"]+)"', drawing
        )
        assert dict(dashes) == {"--c-delivered": "1,0", "--c-missing": "5,4"}
        assert "10" in words(drawing)


def test_nothing_to_draw_is_an_empty_frame() -> None:
    assert len(drawings(charts.stacked_bars([], COLOURS, label="x"))) == 2
