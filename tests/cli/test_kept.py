"""What platforms said over time is shown from the ledger; nobody is asked."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from capi_jobs.ledger import Ledger
from capi_jobs.ledger.readings import Reading
from tests.shop import Shop

NOW = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0)
DAY = timedelta(days=1)


def reading(days_ago: int = 1, **changes: object) -> Reading:
    start = NOW - days_ago * DAY
    given = {
        "destination": "meta-web",
        "metric": "events",
        "event_name": "Purchase",
        "start": start,
        "end": start + timedelta(hours=1),
        "ours": Decimal(200),
        "theirs": Decimal(198),
        "short": 2,
        "verdict": "short",
        "why": "2 of 200 did not arrive",
        "taken_at": NOW,
    }
    return Reading(**(given | changes))  # type: ignore[arg-type]


@pytest.fixture
def kept(shop: Shop) -> Shop:
    score = {"metric": "match_quality", "ours": Decimal("6.3"), "short": 0}
    with Ledger.open(f"sqlite:///{shop.folder / 'ledger.db'}") as ledger:
        ledger.keep_readings(
            [
                reading(),
                reading(3, theirs=Decimal(200), short=0, verdict="arrived", why=""),
                reading(1, theirs=Decimal("6.1"), **score),
                reading(2, theirs=Decimal("5.9"), **score),
                reading(90),
                reading(destination="gone"),
            ]
        )
    return shop


def test_days_are_drawn_from_the_oldest_on(kept: Shop) -> None:
    said = kept.capi("verify", "--kept").out.splitlines()

    days = [f"{NOW - ago * DAY:%Y-%m-%d}" for ago in (3, 1, 2, 1)]
    assert said[0] == "meta-web"
    assert [line.split()[0] for line in said[1:]] == days
    assert "100.00%  200 said, 200 delivered" in said[1]
    assert said[2].endswith(" 99.00%  198 said, 200 delivered  short by 2")
    assert said[3].endswith("5.9 of 10, forecast 6.3  Purchase")


def test_an_interval_tells_of_itself_alone(kept: Shop) -> None:
    day = f"{NOW - 90 * DAY:%Y-%m-%d}"
    told = kept.capi("verify", "--kept", "--json", "-i", day).json["readings"]

    assert [one["start"][:10] for one in told] == [day]


def test_the_json_is_exact(kept: Shop) -> None:
    [*_, last] = kept.capi("verify", "--kept", "--json").json["readings"]

    assert last == {
        "destination": "meta-web",
        "metric": "events",
        "event_name": "Purchase",
        "start": (NOW - DAY).isoformat(),
        "end": (NOW - DAY + timedelta(hours=1)).isoformat(),
        "ours": "200",
        "theirs": "198",
        "short": 2,
        "verdict": "short",
        "why": "2 of 200 did not arrive",
        "taken_at": NOW.isoformat(),
    }


def test_nobody_is_asked(kept: Shop) -> None:
    kept.capi("verify", "--kept")

    assert httpx.get(f"{kept.url}/sandbox/requests").json() == []


def test_where_nothing_is_kept_it_says_what_to_do(shop: Shop) -> None:
    assert "`capi-jobs verify` asks" in shop.capi("verify", "--kept").out
    assert shop.capi("verify", "--kept", "--json").json == {"readings": []}
