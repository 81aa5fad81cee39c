"""What was measured, as a table for the terminal and for docs/performance.md."""

import os
import platform
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.job import Measured, Wanted

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
# As an order passes them; a stage inside another stands after it.
STAGES = (
    "reconcile",
    "load rules",
    "read keys",
    "look up releases",
    "read",
    "parse",
    "sort out",
    "validate orders",
    "Great Expectations",
    "convert",
    "make entries",
    "write events",
    "validate conversions",
    "add up",
    "coverage",
    "advise",
    "judge",
    "give memory back",
    "keep holds",
    "keep the run's books",
    "keep pages",
    "read kept pages",
    "slim what waits",
    "claim",
    "call",
    "wait for answers",
    "settle",
)
_PHASES = ("start", "assess", "deliver", "end")


def told(measured: Measured) -> str:
    """Tell everything, as Markdown."""
    wanted, figures = measured.wanted, measured.figures
    lines = [
        _what(wanted),
        "",
        f"**{_cost(figures)}**",
        "",
        "| phase | stage | rows | calls | wall s | CPU s | rows / CPU s |",
        "|---|---|--:|--:|--:|--:|--:|",
        *_stages(measured),
        "",
        "| destination | owed | counted | came again | calls | held |",
        "|---|--:|--:|--:|--:|---|",
        *_destinations(measured),
    ]
    if measured.second:
        again = sum(d["requests"] for d in measured.second["destinations"].values())
        lines += ["", f"Run again at once: {again} calls; {_cost(measured.second)}"]
    return "\n".join(lines)


def _what(wanted: Wanted) -> str:
    where = "SQLite" if wanted.sqlite else "PostgreSQL"
    slow = f"a loopback server that answers after {wanted.latency:g} s"
    server = "the sandbox" if wanted.sandbox else slow
    return (
        f"{wanted.orders:,} orders, {wanted.missing:.0%} missing for each of"
        f" {wanted.destinations} destinations; {where} for warehouse and ledger;"
        f" {server}."
    )


def _cost(figures: Mapping[str, Any]) -> str:
    return (
        f"{figures['wall']:.1f} s, {figures['cpu']:.1f} s of CPU,"
        f" {figures['peak_mb']:.0f} MB at most."
    )


def _stages(measured: Measured) -> Iterator[str]:
    figures = measured.figures
    stages = sorted(
        figures["stages"],
        key=lambda one: (_PHASES.index(one["phase"]), STAGES.index(one["stage"])),
    )
    yield _row("start", "imports", 0, 0, None, figures["imports_cpu"])
    rest = figures["cpu"] - figures["imports_cpu"]
    for one in stages:
        cpu = None if one["stage"] == "wait for answers" else one["cpu"]
        rest -= cpu or 0
        yield _row(
            one["phase"], one["stage"], one["rows"], one["calls"], one["wall"], cpu
        )
    yield _row("", "everything else", 0, 0, None, rest)


def _row(
    phase: str,
    stage: str,
    rows: int,
    calls: int,
    wall: float | None,
    cpu: float | None,
) -> str:
    speed = f"{rows / cpu:,.0f}" if rows and cpu else ""
    return (
        f"| {phase} | {stage} | {rows or '':,} | {calls or '':,} |"
        if rows and calls
        else f"| {phase} | {stage} | | {calls or ''} |"
    ) + f" {_seconds(wall)} | {_seconds(cpu)} | {speed} |"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _destinations(measured: Measured) -> Iterator[str]:
    for name, owed in measured.owed.items():
        counted, ran = measured.counted[name], measured.figures["destinations"][name]
        yield (
            f"| {name} | {owed:,} | {counted['counted']:,} | {counted['again']:,} |"
            f" {ran['requests']:,} | {_held(measured.figures['held'][name])} |"
        )
        for reason in ran["asks"]:
            yield f"| | asks: {reason} | | | | |"


def _held(rules: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {rule}" for rule, count in sorted(rules.items()))


def faults(measured: Measured) -> list[str]:
    """Say where the platform counted something else than was owed."""
    return [
        f"{name}: owed {owed}, counted {measured.counted[name]}"
        for name, owed in measured.owed.items()
        if measured.counted[name]["counted"] != owed or measured.counted[name]["again"]
    ]


def write(
    text: str,
    command: str,
    marks: tuple[str, str] = (BEGIN, END),
    page: Path = PAGE,
) -> None:
    """Put what was measured into a page of the docs, between its two marks."""
    begin, end = marks
    head, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _, ended, tail = rest.partition(end)
    if not found or not ended:
        raise SystemExit(f"{page.name} has no place for it: {begin} … {end}")
    when = f"{datetime.now(UTC):%Y-%m-%d}"
    stamp = f"`{command}` on {when}: {_machine()}."
    page.write_text(f"{head}{begin}\n{stamp}\n\n{text}\n{end}{tail}", encoding="utf-8")


def _machine() -> str:
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    python = ".".join(map(str, sys.version_info[:3]))
    return f"{os.cpu_count()} cores of {cpu}, {memory:.0f} GiB, Python {python}"
