"""What stops a run, sorted by what the operator does next.

    CapiJobsError
    ├── ConfigFault            mend capi_jobs.toml or the environment
    ├── DataContractFault      mend the view of the orders or of the sent events
    ├── WarehouseUnavailable   wait or mend the warehouse, then run again
    ├── LedgerUnavailable      wait or mend the ledger, then run again
    │   └── LedgerMissing          the first run makes it
    ├── LedgerIsNewer          upgrade capi-jobs
    ├── DestinationStopped     only this destination stops; the others go on
    │   ├── CredentialRefused      renew the token
    │   └── ConfigurationRefused   mend account, version or permission
    ├── DecisionRefused        look at the run or the order named, decide anew
    ├── GateClosed             look at the run, start its assessment again
    ├── IllegalMove            a bug: a batch was asked to move where it cannot
    └── BalanceOpen            a bug: an order stands in no column, or in two

What happens to a single event is a value, not an exception: see `model.Outcome`.
Messages have three parts: what happened, to which ids, what to do next.
"""

from collections.abc import Sequence


class CapiJobsError(Exception):
    """Anything that capi-jobs says no to on purpose."""

    def __init__(self, what: str, *, do: str = "", ids: Sequence[str] = ()) -> None:
        """Say what happened, to which ids (the first few are shown), what to do."""
        self.what, self.do, self.ids = what, do, tuple(ids)
        super().__init__(self._text())

    def _text(self) -> str:
        shown = ", ".join(repr(_short(i)) for i in self.ids[:_IDS_SHOWN])
        more = len(self.ids) - _IDS_SHOWN
        parts = [self.what]
        if shown:
            parts.append(f"[{shown}{f' and {more} more' if more > 0 else ''}]")
        if self.do:
            parts.append(f"→ {self.do}")
        return " ".join(parts)


class ConfigFault(CapiJobsError):
    """Mend capi_jobs.toml or the environment; every fault is listed at once."""


class DataContractFault(CapiJobsError):
    """Mend the view of the orders or of the sent events; `check` lists all faults."""


class WarehouseUnavailable(CapiJobsError):
    """Wait for the warehouse or mend it, then run again: nothing is sent twice."""


class LedgerUnavailable(CapiJobsError):
    """Mend the ledger (locked, read-only, full, away), then run again."""


class LedgerMissing(LedgerUnavailable):
    """Run once: the first run makes the ledger."""


class LedgerIsNewer(CapiJobsError):
    """Upgrade capi-jobs: the ledger was written by a newer version."""


class DestinationStopped(CapiJobsError):
    """Mend this destination; the others went on."""


class CredentialRefused(DestinationStopped):
    """Renew this destination's token, then run again."""


class ConfigurationRefused(DestinationStopped):
    """Mend this destination's account, API version or permission, then run again."""


class DecisionRefused(CapiJobsError):
    """Look at what is named and decide anew: this decision cannot be taken."""


class GateClosed(CapiJobsError):
    """Look at the run, then start its assessment again: more is missing than shown."""


class IllegalMove(CapiJobsError):
    """Report a bug: the lifecycle does not know this move."""


class BalanceOpen(CapiJobsError):
    """Report a bug: these orders stand in no column of the balance, or in two."""


# Enough to find the rows, few enough for a terminal line.
_IDS_SHOWN = 5
# Ids can be 10,000 characters long in dirty data.
_ID_CHARACTERS_SHOWN = 64


def _short(text: str) -> str:
    cut = len(text) > _ID_CHARACTERS_SHOWN
    return text[:_ID_CHARACTERS_SHOWN] + "…" if cut else text
