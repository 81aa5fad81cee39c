"""What must be true: the ledger's word for each order beside what the sandbox counted.

The books are asked through the command line alone, as a person would ask them.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from chaos.world import LEASE, World

# A report on a busy machine.
PATIENCE_SECONDS = 120
_LISTED_MAX = 5


@dataclass(slots=True)
class Truth:
    """Of one life: orders times destinations by where they ended, and what is wrong."""

    owed: int = 0
    counted_once: int = 0
    # Beyond the window in which they may be sent again: named, for a person.
    in_doubt_counted: int = 0
    in_doubt_not_counted: int = 0
    wrong: list[str] = field(default_factory=list)


def counted(world: World, platform: str) -> Counter[str]:
    """Say how often the platform counted each order."""
    times = Counter[str]()
    for event in world.sandbox.counted(platform):
        times[event["order_id"]] += event["counted"]
    return times


def twice(world: World) -> list[str]:
    """Name what was counted more than once: true at every moment, not only at rest."""
    return [
        f"{platform}: {order} was counted {times} times"
        for platform in world.platforms
        for order, times in counted(world, platform).items()
        if times > 1
    ]


def at_rest(world: World) -> Truth:
    """Compare everything, when nothing goes wrong any more."""
    truth = Truth(wrong=twice(world))
    listed = _asked(world, "ledger", "list", "--json")
    report = json.loads(_asked(world, "report", "--json", "-i", world.days))
    rows = [json.loads(line) for line in listed.splitlines()]
    balances = {one["name"]: one for one in report["destinations"]}
    if not report["closes"]:
        truth.wrong.append("the report does not close")
    for platform in world.platforms:
        name = f"{platform}-web"
        entries = {r["order_id"]: r for r in rows if r["destination"] == name}
        _each_order(world, platform, entries, truth)
        _balance(world, balances[name], entries, truth)
    return truth


def _asked(world: World, *words: str) -> str:
    worker = world.start(*words)
    out, err = worker.said if worker.ended(PATIENCE_SECONDS) else ("", "it hangs")
    if worker.code not in {0, 3}:
        raise RuntimeError(f"{words} ended with {worker.code}: {err}")
    return out


def _each_order(
    world: World, platform: str, entries: Mapping[str, Any], truth: Truth
) -> None:
    times = counted(world, platform)
    if strangers := set(times) - set(world.owed):
        truth.wrong.append(f"{platform}: counted what nobody owed: {strangers}")
    for order in world.owed:
        truth.owed += 1
        truth.counted_once += times[order] == 1
        row = entries.get(order)
        status = row["status"] if row else "missing"
        if status == "in_doubt" and not _may_go(world, row):
            truth.in_doubt_counted += times[order] == 1
            truth.in_doubt_not_counted += times[order] == 0
        elif status != "delivered" or times[order] != 1:
            why = f" ({row['reason']})" if row else ""
            truth.wrong.append(
                f"{platform}: {order} is {status}{why}, counted {times[order]} times"
            )


def _may_go(world: World, row: Any) -> bool:  # noqa: ANN401 - a line of JSON
    """Whether it lies inside the window still, and so was left lying."""
    first = datetime.fromisoformat(row["first_sent_at"])
    return first - world.error_max > world.now + 2 * LEASE - world.window


def _balance(
    world: World,
    told: Any,  # noqa: ANN401 - a part of a JSON report
    entries: Mapping[str, Any],
    truth: Truth,
) -> None:
    """The report's columns: as many, and as much money, as there is."""
    name = told["name"]
    for part in (told, *told["days"]):
        if part["remainder"]["orders"] or part["remainder"]["values"]:
            day = part.get("day", "all days")
            truth.wrong.append(f"{name}: {day} leaves {part['remainder']}")
    columns = {k: v["orders"] for k, v in told["classes"].items() if v["orders"]}
    expected = Counter(row["status"] for row in entries.values())
    if columns != dict(expected):
        truth.wrong.append(f"{name}: the report says {columns}, the list {expected}")
    owed = sum(map(Decimal, world.owed.values()), Decimal())
    values = [v["values"].get("EUR", "0") for v in told["classes"].values()]
    if owed != sum(map(Decimal, values), Decimal()):
        truth.wrong.append(f"{name}: {owed} EUR were owed, the report tells {values}")


def shortened(wrong: list[str]) -> list[str]:
    """Leave out what a reader would not read."""
    more = len(wrong) - _LISTED_MAX
    return wrong[:_LISTED_MAX] + ([f"and {more} more"] if more > 0 else [])
