"""`verify`: ask each platform what it received, and keep it beside our books.

A single question is `asking.py`, how both sides are compared `comparing.py`, how it is
told `verified.py`.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from capi_jobs.config import Destination
from capi_jobs.coverage import FORECAST
from capi_jobs.errors import ConfigFault
from capi_jobs.jobs.asking import Asker, Heard
from capi_jobs.jobs.comparing import compared
from capi_jobs.jobs.house import House, Watcher
from capi_jobs.jobs.verified import Quality, Verification, Verified
from capi_jobs.ledger.readings import Reading
from capi_jobs.model import DataInterval
from capi_jobs.platforms import platform_named
from capi_jobs.platforms.arrival import Figure, Inquiry, Trouble, Untold, read_api_of
from capi_jobs.transport import Transport

# One call after the other, so one connection; a destination has a client of its own.
_CONNECTIONS = 1


def recent(house: House) -> DataInterval:
    """Return the time that is asked about where none is given."""
    now = house.clock.now()
    return DataInterval(now - house.settings.verify.lookback, now)


def verify(
    house: House,
    interval: DataInterval,
    chosen: Sequence[Destination],
    *,
    watcher: Watcher,
) -> Verified:
    """Ask about what was sent in the interval, or happened in it; one by one fails.

    What a platform says is kept in the ledger. No order is sent or changed.
    """
    made = tuple(asyncio.run(_all(house, interval, chosen, watcher)))
    return Verified(interval, made)


async def _all(
    house: House,
    interval: DataInterval,
    chosen: Sequence[Destination],
    watcher: Watcher,
) -> list[Verification]:
    """Ask side by side: a platform that lets one wait keeps nobody else waiting."""
    for destination in chosen:
        watcher.stage(destination.name, "verify", 1)
    return await asyncio.gather(
        *(_one(house, interval, one, watcher) for one in chosen)
    )


async def _one(
    house: House, interval: DataInterval, destination: Destination, watcher: Watcher
) -> Verification:
    settings, api = house.settings, read_api_of(destination.platform)
    try:
        inquiry = _inquiry(house, destination, interval)
    except ConfigFault as fault:
        refused = Untold(Trouble.CREDENTIAL, fault.what, "mend arrival.token or token")
        return Verification(destination, untold=refused)
    async with Transport(
        deadline=settings.delivery.call_deadline, connections_max=_CONNECTIONS
    ) as transport:
        asker = Asker(transport, settings.verify, house.clock)
        first = api.arrival_calls(inquiry)
        heard = await asker.hear(first, api.read_arrivals, inquiry)
        if isinstance(heard, Untold) and heard.trouble is Trouble.CREDENTIAL:
            made = Verification(destination, untold=heard)
        else:
            made = await asyncio.to_thread(compared, house, destination, inquiry, heard)
            asks = api.quality_calls(inquiry)
            quality = await asker.hear(asks, api.read_quality, inquiry)
            made = _with_quality(house, made, quality)
    await asyncio.to_thread(_kept, house, made, inquiry.now)
    watcher.reached(destination.name, 1)
    return replace(made, calls=asker.calls)


def _inquiry(house: House, destination: Destination, interval: DataInterval) -> Inquiry:
    secret = house.settings.reading_secrets(destination, house.vault)
    arrival = destination.arrival
    return Inquiry(
        target=destination.target(secret.app_secret),
        token=secret.token,
        interval=interval,
        now=house.clock.now(),
        advertiser=arrival.advertiser or "",
        zone=ZoneInfo(arrival.timezone) if arrival.timezone else None,
    )


# ── Quality ─────────────────────────────────────────────────────────────────────


def _with_quality(
    house: House, made: Verification, heard: Heard | Untold
) -> Verification:
    if isinstance(heard, Untold):
        return replace(made, quality_untold=heard)
    figures = tuple(_beside(house, made.destination, one) for one in heard.figures)
    return replace(made, quality=figures)


def _beside(house: House, destination: Destination, figure: Figure) -> Quality:
    """Set the platform's figure beside our forecast, or our own coverage."""
    ours: Decimal | None = None
    if figure.metric == "match_quality":
        ours = _share(house, destination, FORECAST, Decimal(10), per_order=False)
    elif figure.metric.startswith("coverage."):
        key = figure.metric.removeprefix("coverage.")
        keys = platform_named(destination.platform).match_keys
        field = next((one.field for one in keys if key in {one.key, one.field}), key)
        ours = _share(house, destination, field, Decimal(100), per_order=True)
    return Quality(figure.event_name, figure.metric, ours, figure.value)


def _share(
    house: House, destination: Destination, name: str, full: Decimal, *, per_order: bool
) -> Decimal | None:
    """Return our last figure over all sources, weighted by their orders."""
    found = house.ledger.last_forecasts(destination.name, name)
    orders = sum(of for of, _ in found.values())
    if not orders:
        return None
    # A forecast is kept in tenths of a point, for each order of its source.
    weight = sum(n if per_order else of * n for of, n in found.values())
    share = full * weight / orders / (1 if per_order else 100)
    return share.quantize(Decimal("0.1"))


# ── Keeping ─────────────────────────────────────────────────────────────────────


def _kept(house: House, made: Verification, now: datetime) -> None:
    house.ledger.keep_readings([*_events(made, now), *_figures(made, now)])


def _events(made: Verification, now: datetime) -> Iterator[Reading]:
    for row in made.judged.rows if made.judged else ():
        yield Reading(
            destination=made.name,
            metric="events",
            event_name=row.event_name,
            start=row.start,
            end=row.end,
            ours=Decimal(row.delivered),
            theirs=Decimal(row.theirs),
            short=row.short,
            verdict=row.verdict,
            why=row.why,
            taken_at=now,
        )


def _figures(made: Verification, now: datetime) -> Iterator[Reading]:
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    for one in made.quality:
        yield Reading(
            destination=made.name,
            metric=one.metric,
            event_name=one.event_name,
            start=midnight,
            end=midnight + timedelta(days=1),
            ours=one.ours,
            theirs=one.theirs,
            short=0,
            verdict="",
            why="",
            taken_at=now,
        )
