"""What was lived through: a table for the terminal and docs/chaos.md, or JSON."""

import os
import platform
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chaos.books import shortened
from chaos.life import Told

PAGE = Path(__file__).parent.parent / "docs" / "chaos.md"


def summed(told: Sequence[Told], seconds: float) -> dict[str, Any]:
    """Add all lives up."""
    happened = sum((one.happened for one in told), Counter[str]())
    ended = sum((one.ended for one in told), Counter[str]())
    return {
        "lives": dict(Counter(one.engine for one in told)),
        "runs": sum(one.runs for one in told),
        "calm_runs": sum(one.calm_runs for one in told),
        "seconds": round(seconds, 1),
        "owed": sum(one.truth.owed for one in told),
        "counted_once": sum(one.truth.counted_once for one in told),
        "in_doubt_counted": sum(one.truth.in_doubt_counted for one in told),
        "in_doubt_not_counted": sum(one.truth.in_doubt_not_counted for one in told),
        "happened": dict(happened.most_common()),
        "ended": dict(ended.most_common()),
        "wrong": {
            f"life {one.number} ({one.engine})": shortened(one.truth.wrong)
            for one in told
            if one.truth.wrong
        },
    }


def text(summary: dict[str, Any]) -> str:
    """Tell it as Markdown."""
    lives = ", ".join(f"{n} on {engine}" for engine, n in summary["lives"].items())
    ended = ", ".join(f"{n} × {code}" for code, n in summary["ended"].items())
    doubt = summary["in_doubt_counted"] + summary["in_doubt_not_counted"]
    wrong = [
        f"- {life}: {line}"
        for life, lines in summary["wrong"].items()
        for line in lines
    ]
    said = (
        f"{summary['runs']:,} runs were hurt in {sum(summary['lives'].values())}"
        f" lives ({lives}), {summary['calm_runs']:,} more were not;"
        f" {summary['seconds'] / 60:.0f} minutes."
    )
    return "\n".join(
        [
            said,
            "",
            "| orders × destinations | |",
            "|---|--:|",
            f"| owed | {summary['owed']:,} |",
            f"| counted once | {summary['counted_once']:,} |",
            f"| counted twice, or delivered and not counted | {len(wrong)} |",
            f"| in doubt beyond the window, named for a person | {doubt:,} |",
            f"| of these, counted once | {summary['in_doubt_counted']:,} |",
            f"| of these, not counted | {summary['in_doubt_not_counted']:,} |",
            "",
            "| what befell them | times |",
            "|---|--:|",
            *(f"| {name} | {n:,} |" for name, n in summary["happened"].items()),
            "",
            f"Exit codes (below 0: the signal): {ended}.",
            *(["", "Wrong:", "", *wrong] if wrong else []),
        ]
    )


def asked(words: Sequence[str]) -> list[str]:
    """Leave out of a command what changes no figure: where it was written to."""
    left: list[str] = []
    for before, word in zip(["", *words], words, strict=False):
        if "--keep" not in {before, word.partition("=")[0]} and word != "--write":
            left.append(word)
    return left


def write(part: str, told: str, command: Sequence[str], page: Path = PAGE) -> None:
    """Put it into a page, docs/chaos.md by itself, between the part's two marks."""
    begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    head, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, _, tail = rest.partition(end)
    stamp = f"`{' '.join(command)}` on {datetime.now(UTC):%Y-%m-%d}: {_machine()}."
    page.write_text(f"{head}{begin}\n{stamp}\n\n{told}\n{end}{tail}", encoding="utf-8")


def _machine() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}"
