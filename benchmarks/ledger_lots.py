"""Batches of ninety nights, cut from any number of orders: pure arithmetic.

Nearly all were delivered; a few events were refused, some batches are in doubt.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from capi_jobs.lifecycle import Status

Row = dict[str, object]

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
DAYS = 90
DESTINATIONS = ("meta", "tiktok", "snapchat")
BATCH = 1_000
CURRENCIES = ("EUR",) * 16 + ("GBP",) * 3 + ("SEK",)
_DAY = timedelta(days=1)
# Isolation leaves what was refused in a batch of its own.
_REFUSED = 5


def run_id(night: int) -> str:
    """Name the run of a night; 0 is the newest."""
    return f"run-{NOW - night * _DAY:%Y%m%dT%H%M}"


def day_of(night: int) -> date:
    """Return the day whose orders were missing in a night."""
    return (NOW - (night + 1) * _DAY).date()


@dataclass(frozen=True, slots=True)
class Lot:
    """One batch of one night: which orders, and what became of them."""

    number: int
    night: int
    destination: str
    status: Status
    orders: range

    @property
    def batch_id(self) -> str:
        """As the ledger makes them: they sort by time."""
        at = int(self.sent_at.timestamp() * 1000)
        return str(UUID(int=at << 80 | 0x7 << 76 | 0b10 << 62 | self.number))

    @property
    def sent_at(self) -> datetime:
        """When its call was made."""
        return NOW - self.night * _DAY + timedelta(milliseconds=self.number % 10**6)


def lots(total: int) -> Iterator[Lot]:
    """Cut so many entries into batches, the oldest first."""
    number = first = 0
    for night in reversed(range(DAYS)):
        end = total // len(DESTINATIONS) * (DAYS - night) // DAYS
        for name in DESTINATIONS:
            for start in range(first, end, BATCH):
                orders = range(start, min(start + BATCH, end))
                number += 2
                yield from _lot(number, night, name, orders)
        first = end


def _lot(number: int, night: int, name: str, orders: range) -> Iterator[Lot]:
    if number % 300 == 0:
        yield Lot(number, night, name, Status.IN_DOUBT, orders)
        return
    if number % 200 == 0:
        refused, orders = orders[:_REFUSED], orders[_REFUSED:]
        yield Lot(number + 1, night, name, Status.REJECTED, refused)
    yield Lot(number, night, name, Status.DELIVERED, orders)
