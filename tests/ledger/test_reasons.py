from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from capi_jobs.ledger.reasons import Reason, Reasons
from capi_jobs.ledger.values import HoldEnd
from capi_jobs.lifecycle import Event, Status
from tests.ledger.building import NOON, TICK, Bench
from tests.ledger.test_holds import A_HOLD

FEW = {"most": 2, "samples": 2}


def stuck(bench: Bench, *statuses: Status, **more: object) -> Reasons:
    return bench.ledger.stuck_by_reason(
        "meta",
        statuses or (Status.REJECTED,),
        **(FEW | more),  # type: ignore[arg-type]
    )


def refuse(bench: Bench, reason: str, *numbers: int) -> None:
    bench.settle(bench.claim(*numbers).batch_id, Event.REFUSED, reason)


def test_the_quarantine_is_counted_by_rule_the_largest_first(bench: Bench) -> None:
    later = NOON + timedelta(hours=1)
    email = replace(A_HOLD, rule="email_invalid", message="no address")
    bench.ledger.record_holds(
        [replace(email, order_id="o4", value=None)], run_id="r1", now=later
    )
    bench.ledger.record_holds(
        [
            replace(email, order_id="o3", currency="JPY", value=Decimal(500)),
            replace(email, order_id="o2", value=Decimal(5)),
            A_HOLD,
            replace(A_HOLD, order_id="o5", destination="tiktok"),
            replace(A_HOLD, order_id="o6"),
        ],
        run_id="r1",
        now=NOON,
    )
    bench.ledger.end_holds("meta", ["o6"], HoldEnd.MENDED, now=later)

    assert bench.ledger.held_by_rule("meta", **FEW) == Reasons(
        (
            Reason(
                reason="email_invalid",
                says="no address",
                is_fresh=False,
                orders=3,
                parts={"EUR": (2, Decimal(5)), "JPY": (1, Decimal(500))},
                samples=("o2", "o3"),
                oldest=NOON,
            ),
            Reason(
                reason="value_negative",
                says="the value is negative",
                is_fresh=False,
                orders=1,
                parts={"EUR": (1, Decimal("-1.50"))},
                samples=("o1",),
                oldest=NOON,
            ),
        ),
        left=0,
    )


def test_what_was_refused_is_counted_by_what_was_said(bench: Bench) -> None:
    refuse(bench, "too old", 1, 2)
    refuse(bench, "no such pixel", 3)
    refuse(bench, "too old", 4)
    bench.in_status(Status.DELIVERED, 5)
    bench.claim(6, destination="tiktok")

    found = stuck(bench)

    assert [(r.reason, r.orders, r.samples, r.oldest) for r in found.shown] == [
        ("too old", 3, ("o1", "o2"), NOON),
        ("no such pixel", 1, ("o3",), NOON),
    ]
    assert found.shown[0].parts == {"EUR": (3, Decimal("30.30"))}


def test_a_flood_of_reasons_is_cut_and_counted(bench: Bench) -> None:
    for number in range(50):
        refuse(bench, f"reason {number}", number)
    refuse(bench, "the usual one", 100, 101)

    found = stuck(bench)

    assert (found.shown[0].reason, len(found.shown), found.left) == (
        "the usual one",
        2,
        49,
    )


def test_what_was_sent_since_or_is_sent_again_stands_apart(bench: Bench) -> None:
    old = bench.in_status(Status.IN_DOUBT, 1)
    bench.now += timedelta(minutes=5)
    bench.in_status(Status.IN_DOUBT, 2)
    sides = (Status.IN_DOUBT, Status.RESENDING)

    def told() -> list[tuple[bool, tuple[str, ...]]]:
        found = stuck(bench, *sides, fresh_after=bench.now - TICK)
        return sorted((one.is_fresh, one.samples) for one in found.shown)

    assert told() == [(False, ("o1",)), (True, ("o2",))]
    assert bench.resend() == old
    assert told() == [(True, ("o1", "o2"))]


def test_where_nothing_stands_still_there_is_no_reason(bench: Bench) -> None:
    assert stuck(bench) == Reasons((), 0)
    assert bench.ledger.held_by_rule("meta", **FEW) == Reasons((), 0)
