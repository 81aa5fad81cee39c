"""What a platform says beside what we delivered: what may be said of it, and what not.

Hours are of one day; ten events were sent in the hour from 10 unless a test says more.
"""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_jobs.arrival import Comparison, Judged, Row, Verdict, best, judge
from capi_jobs.ledger.readings import SentMinute
from capi_jobs.platforms.arrival import Arrival, Reach

HOUR = timedelta(hours=1)
TEN = datetime(2026, 11, 22, 10, tzinfo=UTC)
REACH = Reach(
    delay=HOUR, back=7 * 24 * HOUR, bucket=HOUR, server_only=True, zone_told=True
)


def at(hour: int, minute: int = 30) -> datetime:
    return TEN.replace(hour=hour, minute=minute)


def sent(
    delivered: int = 10,
    minute: datetime | None = None,
    *,
    certain: int | None = None,
    doubtful: int = 0,
    name: str = "Purchase",
) -> SentMinute:
    sure = delivered if certain is None else certain
    return SentMinute(minute or at(10), name, delivered, sure, doubtful)


def heard(count: int, start: datetime = TEN, name: str = "Purchase") -> Arrival:
    return Arrival(start, start + HOUR, name, count)


def by(**changes: object) -> Comparison:
    given = Comparison(
        reach=REACH,
        windows=[(at(9, 0), at(13, 0))],
        now=at(15),
        delay=HOUR,
        aliases={},
        names=frozenset(),
        alone=False,
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def judged(
    arrivals: list[Arrival],
    ours: list[SentMinute] | None = None,
    others: dict[tuple[datetime, str], int] | None = None,
    **changes: object,
) -> Judged:
    mine = [sent()] if ours is None else ours
    names = {"names": frozenset(one.event_name for one in mine)}
    return judge(arrivals, mine, others or {}, by(**(names | changes)))


def rows(found: Judged) -> list[tuple[int, int, int, str]]:
    return [(r.start.hour, r.delivered, r.theirs, r.verdict.value) for r in found.rows]


# ── One hour ────────────────────────────────────────────────────────────────────


def test_what_the_platform_tells_in_full_has_arrived() -> None:
    found = judged([heard(10)])

    assert (found.verdict, found.why, found.short) == (Verdict.ARRIVED, "", 0)


def test_what_lacks_is_counted_exactly() -> None:
    found = judged([heard(7)])

    assert (found.verdict, found.short) == (Verdict.SHORT, 3)
    assert found.why == "3 of 10 did not arrive"


def test_an_hour_that_is_not_told_at_all_is_an_hour_of_nothing() -> None:
    found = judged([])

    assert (found.verdict, found.short) == (Verdict.SHORT, 10)


def test_before_the_delay_is_over_nothing_is_said() -> None:
    found = judged([heard(2)], now=at(10, 45))

    assert (found.verdict, found.short) == (Verdict.TOO_EARLY, 0)


def test_of_an_hour_that_goes_on_only_what_is_old_enough_is_due() -> None:
    ours = [sent(6, at(10, 5)), sent(4, at(10, 55))]
    found = judged([heard(6)], ours, now=at(11, 10))

    assert (found.verdict, found.due, found.delivered) == (Verdict.ARRIVED, 6, 10)


def test_nothing_delivered_is_nothing_to_say() -> None:
    found = judged([heard(4)], [])

    assert (found.verdict, found.why) == (Verdict.ARRIVED, "nothing was delivered")


# ── Copies, doubts, others ──────────────────────────────────────────────────────


def test_second_copies_may_be_counted_or_not() -> None:
    """Ten delivered, of which four are copies of what the pixel sent."""
    copies = [sent(10, certain=6)]

    verdicts = [judged([heard(n)], copies).verdict for n in (5, 6, 9, 10, 14, 15)]
    assert verdicts == [
        Verdict.SHORT,
        Verdict.CANNOT_KNOW,
        Verdict.CANNOT_KNOW,
        Verdict.ARRIVED,
        Verdict.ARRIVED,
        Verdict.CANNOT_KNOW,
    ]


def test_what_is_in_doubt_may_have_arrived() -> None:
    doubtful = [sent(10, doubtful=2)]

    assert judged([heard(12)], doubtful).verdict is Verdict.ARRIVED
    assert judged([heard(10)], doubtful).verdict is Verdict.ARRIVED
    assert judged([heard(13)], doubtful).verdict is Verdict.CANNOT_KNOW


def test_more_than_was_sent_shows_that_others_send_too() -> None:
    found = judged([heard(15)])

    assert found.verdict is Verdict.CANNOT_KNOW
    assert found.why == (
        "5 more than all that is known to be sent: others send here, too"
    )


def test_counts_of_our_agent_alone_hold_nobody_else() -> None:
    assert judged([heard(15)], alone=True).verdict is Verdict.ARRIVED


def test_what_logs_say_of_others_is_expected_as_well() -> None:
    others = {(at(10), "Purchase"): 5}

    verdicts = [judged([heard(n)], others=others).verdict for n in (9, 14, 15, 16)]
    assert verdicts == [
        Verdict.SHORT,
        Verdict.CANNOT_KNOW,
        Verdict.ARRIVED,
        Verdict.CANNOT_KNOW,
    ]


def test_others_of_another_hour_or_name_explain_nothing() -> None:
    others = {(at(11), "Purchase"): 5, (at(10), "Lead"): 5}

    assert judged([heard(15)], others=others).verdict is Verdict.CANNOT_KNOW


# ── Several hours and names ─────────────────────────────────────────────────────


def test_a_loss_in_one_hour_is_not_made_good_by_another_hour() -> None:
    """Others may have sent more in the second one."""
    ours = [sent(10, at(10)), sent(10, at(11))]
    found = judged([heard(7), heard(13, at(11, 0))], ours)

    assert (found.verdict, found.short) == (Verdict.SHORT, 3)
    assert rows(found) == [(10, 10, 7, "short"), (11, 10, 13, "cannot_know")]


@pytest.mark.parametrize(
    ("minute", "short"), [(at(10, 58), 0), (at(10, 59), 0), (at(10, 57), 3)]
)
def test_what_is_sent_at_the_end_of_an_hour_may_count_in_the_next(
    minute: datetime, short: int
) -> None:
    ours = [sent(7, at(10, 10)), sent(3, minute)]
    found = judged([heard(7), heard(3, at(11, 0))], ours)

    assert found.short == short


def test_no_more_is_moved_than_was_sent_near_the_edge() -> None:
    ours = [sent(9, at(10, 10)), sent(1, at(10, 59))]
    found = judged([heard(7), heard(3, at(11, 0))], ours)

    assert found.short == 2


def test_a_moved_event_leaves_the_platforms_figure_as_it_is() -> None:
    ours = [sent(7, at(10, 10)), sent(3, at(10, 59))]
    [ten, eleven] = judged([heard(7), heard(3, at(11, 0))], ours).rows

    assert (ten.theirs, ten.heard, eleven.theirs, eleven.heard) == (7, 10, 3, 0)
    assert ten.why == "3 of them counted in the hour beside"


def test_each_event_name_is_compared_by_itself() -> None:
    ours = [sent(10), sent(5, name="Lead")]
    found = judged([heard(10), heard(4, name="Lead"), heard(99, name="PageView")], ours)

    told = {row.event_name: row.short for row in found.rows}
    assert told == {"Lead": 1, "Purchase": 0}


def test_names_that_the_platform_files_as_one_are_compared_as_one() -> None:
    aliases = {"CompletePayment": "Purchase"}
    ours = [sent(10, name="CompletePayment")]

    assert judged([heard(10)], ours, aliases=aliases).verdict is Verdict.ARRIVED


def test_one_number_for_all_names_is_compared_with_all() -> None:
    window = (at(10, 0), at(11, 0))
    ours = [sent(10), sent(5, name="Lead")]
    found = judged([Arrival(*window, "", 14)], ours, windows=[window])

    assert (found.verdict, found.short) == (Verdict.SHORT, 1)


# ── Zones, windows, the rolling hour ────────────────────────────────────────────


def test_hours_of_a_zone_at_half_past_are_compared_as_they_are_told() -> None:
    """10:30 to 11:30 in UTC is an hour in Kolkata."""
    ours = [sent(4, at(10, 10)), sent(6, at(10, 40))]
    told = [heard(4, at(9, 30)), heard(6, at(10, 30))]
    found = judged(told, ours)

    assert (found.verdict, found.short) == (Verdict.ARRIVED, 0)


def test_a_day_of_25_hours_is_one_day() -> None:
    window = (at(0, 0), at(0, 0) + 25 * HOUR)
    day = replace(REACH, bucket=24 * HOUR)
    found = judged([], windows=[window], reach=day, now=at(15) + 48 * HOUR)

    assert [(row.start, row.end) for row in found.rows] == [window]


def rolling(arrived: int, ours: list[SentMinute], now: datetime) -> Judged:
    reach = replace(REACH, rolling=True)
    window = (now - HOUR, now)
    return judged(
        [Arrival(*window, "", arrived)],
        ours,
        reach=reach,
        windows=[window],
        now=now,
        delay=timedelta(minutes=15),
    )


def test_a_rolling_hour_expects_what_is_well_inside_of_it() -> None:
    ours = [sent(5, at(10, 1)), sent(10, at(10, 30)), sent(2, at(10, 55))]

    assert rolling(10, ours, at(11, 0)).short == 0
    assert rolling(17, ours, at(11, 0)).verdict is Verdict.ARRIVED
    assert rolling(9, ours, at(11, 0)).short == 1


# ── Which reading ───────────────────────────────────────────────────────────────


def test_the_reading_that_fits_is_taken_and_named() -> None:
    """Sent at 12, completed at 10; the platform tells of ten at 10."""
    told = [heard(9)]
    found = best(
        {
            "receipt": judged(told, [sent(10, at(12))]),
            "event_time": judged(told, [sent(10, at(10))]),
        }
    )

    assert (found.counted_by, found.short) == ("event_time", 1)


def test_a_reading_under_which_nothing_was_sent_does_not_fit() -> None:
    """Completed days ago: by event time, the platform's ten are nobody's."""
    names = frozenset({"Purchase"})
    found = best(
        {
            "receipt": judged([heard(9)], names=names),
            "event_time": judged([heard(9)], [], names=names),
        }
    )

    assert (found.counted_by, found.short) == ("receipt", 1)


def test_of_two_readings_that_fit_alike_receipt_is_taken() -> None:
    same = judged([heard(10)])

    assert best({"receipt": same, "event_time": same}).counted_by == "receipt"


# ── Whatever was sent ───────────────────────────────────────────────────────────

minutes = st.lists(
    st.tuples(st.integers(0, 239), st.integers(1, 50)), min_size=1, max_size=30
)


@given(sending=minutes, data=st.data())
def test_what_is_lost_is_told_exactly_and_nothing_else(
    sending: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Events are counted up to two minutes late; some are lost on the way."""
    ours, told, lost = [], Counter[datetime](), 0
    for after, count in sending:
        minute = at(9, 0) + timedelta(minutes=after)
        ours.append(sent(count, minute))
        gone = data.draw(st.integers(0, count)) if data.draw(st.booleans()) else 0
        late = minute + timedelta(minutes=data.draw(st.integers(0, 2)))
        told[late.replace(minute=0)] += count - gone
        lost += gone
    windows = [(at(9, 0), at(14, 0))]
    now = at(23)
    found = judged(
        [heard(n, hour) for hour, n in told.items()], ours, windows=windows, now=now
    )

    assert found.short == lost
    assert (found.verdict is Verdict.SHORT) == (lost > 0)


# ── The alarm ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("lost", "share", "floor", "alarm"),
    [
        (0, 0.0, 0, False),
        (1, 0.0, 0, True),
        (5, 0.005, 0, False),
        (6, 0.005, 0, True),
        (6, 0.005, 6, False),
        (7, 0.005, 6, True),
    ],
)
def test_the_alarm_is_raised_beyond_share_and_floor(
    lost: int, share: float, floor: int, alarm: bool
) -> None:
    found = judged([heard(1000 - lost)], [sent(1000)])

    assert found.alarms(share, floor) is alarm


def test_the_gravest_verdict_of_the_hours_is_that_of_the_destination() -> None:
    ours = [sent(10, at(10)), sent(10, at(11)), sent(10, at(12))]
    told = [heard(10), heard(20, at(11, 0)), heard(10, at(12, 0))]

    assert judged(told, ours).verdict is Verdict.CANNOT_KNOW
    assert judged(told[:2], ours).verdict is Verdict.SHORT


def test_a_row_knows_the_most_that_may_be_counted() -> None:
    row = Row(
        start=TEN,
        end=TEN + HOUR,
        event_name="",
        delivered=10,
        certain=8,
        doubtful=3,
        others=4,
    )

    assert row.most == 10 + 2 + 3 + 4
