"""Nights with one, two and four workers as a table and a chart, for docs/scale.md."""

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.workers import Night, Wanted

MARKS = ("<!-- workers: begin -->", "<!-- workers: end -->")
_BAR = 40  # characters of the longest bar: fits a terminal and a page
_MICRO = 1e6
_TIMES = """\
| workers | slices | wall s | assess | deliver | report | delivery's speed-up | CPU s \
| PostgreSQL's CPU s | peak MB of a process |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"""
_SUMS = """\
| workers | slices | calls | owed | counted | came again | in two slices \
| in no column, or in two |
|--:|--:|--:|--:|--:|--:|--:|--:|"""
# What `paper.py` reckons with; it finds them by these names.
READING = "keys read and joined, µs an order and task"
LOOKING = "an owed order looked at before the gate, µs"
SENDING = "an owed order read again, checked and sent, µs"
STARTING = "a task's start, s"
DATABASE = "PostgreSQL: all that it did, µs an order and reading of keys"
ENTRY = "the ledger's growth, bytes an entry"
FIGURES = (READING, LOOKING, SENDING, STARTING, DATABASE, ENTRY)


def told(wanted: "Wanted", nights: Sequence["Night"]) -> str:
    """Tell all nights, as Markdown."""
    whole, one = nights[0], nights[1]
    lines = [
        _what(wanted, whole),
        "",
        _TIMES,
        *(_night(night, one) for night in nights),
        "",
        _SUMS,
        *map(_sums, nights),
        "",
        "```text",
        *_chart(nights),
        "```",
        "",
        "What the night without slices took, by what it did:",
        "",
        "| what | CPU |",
        "|---|--:|",
        *_figures(wanted, whole),
    ]
    return "\n".join(lines)


def _what(wanted: "Wanted", night: "Night") -> str:
    [found] = night.tasks["assess"]
    return (
        f"{wanted.orders:,} orders of one day, {wanted.missing:.0%} missing for Meta,"
        f" {found['due']:,} of them sound; PostgreSQL for warehouse and ledger, on the"
        f" same cores; a loopback server that answers after {wanted.latency:g} s."
        f" Load of the machine afterwards: {os.getloadavg()[0]:.1f}."
    )


def _night(night: "Night", one: "Night") -> str:
    walls = night.walls
    faster = (
        "" if night.slices == 1 else f"{one.walls['deliver'] / walls['deliver']:.2f}"
    )
    return (
        f"| {night.workers} | {night.slices} | {night.wall:.1f} | {walls['assess']:.1f}"
        f" | {walls['deliver']:.1f} | {walls['close']:.1f} | {faster} | {night.cpu:.1f}"
        f" | {night.database_cpu:.1f} | {night.peak_mb:.0f} |"
    )


def _sums(night: "Night") -> str:
    calls = sum(one["requests"] for one in night.tasks["deliver"])
    return (
        f"| {night.workers} | {night.slices} | {calls:,} | {night.owed:,} |"
        f" {night.counted['counted']:,} | {night.counted['again']:,} |"
        f" {night.overlap:,} | {night.remainder:,} |"
    )


def _chart(nights: Sequence["Night"]) -> Iterator[str]:
    most = max(night.walls["deliver"] for night in nights)
    for night in nights:
        seconds = night.walls["deliver"]
        bar = "█" * max(1, round(seconds / most * _BAR))
        who = f"{night.workers} × {night.slices} slices"
        yield f"  {who:13} {bar} {seconds:,.1f} s of delivery"


def _figures(wanted: "Wanted", night: "Night") -> Iterator[str]:
    """Cost per order, of the night that read the keys once per step."""
    [found], tasks = night.tasks["assess"], sum(map(len, night.tasks.values()))
    looked = night.stage("assess", "validate") / found["due"] * _MICRO
    sent = night.stage("deliver", "deliver") / night.delivered * _MICRO
    read = sum(night.stage(step, "reconcile") for step in ("assess", "deliver"))
    begun = sum(night.stage(step, "start") for step in night.tasks)
    database = night.database_cpu / tasks / wanted.orders * _MICRO
    yield f"| {READING} | {read / 2 / wanted.orders * _MICRO:.2f} |"
    yield f"| {LOOKING} | {looked:.0f} |"
    yield f"| {SENDING} | {sent:.0f} |"
    yield f"| {STARTING} | {begun / tasks:.1f} |"
    yield f"| {DATABASE} | {database:.2f} |"
    yield f"| {ENTRY} | {night.entry_bytes:.0f} |"
