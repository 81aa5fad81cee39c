"""How commands enter the house: configuration, clock, interval, who is asking."""

import getpass
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from capi_jobs.errors import ConfigFault
from capi_jobs.jobs.interval import YEARS, read_interval

if TYPE_CHECKING:
    from capi_jobs.config import Destination, Settings
    from capi_jobs.delivery import Clock
    from capi_jobs.jobs.house import House
    from capi_jobs.ledger import Ledger
    from capi_jobs.model import DataInterval


def loaded(config: Path | None) -> "Settings":
    """Read the configuration."""
    from capi_jobs.config import load  # noqa: PLC0415

    return load(config)


def clock_of(as_of: str | None) -> "Clock":
    """Take this machine's clock, or one that stands elsewhere."""
    from capi_jobs.jobs.clock import ClockAsOf, SystemClock  # noqa: PLC0415

    if as_of is None:
        return SystemClock()
    try:
        moment = datetime.fromisoformat(as_of)
    except ValueError:
        moment = datetime.min  # noqa: DTZ901 - refused below
    if moment.year not in YEARS:
        raise typer.BadParameter(
            "write a time in ISO 8601, as 2026-11-23T12:00:00+00:00",
            param_hint="--as-of",
        )
    return ClockAsOf(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def chosen_of(
    settings: "Settings", names: "Sequence[str] | None"
) -> "tuple[Destination, ...]":
    """Return the destinations named on the command line, or all."""
    try:
        return settings.chosen(tuple(dict.fromkeys(names or ())))
    except ConfigFault as fault:
        raise typer.BadParameter(str(fault), param_hint="--destination") from None


def interval_of(
    text: str | None, settings: "Settings", clock: "Clock"
) -> "DataInterval":
    """Read --interval in the zone of the balance's days; yesterday without it."""
    try:
        return read_interval(text or "yesterday", settings.day_zone, clock.now())
    except ConfigFault as fault:
        raise typer.BadParameter(str(fault), param_hint="--interval") from None


def who(actor: str | None) -> str:
    """Name the person for the history."""
    try:
        return actor or getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


@contextmanager
def entered(
    settings: "Settings", clock: "Clock", *, to_look: bool = False
) -> "Iterator[House]":
    """Open the house. SIGTERM leaves it as Ctrl-C does."""
    from capi_jobs.config.exports import exports  # noqa: PLC0415
    from capi_jobs.jobs.house import opened  # noqa: PLC0415
    from capi_jobs.telemetry.exporting import exporting  # noqa: PLC0415

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with exporting(exports()), opened(settings, clock, to_look=to_look) as house:
        yield house


@contextmanager
def books(settings: "Settings", *, to_look: bool = False) -> "Iterator[Ledger]":
    """Open the ledger alone; to look, none is made where there is none."""
    from capi_jobs.config.secrets import opened_url  # noqa: PLC0415
    from capi_jobs.ledger import Ledger  # noqa: PLC0415

    door = Ledger.looked_into if to_look else Ledger.open
    with door(opened_url(settings.ledger.url, None)) as ledger:
        yield ledger
