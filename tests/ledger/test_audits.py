from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from capi_jobs.ledger.audits import (
    AUDITS_WITH_ORDERS,
    KeptAudit,
    KeptCause,
    KeptFinding,
)
from capi_jobs.ledger.forgotten import digest_of
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


def a_cause(**changes: object) -> KeptCause:
    told = {
        "kind": "duplicated",
        "cause": "two_ids",
        "orders": 3,
        "values": {"EUR": Decimal("30.30"), "JPY": Decimal(900)},
        "detail": "",
        **changes,
    }
    return KeptCause(**told)  # type: ignore[arg-type]


def a_finding(order_id: str = "o1", **changes: object) -> KeptFinding:
    told = {
        "order_id": order_id,
        "day": date(2026, 11, 20),
        "currency": "EUR",
        "value": Decimal("10.10"),
        "detail": "",
        **changes,
    }
    return KeptFinding(**told)  # type: ignore[arg-type]


def keep(bench: Bench, day: int = 0, *listed: KeptFinding) -> None:
    bench.ledger.keep_audit("meta", an_audit(day), [(a_cause(), listed)])


def orders_of(
    bench: Bench, day: int = 0, **page: int
) -> Sequence[tuple[int, KeptFinding]]:
    cause = ("duplicated", "two_ids")
    return bench.ledger.audit_orders(
        "meta", an_audit(day).interval, cause, **{"limit": 9, **page}
    )


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
    keep(bench, 0, a_finding())
    taken = an_audit().taken_at
    for now, left in ((taken + 400 * DAY, 1), (taken + 400 * DAY + TICK, 0)):
        bench.ledger.retention(older_than=400 * DAY, never_below=7 * DAY, now=now)
        causes = bench.ledger.audit_causes("meta", an_audit().interval)
        assert [len(kept(bench, taken)), len(causes), len(orders_of(bench))] == 3 * [
            left
        ]


def test_what_was_taken_last_comes_first_whatever_its_days(bench: Bench) -> None:
    days = {2: 0, 0: 1, 1: 2}
    for day, hours in days.items():
        taken = NOON + 9 * DAY + timedelta(hours=hours)
        bench.ledger.keep_audit("meta", replace(an_audit(day), taken_at=taken))

    listed = bench.ledger.latest_audits("meta", 2)

    assert [one.interval for one in listed] == [an_audit(d).interval for d in (1, 0)]


def test_causes_keep_their_order_and_exact_worth(bench: Bench) -> None:
    causes = [a_cause(), a_cause(cause="refired", detail="48 h"), a_cause(kind="alone")]
    bench.ledger.keep_audit("meta", an_audit(), [(one, []) for one in causes])

    assert bench.ledger.audit_causes("meta", an_audit().interval) == causes
    assert bench.ledger.audit_causes("meta", an_audit(1).interval) == []
    assert bench.ledger.audit_causes("tiktok", an_audit().interval) == []


def test_orders_of_a_cause_are_paged(bench: Bench) -> None:
    found = [a_finding(f"o{n}", value=Decimal(9 - n)) for n in range(3)]
    keep(bench, 0, *found)

    assert orders_of(bench) == list(enumerate(found))
    assert orders_of(bench, limit=1, after=0) == [(1, found[1])]
    assert orders_of(bench, after=2) == []


def test_whatever_a_log_wrote_is_kept_bounded(bench: Bench) -> None:
    hostile = "\x00" + "ü" * 9_999
    odd = a_finding(hostile, day=None, currency=hostile, detail=hostile)
    cause = a_cause(values={hostile: Decimal(1)}, detail=hostile)

    bench.ledger.keep_audit("meta", an_audit(), [(cause, [odd])])

    [(_, told)] = orders_of(bench)
    texts = [told.order_id, told.currency, told.detail]
    assert all(text.startswith("␀ü") and len(text) <= 200 for text in texts)


def test_another_audit_of_the_same_days_takes_the_place_of_orders_too(
    bench: Bench,
) -> None:
    keep(bench, 0, a_finding("o1"), a_finding("o2"))
    keep(bench, 1, a_finding("other"))
    keep(bench, 0, a_finding("o3"))

    assert [one.order_id for _, one in orders_of(bench)] == ["o3"]
    assert [one.order_id for _, one in orders_of(bench, 1)] == ["other"]
    assert len(bench.ledger.audit_causes("meta", an_audit().interval)) == 1


def test_orders_are_kept_of_the_last_audits_alone(bench: Bench) -> None:
    for day in range(AUDITS_WITH_ORDERS + 1):
        audit = replace(an_audit(day), taken_at=NOON + day * DAY)
        bench.ledger.keep_audit("meta", audit, [(a_cause(), [a_finding()])])

    assert [len(orders_of(bench, day)) for day in (0, 1)] == [0, 1]
    assert len(bench.ledger.audit_causes("meta", an_audit(0).interval)) == 1


def test_a_forgotten_order_is_a_digest_there_and_no_detail_names_it(
    bench: Bench,
) -> None:
    named = "px-7 ≠ o-of-ada"
    found = [a_finding("o-of-ada", detail=named), a_finding("o2", detail="24 h")]
    bench.ledger.keep_audit("meta", an_audit(), [(a_cause(detail=named), found)])

    done = bench.ledger.forget(
        ["o-of-ada"], actor="ana", reason="her request", now=NOON
    )

    assert done.findings == 1
    told = [(one.order_id, one.detail) for _, one in orders_of(bench)]
    assert told == [(digest_of("o-of-ada"), ""), ("o2", "24 h")]
    [cause] = bench.ledger.audit_causes("meta", an_audit().interval)
    assert cause.detail == ""
