"""What is true of the demo shop, noted while it is made: kind, order, count.

Nothing of the tool reads it. It is for the reader who checks a report.
"""

from dataclasses import dataclass, field

from capi_jobs.demo.orders import Row


@dataclass(slots=True)
class Truth:
    """Orders per kind, each once, in the order they were noted."""

    kinds: dict[str, dict[str, None]] = field(default_factory=dict)

    def note(self, kind: str, order_id: str) -> None:
        self.kinds.setdefault(kind, {})[order_id] = None

    def count(self, kind: str) -> int:
        return len(self.kinds.get(kind, ()))

    def counts(self) -> dict[str, int]:
        """How many orders each kind has, by name."""
        return {kind: len(self.kinds[kind]) for kind in sorted(self.kinds)}

    def rows(self) -> list[Row]:
        """Every note, as the table `demo_truth` keeps them."""
        return [
            {"kind": kind, "order_id": order_id}
            for kind, orders in self.kinds.items()
            for order_id in orders
        ]
