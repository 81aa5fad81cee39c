from datetime import datetime, timedelta

import pytest

from capi_jobs.ledger.audits import KeptAudit
from capi_jobs.model import DataInterval
from tests.ledger.building import NOON, TICK, Bench

DAY = timedelta(days=1)


def an_audit(day: int = 0, found: int = 3) -> KeptAudit:
    return KeptAudit(
        interval=DataInterval(NOON + day * DAY, NOON + (day + 1) * DAY),
        orders=100,
        found={"duplicated": found, "missing": 0},
        taken_at=NOON + 9 * DAY,
    )


def kept(bench: Bench, before: datetime, limit: int = 9) -> list[KeptAudit]:
    return bench.ledger.audits("meta", before, limit)


def test_audits_are_listed_the_newest_last(bench: Bench) -> None:
    for day in (2, 0, 1):
        bench.ledger.keep_audit("meta", an_audit(day))
    bench.ledger.keep_audit("tiktok", an_audit(0, 7))

    assert kept(bench, NOON + 9 * DAY) == [an_audit(0), an_audit(1), an_audit(2)]
    assert kept(bench, NOON + 9 * DAY, limit=2) == [an_audit(1), an_audit(2)]


@pytest.mark.parametrize(("days", "seen"), [(1, 0), (1.5, 1), (2, 1), (2.5, 2)])
def test_only_intervals_that_ended_before_are_listed(
    bench: Bench, days: float, seen: int
) -> None:
    for day in (0, 1):
        bench.ledger.keep_audit("meta", an_audit(day))

    assert len(kept(bench, NOON + days * DAY)) == seen


def test_a_second_audit_of_an_interval_has_the_last_word(bench: Bench) -> None:
    bench.ledger.keep_audit("meta", an_audit(0, 3))
    bench.ledger.keep_audit("meta", an_audit(0, 5))

    assert kept(bench, NOON + 9 * DAY) == [an_audit(0, 5)]


def test_retention_removes_old_ones(bench: Bench) -> None:
    bench.ledger.keep_audit("meta", an_audit())
    taken = an_audit().taken_at
    for now, left in ((taken + 400 * DAY, 1), (taken + 400 * DAY + TICK, 0)):
        bench.ledger.retention(older_than=400 * DAY, never_below=7 * DAY, now=now)
        assert len(kept(bench, taken)) == left
