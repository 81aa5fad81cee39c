"""A pair of runs as a table and a chart, for the terminal and docs/performance.md."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.pairs import Pair

BEGIN, END = "<!-- pairs: begin -->", "<!-- pairs: end -->"
_WHAT = (
    "{:,} orders, {:.0%} missing for Meta; PostgreSQL; a loopback server that answers"
    " after {:g} s. capi-jobs looks at every missing order twice, before it asks and"
    " before it sends, and validates it with Great Expectations; the script does"
    " neither."
)
_BAR = 40  # characters of the longest bar: fits a terminal and a page
# What both do → our stages, and the script's.
_PAIRS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "find what is missing": (("reconcile",), ("read", "merge")),
    "read what is missing": (("read keys", "read"), ()),
    "validate (Great Expectations)": (
        (
            "load rules",
            "validate orders",
            "Great Expectations",
            "validate conversions",
            "keep holds",
        ),
        (),
    ),
    "build events": (
        ("parse", "sort out", "convert", "make entries", "write events"),
        ("build",),
    ),
    "write down what is sent": (("claim", "settle"), ("keep",)),
    "send": (("call",), ("send",)),
}


def told(pair: Pair) -> str:
    """Tell both runs, as Markdown."""
    wanted = pair.wanted
    lines = [
        _WHAT.format(wanted.orders, wanted.missing, wanted.latency),
        "",
        "| | capi-jobs | pandas and Meta's SDK | ratio |",
        "|---|--:|--:|--:|",
        *_whole(pair),
        *_stages(pair),
        "",
        "```text",
        *_chart(pair),
        "```",
    ]
    return "\n".join(lines)


def _whole(pair: Pair) -> Iterator[str]:
    for name, key in (("wall s", "wall"), ("CPU s", "cpu"), ("peak MB", "peak_mb")):
        ours, theirs = pair.ours[key], pair.theirs[key]
        yield f"| **{name}** | {ours:.1f} | {theirs:.1f} | {theirs / ours:.1f} |"
    counts = pair.counted
    yield f"| counted | {counts['capi-jobs']:,} | {counts['script']:,} | |"


def _stages(pair: Pair) -> Iterator[str]:
    """CPU of each stage, over both looks of ours."""
    for name, (ours, theirs) in _PAIRS.items():
        mine = sum(s["cpu"] for s in pair.ours["stages"] if s["stage"] in ours)
        other = sum(pair.theirs["stages"][one]["cpu"] for one in theirs)
        ratio = f"{other / mine:.1f}" if theirs and mine else ""
        yield f"| {name}, CPU s | {mine:.1f} | {_or_nothing(other)} | {ratio} |"


def _or_nothing(seconds: float) -> str:
    return f"{seconds:.1f}" if seconds else "–"


def _chart(pair: Pair) -> Iterator[str]:
    runs: Mapping[str, Mapping[str, Any]] = {
        "capi-jobs": pair.ours,
        "script": pair.theirs,
    }
    for key, unit in (("wall", "s"), ("cpu", "s of CPU"), ("peak_mb", "MB")):
        most = max(run[key] for run in runs.values())
        for who, run in runs.items():
            bar = "█" * max(1, round(run[key] / most * _BAR))
            yield f"  {who:10} {bar} {run[key]:,.0f} {unit}"
