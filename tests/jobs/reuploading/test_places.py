from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from capi_jobs.config import Destination
from capi_jobs.jobs.reuploading.places import Places, places_of
from capi_jobs.jobs.reuploading.wish import Wish
from capi_jobs.model import DataInterval
from tests.jobs.reuploading.building import Desk
from tests.shop import an_order

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def meta() -> Destination:
    return Destination(name="m", platform="meta", account="1", token="env:T")


def places(zone: ZoneInfo = BERLIN, **times: datetime | None) -> Places:
    """Orders by their ids, each completed at one time."""
    told = {i: None if at is None else (at, at) for i, at in times.items()}
    wish = Wish(destinations=("m",), because="lost", order_ids=tuple(times))
    return Places(wish, zone, NOW, told)


def test_days_are_whole_and_those_of_the_shop(meta: Destination) -> None:
    part = places(a=NOW - 5 * HOUR, b=NOW - 3 * HOUR).part_of(meta)

    # Ten at night and midnight in Berlin: two days.
    assert part.span == DataInterval(
        datetime(2026, 11, 21, 23, tzinfo=UTC), datetime(2026, 11, 23, 23, tzinfo=UTC)
    )
    assert set(part.wanted.order_ids) == {"a", "b"}


def test_what_nobody_takes_any_more_widens_no_interval(meta: Destination) -> None:
    oldest = max(meta.limits().event_age_max.values())

    part = places(a=NOW - DAY, old=NOW - oldest - HOUR).part_of(meta)

    assert part.old == ("old",)
    assert part.span is not None
    assert part.span.start > NOW - 3 * DAY


def test_where_all_are_old_nothing_is_reconciled(meta: Destination) -> None:
    part = places(old=NOW - 900 * DAY).part_of(meta)

    assert (part.span, part.wanted.order_ids, part.old) == (None, (), ("old",))


def test_a_row_without_a_time_is_looked_for_today(meta: Destination) -> None:
    """Such rows come with any interval."""
    part = places(ZoneInfo("UTC"), a=None).part_of(meta)

    assert part.span == DataInterval(NOW - 3 * HOUR, NOW + 21 * HOUR)
    assert part.wanted.order_ids == ["a"]


def test_a_year_far_ahead_reads_no_more_than_tomorrow(meta: Destination) -> None:
    later = places(ZoneInfo("UTC"), a=datetime(2999, 1, 1, tzinfo=UTC))

    assert later.part_of(meta).span == DataInterval(
        NOW + 21 * HOUR, NOW + DAY + 21 * HOUR
    )
    assert later.span() == later.part_of(meta).span


def test_an_interval_is_read_in_whole_days(meta: Destination) -> None:
    hours = DataInterval(NOW - 2 * HOUR, NOW)
    wish = Wish(destinations=("m",), because="lost", interval=hours)

    part = Places(wish, ZoneInfo("UTC"), NOW, {}).part_of(meta)

    assert part.span == DataInterval(NOW - 3 * HOUR, NOW + 21 * HOUR)
    assert part.wanted.interval == hours


def test_ids_are_looked_up_whenever_their_orders_were_completed(desk: Desk) -> None:
    desk.shop.fill(
        [
            an_order("new"),
            an_order("old", hours_ago=24 * 900),
            an_order("twice", hours_ago=30),
            an_order("twice", hours_ago=20),
            an_order("never", completed_at="soon"),
        ]
    )

    with desk.house() as house:
        wish = desk.wish(house, "new", "old", "twice", "never", "nobody")
        found = places_of(house, wish, house.clock.now())

    assert set(found.times) == {"new", "old", "twice", "never"}
    assert found.not_found == ("nobody",)
    assert found.times["never"] is None
    twice = found.times["twice"]
    assert twice is not None
    assert round((twice[1] - twice[0]) / HOUR) == 10
