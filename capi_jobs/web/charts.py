"""Charts as SVG, drawn by Vega on the server: no script on the page, nothing fetched.

Colours are the names of style variables, so that a chart follows light and dark. Each
template sets the same numbers beside it as a table. Why Vega: docs/decisions/.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from markupsafe import Markup

# A picture of a month of one destination takes some 40 KB and 30 ms; pages are looked
# at again and again with the same numbers.
_KEPT = 128
# Wide enough for two months of bars; the style sheet scales it down to a phone.
WIDTH, HEIGHT = 640, 170

_CONFIG: Mapping[str, Any] = {
    "background": None,
    "font": "inherit",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--soft)",
        "titleColor": "var(--soft)",
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "labelFontSize": 11,
        "titleFontWeight": "normal",
    },
}


def stacked_bars(
    rows: Sequence[Mapping[str, object]],
    colours: Mapping[str, str],
    *,
    label: str,
    unit: str = "orders",
) -> Markup:
    """Stack bars by day: rows have `day` (ISO), `part` (a key of `colours`), `number`.

    `colours` gives each part its style variable, from the bottom up.
    """
    order = {part: place for place, part in enumerate(colours)}
    return _drawn(
        {
            "data": {
                "values": [
                    {**row, "place": order[str(row["part"])]}
                    for row in rows
                    if row["number"]
                ]
            },
            "mark": {"type": "bar"},
            "encoding": {
                "x": {
                    "field": "day",
                    "type": "ordinal",
                    "title": None,
                    "scale": {"domain": sorted({str(row["day"]) for row in rows})},
                    "axis": {"labelAngle": 0, "labelOverlap": True},
                },
                "y": {
                    "field": "number",
                    "type": "quantitative",
                    "title": unit,
                    "axis": {"tickCount": 4, "format": "~s"},
                },
                "order": {"field": "place"},
                "color": {
                    "field": "part",
                    "type": "nominal",
                    "legend": None,
                    "scale": {
                        "domain": list(colours),
                        "range": [f"var({name})" for name in colours.values()],
                    },
                },
            },
        },
        label,
    )


def lines(
    rows: Sequence[Mapping[str, object]],
    colours: Mapping[str, str],
    *,
    label: str,
    unit: str,
    top: float | None = None,
) -> Markup:
    """Draw lines over time: rows have `at` (ISO), `part`, `number`."""
    scale = {"domain": [0, top]} if top is not None else {"zero": True}
    return _drawn(
        {
            "data": {"values": list(rows)},
            "mark": {"type": "line", "point": {"size": 25}, "strokeWidth": 2},
            "encoding": {
                "x": {
                    "field": "at",
                    "type": "temporal",
                    "title": None,
                    "scale": {"type": "utc"},
                    "axis": {"tickCount": 8, "labelOverlap": True},
                },
                "y": {
                    "field": "number",
                    "type": "quantitative",
                    "title": unit,
                    "scale": scale,
                    "axis": {"tickCount": 4, "format": "~s"},
                },
                "color": {
                    "field": "part",
                    "type": "nominal",
                    "legend": None,
                    "scale": {
                        "domain": list(colours),
                        "range": [f"var({name})" for name in colours.values()],
                    },
                },
            },
        },
        label,
    )


def _drawn(spec: Mapping[str, Any], label: str) -> Markup:
    whole = {"width": WIDTH, "height": HEIGHT, "config": _CONFIG, **spec}
    svg = _svg(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS))
    return Markup(
        '<figure class="chart" role="img" aria-label="{}">{}</figure>'
    ).format(
        label,
        Markup(svg),  # noqa: S704 - Vega escapes what it writes
    )


@lru_cache(_KEPT)
def _svg(spec: bytes) -> str:
    import vl_convert  # noqa: PLC0415 - half a second, which pages without charts spare

    drawn: str = vl_convert.vegalite_to_svg(orjson.loads(spec))
    # Its size comes from the style sheet; the box keeps the proportions.
    return re.sub(r' width="\d+" height="\d+"', ' aria-hidden="true"', drawn, count=1)
