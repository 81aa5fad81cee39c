"""What is told of a wish: counts and value by what is done and why, and some lines.

Bounded whatever was asked for: of each group a few lines are kept, all are counted.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from capi_jobs.jobs.reuploading.line import GOING, Action, Line
from capi_jobs.report.amounts import plain

# As many rows as a person reads of one kind; `told` hands out every line.
LINES_KEPT = 20

# Called with each page of lines, as they are decided.
Told = Callable[[Sequence[Line]], None]


def unheard(lines: Sequence[Line]) -> None:
    """Nobody wants to see every line."""


@dataclass(slots=True)
class Amount:
    """Orders, and their value by currency."""

    orders: int = 0
    values: dict[str, Decimal] = field(default_factory=dict)

    def add(self, line: Line) -> None:
        """Count one more."""
        self.orders += 1
        if line.currency:
            before = self.values.get(line.currency, Decimal(0))
            self.values[line.currency] = before + line.value

    def as_json(self) -> dict[str, object]:
        """Count under stable names; money is text."""
        values = {c: plain(v, c) for c, v in sorted(self.values.items())}
        return {"orders": self.orders, "values": values}


@dataclass(slots=True)
class Group:
    """Orders of one class with one fate, for one reason; the first few of them."""

    was: str
    action: Action
    reason: str
    amount: Amount = field(default_factory=Amount)
    lines: list[Line] = field(default_factory=list)

    def add(self, line: Line) -> None:
        """Count one more, and keep it if it is one of the first."""
        self.amount.add(line)
        if len(self.lines) < LINES_KEPT:
            self.lines.append(line)


@dataclass(slots=True)
class DestinationTold:
    """What a re-upload does at one destination, and what it refuses."""

    name: str
    groups: dict[tuple[str, Action, str], Group] = field(default_factory=dict)
    going: Amount = field(default_factory=Amount)
    twice: Amount = field(default_factory=Amount)
    needs_word: Amount = field(default_factory=Amount)

    def add(self, lines: Iterable[Line]) -> None:
        """Count a page of lines."""
        for line in lines:
            key = line.was, line.action, line.reason
            self.groups.setdefault(key, Group(*key)).add(line)
            if line.action in GOING:
                self.going.add(line)
                if line.twice:
                    self.twice.add(line)
            if line.needs_word:
                self.needs_word.add(line)

    def of(self, action: Action) -> int:
        """Count the orders of one fate."""
        return sum(
            one.amount.orders for one in self.groups.values() if one.action is action
        )

    @property
    def of_moves(self) -> int:
        """Count what is done beside sending: resolved, or sent by delivery itself."""
        return self.of(Action.RESOLVE) + self.of(Action.RESEND)

    @property
    def orders(self) -> int:
        """Count all orders that were found for it."""
        return sum(one.amount.orders for one in self.groups.values())

    @property
    def lines(self) -> Iterator[Line]:
        """Yield the lines that were kept: the first few of each group."""
        for group in self.groups.values():
            yield from group.lines

    def as_json(self) -> dict[str, object]:
        """Write counts and value; no order is named."""
        return {
            "name": self.name,
            "orders": self.orders,
            "going": self.going.as_json(),
            "may_count_twice": self.twice.as_json(),
            "needs_word": self.needs_word.as_json(),
            "actions": {str(action): self.of(action) for action in _SHOWN},
            "groups": [
                {
                    "class": one.was,
                    "action": str(one.action),
                    "reason": one.reason,
                    **one.amount.as_json(),
                }
                for one in self.groups.values()
            ],
        }


_SHOWN = tuple(action for action in Action if action is not Action.NOT_FOUND)


@dataclass(frozen=True, slots=True)
class Explained:
    """What a re-upload would do, or did; `not_found` are the ids that no row has."""

    destinations: tuple[DestinationTold, ...]
    not_found: tuple[str, ...] = ()

    @property
    def needs_person(self) -> bool:
        """Whether something that was asked for takes a person: a word, or other ids."""
        return bool(self.not_found) or any(
            one.needs_word.orders for one in self.destinations
        )

    @property
    def would_count_twice(self) -> int:
        """Count what would go and could count a second time."""
        return sum(one.twice.orders for one in self.destinations)

    @property
    def going(self) -> int:
        """Count what would be sent, over all destinations."""
        return sum(one.going.orders for one in self.destinations)

    def as_json(self) -> Mapping[str, object]:
        """Write counts and value; no order is named."""
        return {
            "destinations": [one.as_json() for one in self.destinations],
            "not_found": len(self.not_found),
            "needs_person": self.needs_person,
        }


def not_found_lines(ids: Iterable[str]) -> list[Line]:
    """Name the ids that no row of the orders has."""
    return [
        Line(
            destination="",
            order_id=order_id,
            was="",
            action=Action.NOT_FOUND,
            reason="not_found",
            why="the view of the orders has no such order",
            value=Decimal(0),
            currency="",
        )
        for order_id in ids
    ]
