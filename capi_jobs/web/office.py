"""Configuration, ledger and house, opened for one request and closed behind it.

A seat limits how many are open at once: the web server has other work. Whatever is
wrong is raised, and put into words by `refusals.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import BoundedSemaphore
from typing import Annotated

from fastapi import Depends, Request

from capi_jobs.config import Settings, Vault, load
from capi_jobs.config.secrets import opened_url
from capi_jobs.delivery import Clock
from capi_jobs.errors import CapiJobsError
from capi_jobs.jobs import house
from capi_jobs.jobs.clock import SystemClock
from capi_jobs.jobs.house import House
from capi_jobs.ledger import Ledger

# Requests that read the books at once, and how long another waits for its turn.
SEATS = 4
SEAT_SECONDS_MAX = 10
# Of these, who asks the warehouse: it may take many seconds, and other pages go on.
ASKING_WAREHOUSE = 2
# Pages are read in a tenth of a second; proxies give up after a minute.
READ_SECONDS_MAX = 30


class Busy(CapiJobsError):
    """Try again soon: others are being served."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a page is made of."""

    settings: Settings
    ledger: Ledger
    now: datetime


@dataclass(frozen=True, slots=True)
class Office:
    """Opens what a request needs."""

    config: Path | None = None  # None: where `load` looks
    vault: Vault | None = field(default=None, repr=False)
    clock: Clock = field(default_factory=SystemClock)
    _seats: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(SEATS))
    _asking: BoundedSemaphore = field(
        default_factory=lambda: BoundedSemaphore(ASKING_WAREHOUSE)
    )

    @contextmanager
    def looking(self) -> Iterator[Desk]:
        """Open the ledger to look only; where there is none, an empty one."""
        with _place(self._seats):
            settings = load(self.config)
            url = opened_url(settings.ledger.url, self.vault)
            with Ledger.looked_into(url) as ledger:
                ledger.read_seconds_max = READ_SECONDS_MAX
                yield Desk(settings, ledger, self.clock.now())

    @contextmanager
    def deciding(self) -> Iterator[Desk]:
        """Open the ledger to write a person's word; it has to be there."""
        with _place(self._seats):
            settings = load(self.config)
            url = opened_url(settings.ledger.url, self.vault)
            with Ledger.open(url, create=False) as ledger:
                ledger.read_seconds_max = READ_SECONDS_MAX
                yield Desk(settings, ledger, self.clock.now())

    @contextmanager
    def house(self, *, asking: bool = True) -> Iterator[House]:
        """Open the warehouse too, to look only; to ask it, or the ledger alone."""
        with _place(self._asking) if asking else nullcontext(), _place(self._seats):
            settings = load(self.config)
            with house.opened(
                settings,
                self.clock,
                to_look=True,
                vault=self.vault,
                seconds_max=READ_SECONDS_MAX,
            ) as opened:
                yield opened


@contextmanager
def _place(places: BoundedSemaphore) -> Iterator[None]:
    if not places.acquire(timeout=SEAT_SECONDS_MAX):
        raise Busy("other pages are being made", do="try again soon")
    try:
        yield
    finally:
        places.release()


def office_of(request: Request) -> Office:
    """Return the office of the application that answers."""
    office: Office = request.app.state.office
    return office


def _desk(request: Request) -> Iterator[Desk]:
    with office_of(request).looking() as desk:
        yield desk


# Closed before the answer goes out: a slow reader keeps nobody waiting.
Looked = Annotated[Desk, Depends(_desk, scope="function")]
