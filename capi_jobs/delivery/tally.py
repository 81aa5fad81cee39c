"""What a delivery did: counted in memory for the terminal; the truth is the ledger."""

from collections.abc import Callable
from dataclasses import dataclass, field

from capi_jobs.errors import DestinationStopped


@dataclass(slots=True)
class Tally:
    """Events by what became of them, and the calls it took."""

    destination: str
    delivered: int = 0
    rejected: int = 0
    in_doubt: int = 0
    # Certainly not taken: put off by throttling or a stop; missing again.
    released: int = 0
    # Became too old, or an enrichment's window closed, before their turn came.
    too_late: int = 0
    # Another worker holds them, or the ledger knew them.
    already_known: int = 0
    resent: int = 0
    requests: int = 0
    stopped: DestinationStopped | None = None
    interrupted: bool = False
    # Interrupted because `run_deadline` was over: trying again would outlast it.
    out_of_time: bool = False
    on_change: Callable[["Tally"], None] = field(default=lambda _: None, repr=False)

    def changed(self) -> None:
        """Tell whoever shows progress."""
        self.on_change(self)

    def as_json(self) -> dict[str, object]:
        """Return the counts under stable names."""
        return {name: getattr(self, name) for name in COUNTS} | {
            "stopped": str(self.stopped) if self.stopped else None,
            "interrupted": self.interrupted,
        }


COUNTS = (
    "delivered",
    "rejected",
    "in_doubt",
    "released",
    "too_late",
    "already_known",
    "resent",
    "requests",
)
