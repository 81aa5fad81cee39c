"""The nightly timetable: the day that ended in the shop's zone, by any clock."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction
from pendulum import instance

from capi_jobs.airflow.timetable import NightlyTimetable


def _nights(timetable: NightlyTimetable, since: datetime, nights: int) -> list[Any]:
    """Let the scheduler ask for one run after the other."""
    anytime = TimeRestriction(instance(since), None, catchup=True)
    runs: list[Any] = []
    for _ in range(nights):
        last = runs[-1] if runs else None
        made = timetable.next_dagrun_info_v2(last_dagrun_info=last, restriction=anytime)
        runs.append(made)
    return runs


@pytest.mark.parametrize(
    ("cron", "zone", "since"),
    [
        pytest.param("0 3 * * *", "UTC", "2026-11-20", id="utc"),
        pytest.param("0 3 * * *", "Europe/Berlin", "2026-03-27", id="hour skipped"),
        pytest.param("0 3 * * *", "Europe/Berlin", "2026-10-23", id="hour twice"),
        pytest.param("30 2 * * *", "Europe/Berlin", "2026-03-27", id="run skipped"),
        pytest.param("30 2 * * *", "Europe/Berlin", "2026-10-23", id="run twice"),
        pytest.param("0 3 * * *", "Europe/Athens", "2026-03-27", id="default skipped"),
        pytest.param("0 0 * * *", "Africa/Cairo", "2026-04-22", id="midnight skipped"),
        pytest.param("0 3 * * *", "Pacific/Kiritimati", "2026-06-01", id="far east"),
        pytest.param("0 3 * * *", "Pacific/Pago_Pago", "2026-06-01", id="far west"),
        pytest.param("0 3 * * 1", "Asia/Kolkata", "2026-06-01", id="weekly"),
    ],
)
def test_a_run_is_for_the_day_before_its_own(cron: str, zone: str, since: str) -> None:
    timetable = NightlyTimetable(cron, timezone=zone)

    for run in _nights(timetable, datetime.fromisoformat(since).replace(tzinfo=UTC), 5):
        local = run.run_after.astimezone(ZoneInfo(zone))
        assert run.partition_key == f"{local.date() - timedelta(days=1)}"
        assert run.partition_date == timetable.resolve_partition_date(run.partition_key)


def test_no_day_is_left_out_where_the_clock_skips_the_hour() -> None:
    timetable = NightlyTimetable("30 2 * * *", timezone="Europe/Berlin")

    runs = _nights(timetable, datetime(2026, 3, 27, tzinfo=UTC), 5)

    assert [run.partition_key for run in runs] == [
        "2026-03-26",
        "2026-03-27",
        "2026-03-28",
        "2026-03-29",
        "2026-03-30",
    ]


def _days(zone: str, first: str, last: str) -> list[str | None]:
    timetable = NightlyTimetable("0 3 * * *", timezone=zone)
    infos = timetable.iter_partition_dagrun_infos(
        earliest=datetime.fromisoformat(first), latest=datetime.fromisoformat(last)
    )
    return [info.partition_key for info in infos]


THREE = ["2026-03-28", "2026-03-29", "2026-03-30"]


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        pytest.param(
            "Europe/Berlin",
            "2026-03-28T00:00:00+00:00",
            "2026-03-30T00:00:00+00:00",
            id="typed",
        ),
        pytest.param(
            "Europe/Berlin",
            "2026-03-28T00:00:00+00:00",
            "2026-03-30T23:59:59+00:00",
            id="to the last second",
        ),
        pytest.param(
            "Europe/Berlin",
            "2026-03-27T23:00:00+00:00",
            "2026-03-29T22:00:00+00:00",
            id="picked in the shop's zone, over the change of the clock",
        ),
        pytest.param(
            "Pacific/Kiritimati",
            "2026-03-28T00:00:00+00:00",
            "2026-03-30T00:00:00+00:00",
            id="far east",
        ),
        pytest.param(
            "America/Los_Angeles",
            "2026-03-28T00:00:00+00:00",
            "2026-03-30T00:00:00+00:00",
            id="far west",
        ),
    ],
)
def test_a_backfill_has_both_its_ends(zone: str, first: str, last: str) -> None:
    assert _days(zone, first, last) == THREE


def test_a_backfill_leaves_out_what_has_not_ended() -> None:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    yesterday = today - timedelta(days=1)

    days = _days("UTC", yesterday.isoformat(), (today + timedelta(days=3)).isoformat())

    assert days == [f"{yesterday.date()}"]


def test_airflow_can_write_it_down_and_read_it_again() -> None:
    """The scheduler works with what stands in Airflow's database."""
    made = NightlyTimetable("30 2 * * *", timezone="Europe/Berlin")
    dag = DAG("a_dag", schedule=made, start_date=datetime(2026, 1, 1, tzinfo=UTC))

    read = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))

    assert isinstance(read.timetable, NightlyTimetable)
    assert read.timetable.serialize() == made.serialize()
    assert read.timetable.partitioned
