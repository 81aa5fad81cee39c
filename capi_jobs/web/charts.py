"""Charts as SVG, drawn by Vega on the server: no script on the page, nothing fetched.

Colours are the names of style variables, so that a chart follows light and dark. Each
is drawn twice, for a wide and a narrow place; the style sheet shows the one that fits.
Templates set the same numbers beside it as a table. Why Vega: docs/decisions/0017.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from markupsafe import Markup

# A drawing of a month of one destination takes some 20 KB and 40 ms; pages are looked
# at again and again with the same numbers.
_KEPT = 256
# What each is drawn for, in pixels: a card on a desk, and a phone without its margins.
# The style sheet changes over between them, so that letters stay near their size.
WIDE, NARROW = (600, 200), (350, 210)
# Of the width, what the numbers at the side take.
_SIDE = 60
# A bar, or a group of them, is no wider, however few there are; some air is between.
_BAND_MAX, _BAND_SHARE = 48, 0.8

_CONFIG: Mapping[str, Any] = {
    "aria": False,  # the figure has a label, its numbers a table
    "background": None,
    "font": "inherit",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--soft)",
        "titleColor": "var(--soft)",
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
}
# 2026-11-22 → 22 Nov; what is no date stands as it is ("undated").
_DAY_LABEL = (
    "test(/^[0-9]{4}-/, datum.value)"
    " ? utcFormat(toDate(datum.value), '%-d %b') : datum.value"
)
_HOUR_LABEL = "utcFormat(toDate(datum.value), '%-d %b %H:%M')"

Rows = Sequence[Mapping[str, object]]


def stacked_bars(
    rows: Rows, colours: Mapping[str, str], *, label: str, unit: str = "orders"
) -> Markup:
    """Stack bars by day: rows have `day` (ISO), `part` (a key of `colours`), `number`.

    `colours` gives each part its style variable, from the bottom up.
    """
    order = {part: place for place, part in enumerate(colours)}
    shown = [{**row, "place": order[str(row["part"])]} for row in rows if row["number"]]
    days = sorted({str(row["day"]) for row in rows})
    encoding = {
        "x": _places("day", days, _DAY_LABEL),
        "y": _numbers(unit),
        "order": {"field": "place"},
        "color": _coloured(colours),
    }
    return _drawn(shown, {"type": "bar"}, encoding, label)


def pairs(
    rows: Rows,
    colours: Mapping[str, str],
    *,
    label: str,
    unit: str = "events",
    by_day: bool = False,
) -> Markup:
    """Set bars side by side: rows have `at` (ISO), `part`, `number`."""
    times = sorted({str(row["at"]) for row in rows})
    encoding = {
        "x": _places("at", times, _DAY_LABEL if by_day else _HOUR_LABEL),
        "xOffset": {"field": "part", "scale": {"domain": list(colours)}},
        "y": _numbers(unit),
        "color": _coloured(colours),
    }
    return _drawn(rows, {"type": "bar"}, encoding, label)


def lines(
    rows: Rows,
    colours: Mapping[str, str],
    *,
    label: str,
    unit: str,
    top: float | None = None,
    dashed: Collection[str] = (),
) -> Markup:
    """Draw lines over time: rows have `at` (ISO), `part`, `number`.

    `dashed` names the parts that are told apart by more than their colour.
    """
    encoding = {
        "x": {
            "field": "at",
            "type": "temporal",
            "title": None,
            "scale": {"type": "utc"},
            "axis": {"labelOverlap": True, "tickCount": 5, "format": "%-d %b"},
        },
        "y": _numbers(unit, {"domain": [0, top]} if top is not None else None),
        "color": _coloured(colours),
        "strokeDash": {
            "field": "part",
            "type": "nominal",
            "legend": None,
            "scale": {
                "domain": list(colours),
                "range": [[5, 4] if part in dashed else [1, 0] for part in colours],
            },
        },
    }
    mark = {"type": "line", "point": {"size": 36}, "strokeWidth": 2}
    return _drawn(rows, mark, encoding, label)


def _places(name: str, domain: Sequence[str], words: str) -> dict[str, Any]:
    step = (WIDE[0] - _SIDE) / max(1, len(domain))
    air = 1 - min(_BAND_MAX, step * _BAND_SHARE) / step
    axis = {"labelAngle": 0, "labelOverlap": True, "labelExpr": words, "ticks": False}
    return {
        "field": name,
        "type": "ordinal",
        "title": None,
        "scale": {"domain": domain, "paddingInner": air, "paddingOuter": air / 2},
        "axis": axis | {"labelPadding": 6},
    }


def _numbers(unit: str, scale: Mapping[str, Any] | None = None) -> dict[str, Any]:
    axis = {"tickCount": 4, "format": "~s", "domain": False, "ticks": False}
    number = {"field": "number", "type": "quantitative", "title": unit, "axis": axis}
    return {**number, "scale": scale} if scale else number


def _coloured(colours: Mapping[str, str]) -> dict[str, Any]:
    scale = {
        "domain": list(colours),
        "range": [f"var({name})" for name in colours.values()],
    }
    return {"field": "part", "type": "nominal", "legend": None, "scale": scale}


def _drawn(
    rows: Rows, mark: Mapping[str, Any], encoding: Mapping[str, Any], label: str
) -> Markup:
    spec = {
        "data": {"values": list(rows)},
        "mark": mark,
        "encoding": encoding,
        "config": _CONFIG,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": {"left": 2, "right": 8, "top": 6, "bottom": 2},
    }
    drawings = [
        _svg(orjson.dumps(spec | {"width": width, "height": height}), name)
        for name, (width, height) in (("wide", WIDE), ("narrow", NARROW))
    ]
    return Markup(
        '<figure class="chart" role="img" aria-label="{}">{}</figure>'
    ).format(
        label,
        Markup("").join(map(Markup, drawings)),  # Vega escapes what it writes
    )


@lru_cache(_KEPT)
def _svg(spec: bytes, name: str) -> str:
    import vl_convert  # noqa: PLC0415 - half a second, which pages without charts spare

    drawn: str = vl_convert.vegalite_to_svg(orjson.loads(spec))
    # Its size comes from the style sheet; the box keeps the proportions.
    return drawn.replace('class="marks"', f'class="{name}" aria-hidden="true"', 1)
