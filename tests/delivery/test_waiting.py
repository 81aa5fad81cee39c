"""What a killed run left unanswered is waited for; what a live one begins is not."""

from collections.abc import Sequence
from datetime import timedelta

from capi_jobs.lifecycle import Status
from tests.delivery.building import LEASE, Desk, items


def claimed(desk: Desk, number: int) -> None:
    """Another process begins a call, and is never heard of again."""
    one = items(number)[-1]
    desk.shop[one.entry.order_id] = one
    desk.ledger.claim(
        [one.entry], run_id="r0", now=desk.clock.now(), lease=LEASE, actor="other"
    )


def test_what_a_killed_run_left_is_sent_again_when_its_lease_is_over(
    desk: Desk,
) -> None:
    claimed(desk, 1)
    began = desk.clock.now()
    desk.clock.pass_by(timedelta(seconds=1))

    desk.deliver()

    assert desk.in_status(Status.DELIVERED) == {"e1"}
    assert desk.clock.now() >= began + LEASE


def test_what_others_begin_meanwhile_is_not_waited_for(desk: Desk) -> None:
    began = desk.clock.now()

    async def other(_: Sequence[str]) -> None:
        desk.clock.pass_by(timedelta(seconds=1))
        claimed(desk, 3)

    desk.platform.before = other

    desk.deliver(items(1))

    assert desk.in_status(Status.IN_FLIGHT) == {"e3"}
    assert desk.clock.now() < began + LEASE
