"""What a person asks of a re-upload: read once, every fault told at once.

What becomes of each order is decided in `deciding.py`.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType

from capi_jobs.config import Settings
from capi_jobs.errors import ConfigFault
from capi_jobs.jobs.interval import read_interval
from capi_jobs.model import DataInterval
from capi_jobs.reconcile import Wanted

# A list that somebody made by hand or by a query; whole days are an interval.
ORDERS_MAX = 100_000
# So long a text of ours fits the line of a history that people read.
REASON_CHARACTERS_MAX = 2_000

SKIP, AGAIN, DELIVERED, RELEASE = "skip", "again", "delivered", "release"
# What may be done with orders that are known already; the first is the default.
CHOICES = MappingProxyType(
    {
        "delivered": (SKIP, AGAIN),
        "in_doubt": (SKIP, DELIVERED, AGAIN),
        "rejected": (SKIP, AGAIN),
        "held": (SKIP, RELEASE),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which orders to send again, where to, why, and what with those already known."""

    destinations: tuple[str, ...]  # by name; those of the configuration, in its order
    because: str
    order_ids: tuple[str, ...] = ()
    interval: DataInterval | None = None
    delivered: str = SKIP
    in_doubt: str = SKIP
    rejected: str = SKIP
    held: str = SKIP
    # The word of a person who has the right: without it nothing could count twice.
    may_count_twice: bool = False

    @property
    def wanted(self) -> Wanted:
        """Say it as reconcile takes it."""
        return Wanted(self.order_ids, self.interval)

    @property
    def digest(self) -> str:
        """Tell this wish from any other, naming no order: kept with its run."""
        told = asdict(self)
        for name in ("destinations", "order_ids"):
            told[name] = sorted(told[name])
        return sha256(json.dumps(told, default=str).encode()).hexdigest()

    @classmethod
    def read(  # noqa: PLR0913 - a form with as many fields
        cls,
        settings: Settings,
        *,
        now: datetime,
        because: str,
        destinations: Iterable[str] = (),
        order_ids: Iterable[str] = (),
        interval: str | None = None,
        delivered: str = SKIP,
        in_doubt: str = SKIP,
        rejected: str = SKIP,
        held: str = SKIP,
        may_count_twice: bool = False,
    ) -> "Wish":
        """Read a form or a command line; ConfigFault names all that is wrong with it.

        No destination is all of them; ids lose the blanks around them and repeats.
        """
        faults: list[str] = []
        choices = {
            "delivered": delivered,
            "in_doubt": in_doubt,
            "rejected": rejected,
            "held": held,
        }
        ids = _ids(order_ids)
        faults += _choice_faults(choices)
        names = _names(settings, destinations, faults)
        span = _span(settings, interval, now, faults)
        faults += _orders_faults(ids, interval)
        faults += _reason_faults(because)
        if faults:
            told = "\n".join(f"  {fault}" for fault in faults)
            count = f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'}"
            raise ConfigFault(
                f"what is asked for cannot be done, {count}:\n{told}\n",
                do="mend them all; nothing was sent",
            )
        return cls(
            destinations=names,
            order_ids=ids,
            interval=span,
            because=because.strip(),
            may_count_twice=may_count_twice,
            **choices,
        )


def pasted_ids(text: str) -> list[str]:
    """Read ids as they are pasted into a form: one a line."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _ids(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for each in given if (one := each.strip())))


def _choice_faults(choices: dict[str, str]) -> Iterator[str]:
    for name, choice in choices.items():
        if choice not in CHOICES[name]:
            known = ", ".join(CHOICES[name])
            yield f"{name}: there is no {choice[:32]!r}; choose of {known}"


def _names(
    settings: Settings, given: Iterable[str], faults: list[str]
) -> tuple[str, ...]:
    wanted = {each.strip() for each in given}
    known = [one.name for one in settings.destinations]
    for name in sorted(wanted - set(known)):
        told = ", ".join(known)
        faults.append(f"destination: there is no {name[:64]!r}; choose of {told}")
    return tuple(name for name in known if not wanted or name in wanted)


def _span(
    settings: Settings, text: str | None, now: datetime, faults: list[str]
) -> DataInterval | None:
    if not (text or "").strip():
        return None
    try:
        return read_interval(text or "", settings.day_zone, now)
    except ConfigFault as fault:
        faults.append(f"interval: {fault.what}; {fault.do}")
        return None


def _orders_faults(ids: Sequence[str], interval: str | None) -> Iterator[str]:
    told = bool((interval or "").strip())
    if ids and told:
        yield "orders: name order ids or an interval, not both"
    if not ids and not told:
        yield "orders: name order ids or an interval"
    if len(ids) > ORDERS_MAX:
        yield (
            f"orders: {len(ids):,} order ids are more than {ORDERS_MAX:,}; take an"
            " interval, or hand them in in parts"
        )


def _reason_faults(because: str) -> Iterator[str]:
    if not because.strip():
        yield "because: a reason is needed; it is kept with your name"
    if len(because) > REASON_CHARACTERS_MAX:
        yield f"because: longer than {REASON_CHARACTERS_MAX:,} characters"
