"""Runs side by side as a table and a chart, for the terminal and the docs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.drawing import bars, fenced
from benchmarks.pairs import CAREFUL, DRT, NAIVE, OURS, Pair

_WHAT = (
    "{:,} orders, {:.0%} missing for Meta; PostgreSQL; a loopback server that answers"
    " after {:g} s. Each is a process of its own, from its start to its end; CPU and"
    " memory of PostgreSQL are not counted."
)
_SAYS: Mapping[str, str] = {
    OURS: "Great Expectations, a gate, a ledger that knows every event",
    CAREFUL: "Great Expectations; pandas in chunks, one call at a time",
    NAIVE: "no validation; pandas with all orders in memory, Meta's own SDK",
    DRT: "no validation, two hashed keys, no items; the user writes the SQL",
}
# What is done → our stages, and those of the scripts.
_PARTS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "find what is missing": (("reconcile",), ("known", "read", "merge", "diff")),
    "read what is missing": (("read keys", "read", "look up releases"), ()),
    "validate (Great Expectations)": (
        (
            "load rules",
            "validate orders",
            "Great Expectations",
            "validate conversions",
            "keep holds",
        ),
        ("validate",),
    ),
    "build events": (
        (
            "parse",
            "sort out",
            "convert",
            "make entries",
            "write events",
            "keep pages",
            "read kept pages",
        ),
        ("build",),
    ),
    "write down what is sent": (("claim", "settle"), ("keep",)),
    "send": (("call",), ("send",)),
}


def marks(orders: int) -> tuple[str, str]:
    """Name the place in the docs: each size has its own."""
    return f"<!-- pairs {orders}: begin -->", f"<!-- pairs {orders}: end -->"


def told(pair: Pair) -> str:
    """Tell all runs, as Markdown."""
    wanted, who = pair.wanted, list(pair.runs)
    lines = [
        _WHAT.format(wanted.orders, wanted.missing, wanted.latency),
        "",
        f"| | {' | '.join(who)} |",
        f"|---|{'--:|' * len(who)}",
        *_whole(pair),
        *_parts(pair),
        "",
        *(f"- **{name}**: {_SAYS[name]}." for name in who),
        *(f"- **{name}** did not run: {why}." for name, why in pair.skipped.items()),
        "",
        *fenced(*(_chart(pair, key, unit) for _, key, unit in _WHOLE)),
    ]
    return "\n".join(lines)


_WHOLE = (
    ("wall s", "wall", "s"),
    ("CPU s", "cpu", "s of CPU"),
    ("peak MB", "peak_mb", "MB"),
)


def _whole(pair: Pair) -> Iterator[str]:
    ours = pair.runs[OURS]
    for name, key, _ in _WHOLE:
        cells = (
            f"{run[key]:,.1f}"
            + ("" if run is ours else f" ({run[key] / ours[key]:.1f}×)")
            for run in pair.runs.values()
        )
        yield f"| **{name}** | {' | '.join(cells)} |"
    counts = (f"{pair.counted[who]:,}" for who in pair.runs)
    yield f"| counted | {' | '.join(counts)} |"


def _parts(pair: Pair) -> Iterator[str]:
    """CPU of each part of the work."""
    for name, (mine, theirs) in _PARTS.items():
        cells = [
            _seconds(_cpu_of_ours(pair, mine) if who == OURS else _cpu(run, theirs))
            for who, run in pair.runs.items()
        ]
        yield f"| {name}, CPU s | {' | '.join(cells)} |"


def _cpu_of_ours(pair: Pair, stages: Sequence[str]) -> float:
    told: Sequence[Mapping[str, Any]] = pair.runs[OURS]["stages"]
    return sum(float(one["cpu"]) for one in told if one["stage"] in stages)


def _cpu(
    run: Mapping[str, Mapping[str, Mapping[str, float]]], names: Sequence[str]
) -> float:
    return sum(run["stages"][one]["cpu"] for one in names if one in run["stages"])


def _seconds(cpu: float) -> str:
    return f"{cpu:.1f}" if cpu else "–"


def _chart(pair: Pair, key: str, unit: str) -> Iterator[str]:
    return bars(unit, [(who, run[key]) for who, run in pair.runs.items()])
