"""What `verify` kept is judged again as it was judged then, and asks nobody."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from capi_jobs.arrival import Verdict
from capi_jobs.config import Destination, Verify, load
from capi_jobs.jobs.arrived import Arrived, last_verified, untellable
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.readings import Reading
from capi_jobs.model import DataInterval
from tests.shop import Shop

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
OF_200 = Reading(
    destination="meta-web",
    metric="events",
    event_name="Purchase",
    start=NOON - 3 * HOUR,
    end=NOON - 2 * HOUR,
    ours=Decimal(200),
    theirs=Decimal(200),
    short=0,
    verdict="arrived",
    why="",
    taken_at=NOON,
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def destination(folder: Path, name: str, extra: str = "") -> Destination:
    platform = name.removesuffix("-web")
    shop = Shop(
        folder, "http://127.0.0.1:1", platforms=[platform], per_destination=extra
    )
    (only,) = load(shop.configure().config).destinations
    return only


def found(ledger: Ledger, folder: Path, *kept: Reading) -> Arrived:
    ledger.keep_readings(kept)
    return last_verified(ledger, destination(folder, "meta-web"), Verify())


def test_where_nothing_was_asked_nothing_is_said(
    ledger: Ledger, tmp_path: Path
) -> None:
    told = found(ledger, tmp_path)
    assert (told.at, told.verification.judged) == (None, None)


def test_only_what_was_last_asked_is_judged(ledger: Ledger, tmp_path: Path) -> None:
    old = replace(
        OF_200,
        start=NOON - 30 * HOUR,
        short=9,
        verdict="short",
        why="9 of 200 did not arrive",
        taken_at=NOON - 24 * HOUR,
    )
    told = found(ledger, tmp_path, old, OF_200)
    assert (told.at, told.verification.says) == (NOON, "arrived")


@pytest.mark.parametrize(("short", "alarm"), [(1, False), (2, True)])
def test_what_is_short_alarms_beyond_half_a_percent(
    ledger: Ledger, tmp_path: Path, short: int, *, alarm: bool
) -> None:
    lost = replace(OF_200, short=short, verdict="short", why=f"{short} of 200 …")
    told = found(ledger, tmp_path, lost).verification
    assert (told.says, told.alarm) == (f"short by {short}", alarm)
    assert told.why == f"{short} of 200 did not arrive"


def test_what_was_too_early_then_is_not_due(ledger: Ledger, tmp_path: Path) -> None:
    early = replace(OF_200, theirs=Decimal(0), verdict="too_early", why="not over")
    told = found(ledger, tmp_path, early).verification
    assert (told.verdict, told.judged and told.judged.due) == (Verdict.TOO_EARLY, 0)


@pytest.mark.parametrize(
    ("name", "extra", "why"),
    [
        ("meta-web", "", None),
        ("snapchat-web", "", None),
        ("tiktok-web", "", "TikTok tells counts to whoever names the advertiser"),
        (
            "tiktok-web",
            '[destinations.arrival]\nadvertiser = "7"',
            "TikTok does not say in which time zone its days are",
        ),
        (
            "tiktok-web",
            '[destinations.arrival]\nadvertiser = "7"\ntimezone = "UTC"',
            None,
        ),
    ],
)
def test_what_a_platform_cannot_tell_as_configured_is_said_without_asking(
    tmp_path: Path, name: str, extra: str, why: str | None
) -> None:
    there = destination(tmp_path, name, extra)
    untold = untellable(there, DataInterval(NOON - 48 * HOUR, NOON))
    assert (untold and untold.why) == why
