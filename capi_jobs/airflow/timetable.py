"""The nightly timetable: each run is for the day that ended last in the shop's zone.

Airflow's own partition timetable names the cron tick before this one, which is another
day where a clock change skips the hour, or where the cron fires not every day. Here
the key is the day before the run's own; backfills take whole days, both ends included.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from airflow.sdk.timezone import utcnow
from airflow.timetables.base import DagRunInfo
from airflow.timetables.trigger import CronPartitionTimetable
from pendulum import DateTime, instance

# How a day is written in Airflow, and in the ledger's run ids.
KEY_FORMAT = "%Y-%m-%d"
_DAY = timedelta(days=1)


class NightlyTimetable(CronPartitionTimetable):
    """One run at each tick of the cron, for the day before it."""

    def __init__(self, cron: str, *, timezone: str) -> None:
        super().__init__(cron, timezone=timezone, key_format=KEY_FORMAT)
        self._zone_name = timezone

    def serialize(self) -> dict[str, Any]:
        return {"cron": self._expression, "timezone": self._zone_name}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Self:
        return cls(data["cron"], timezone=data["timezone"])

    def iter_partition_dagrun_infos(
        self, *, earliest: datetime, latest: datetime
    ) -> Iterator[DagRunInfo]:
        """Yield the days of a backfill, both ends included; none that goes on still."""
        day, today = self._day(earliest), self._local(utcnow()).date()
        while day <= self._day(latest) and day < today:
            began, key = self._night(day)
            yield DagRunInfo(
                run_after=began,
                data_interval=None,
                partition_date=began,
                partition_key=key,
            )
            day += _DAY

    def _get_partition_info(self, run_date: DateTime) -> tuple[DateTime, str]:
        return self._night(self._local(run_date).date() - _DAY)

    def _night(self, day: date) -> tuple[DateTime, str]:
        """Return when a day begins, as Airflow reads it from the key, and the key."""
        key = day.strftime(KEY_FORMAT)
        return instance(self._decode_partition_date(key)).in_timezone("UTC"), key

    def _local(self, moment: datetime) -> DateTime:
        return instance(moment).in_timezone(self._timezone)

    def _day(self, bound: datetime) -> date:
        """Read an end of a backfill as the day that was written or picked.

        The command line's `2026-11-10` arrives as midnight in UTC, a day picked in a
        browser as midnight there.
        """
        local = self._local(bound)
        return local.date() if local.time() == time() else bound.date()
