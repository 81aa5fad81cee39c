"""What platforms said is kept over time, and our side of it counted by the minute."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from capi_jobs.ledger import Ledger
from capi_jobs.ledger.readings import Forecast, Reading, SentMinute
from capi_jobs.ledger.values import Coverage
from capi_jobs.lifecycle import Event, Status
from capi_jobs.model import OwedAs
from tests.ledger.building import NOON, Bench, an_entry
from tests.ledger.test_assessments import assess, start

DAY = timedelta(days=1)
HOUR = datetime(2026, 11, 22, 10, tzinfo=UTC)


def minutes(bench: Bench, *, by_receipt: bool = True) -> list[SentMinute]:
    return bench.ledger.sent_by_minute(
        "meta", NOON - 30 * DAY, NOON + 30 * DAY, by_receipt=by_receipt
    )


def a_reading(**changes: object) -> Reading:
    given = {
        "destination": "meta",
        "metric": "events",
        "event_name": "Purchase",
        "start": HOUR,
        "end": HOUR + timedelta(hours=1),
        "ours": Decimal(10),
        "theirs": Decimal(9),
        "short": 1,
        "verdict": "short",
        "why": "1 of 10 did not arrive",
        "taken_at": NOON,
    }
    return Reading(**(given | changes))  # type: ignore[arg-type]


def test_delivered_events_are_counted_in_the_minute_they_were_sent(
    bench: Bench,
) -> None:
    bench.in_status(Status.DELIVERED, 1, 2)

    start = bench.now.replace(second=0, microsecond=0)
    assert minutes(bench) == [SentMinute(start, "Purchase", 2, 2, 0)]


def test_by_event_time_they_are_counted_when_the_order_was_completed(
    bench: Bench,
) -> None:
    bench.in_status(Status.DELIVERED, 1)
    [entry] = bench.ledger.entries()

    [told] = minutes(bench, by_receipt=False)
    assert told.minute == entry["event_time"].replace(second=0, microsecond=0)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.IN_FLIGHT, (0, 0, 1)),
        (Status.IN_DOUBT, (0, 0, 1)),
        (Status.RESENDING, (0, 0, 1)),
        (Status.DELIVERED, (1, 1, 0)),
        (Status.REJECTED, (0, 0, 0)),
    ],
)
def test_what_may_have_arrived_is_told_apart_from_what_did(
    bench: Bench, status: Status, expected: tuple[int, int, int]
) -> None:
    bench.in_status(status, 1)

    [told] = minutes(bench)
    assert (told.delivered, told.certain, told.doubtful) == expected


def test_copies_of_browser_events_are_not_certain_to_count(bench: Bench) -> None:
    claimed = bench.claim(1, owed_as=OwedAs.ENRICHMENT)
    bench.settle(claimed.batch_id, Event.ACCEPTED)

    [told] = minutes(bench)
    assert (told.delivered, told.certain) == (1, 0)


def test_what_was_sent_twice_has_no_certain_minute(bench: Bench) -> None:
    bench.in_status(Status.IN_DOUBT, 1)
    bench.now += timedelta(hours=2)
    batch = bench.resend()
    bench.settle(batch, Event.ACCEPTED)

    [told] = minutes(bench)
    assert (told.delivered, told.certain) == (1, 0)


def test_what_others_sent_and_was_imported_is_not_ours(bench: Bench) -> None:
    sent = [an_entry(1, owed_as=OwedAs.IMPORTED)]
    bench.ledger.import_entries(sent, actor="ana", reason="old", now=bench.now)

    assert minutes(bench, by_receipt=True) == []
    assert minutes(bench, by_receipt=False) == []


def test_other_destinations_and_times_are_not_counted(bench: Bench) -> None:
    bench.in_status(Status.DELIVERED, 1)

    assert (
        bench.ledger.sent_by_minute("tiktok", NOON - DAY, NOON + DAY, by_receipt=True)
        == []
    )
    assert (
        bench.ledger.sent_by_minute(
            "meta", NOON - 9 * DAY, NOON - 8 * DAY, by_receipt=True
        )
        == []
    )


def test_a_later_reading_of_an_hour_takes_the_place_of_the_earlier(
    ledger: Ledger,
) -> None:
    later = a_reading(theirs=Decimal(10), short=0, verdict="arrived", why="")
    ledger.keep_readings([a_reading()])
    ledger.keep_readings([later])

    assert ledger.readings("meta") == [later]


def test_readings_are_listed_newest_first_and_may_be_narrowed_down(
    ledger: Ledger,
) -> None:
    first, second = a_reading(), a_reading(start=HOUR + DAY)
    score = a_reading(metric="match_quality", ours=None, theirs=Decimal("6.2"))
    ledger.keep_readings([first, second, score])

    assert ledger.readings("meta") == [second, first, score]
    assert ledger.readings("meta", metric="match_quality") == [score]
    assert ledger.readings("meta", since=HOUR + DAY) == [second]
    assert ledger.readings("meta", until=HOUR + DAY) == [first, score]
    assert ledger.readings("meta", limit=1) == [second]
    assert ledger.readings("tiktok") == []


def test_retention_removes_readings_that_are_old(ledger: Ledger) -> None:
    old = a_reading(start=HOUR - DAY, taken_at=NOON - 500 * DAY)
    ledger.keep_readings([old, a_reading()])
    ledger.retention(older_than=400 * DAY, never_below=DAY, now=NOON)

    assert ledger.readings("meta") == [a_reading()]


def test_several_events_may_arrive_in_one_hour(ledger: Ledger) -> None:
    two = [a_reading(), a_reading(event_name="Lead")]
    ledger.keep_readings([*two, replace(two[0], short=2)])

    assert [one.short for one in ledger.readings("meta")] == [1, 2]


def test_what_was_last_told_is_all_that_was_written_down_at_once(
    ledger: Ledger,
) -> None:
    again, first = a_reading(start=HOUR + DAY), a_reading()
    before = a_reading(start=HOUR - DAY, taken_at=NOON - DAY)
    score = a_reading(metric="match_quality", taken_at=NOON + DAY)
    other = a_reading(destination="tiktok", taken_at=NOON + DAY)
    ledger.keep_readings([before, first, again, score, other])

    assert ledger.last_readings("meta", "events") == [first, again]
    assert ledger.last_readings("snap", "events") == []


def test_forecasts_of_judged_runs_are_told_newest_first(bench: Bench) -> None:
    web, store = (
        Coverage(source, "forecast", 10, tenths, 0)
        for source, tenths in (("website", 62), ("physical_store", 31))
    )
    start(bench)
    assess(bench, coverage=[web, replace(web, identifier="email")])
    first = bench.now
    bench.now += DAY
    start(bench, "r2")
    assess(bench, run_id="r2", coverage=[web, store])

    told = bench.ledger.forecasts("meta", "forecast", 9)
    assert told == [
        Forecast("r2", bench.now, "website", 10, 62),
        Forecast("r2", bench.now, "physical_store", 10, 31),
        Forecast("r1", first, "website", 10, 62),
    ]
    assert bench.ledger.forecasts("meta", "forecast", 1) == told[:1]
    assert bench.ledger.forecasts("tiktok", "forecast", 9) == []
