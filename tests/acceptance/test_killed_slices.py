"""Workers that deliver slices of a day are killed; each order is counted once."""

import time
from multiprocessing import get_context
from pathlib import Path

import pytest

from capi_jobs.ledger.values import RunStatus
from tests.acceptance.test_kill import LEASES, PATIENCE_SECONDS, SLOW, calls, rows
from tests.jobs.steps.building import Night
from tests.shop import Shop, shop_in

ORDERS, PER_CALL, SLICES = 400, 25, 2


def until_called(shop: Shop, enough: int) -> None:
    """Wait until the workers are in the midst of their calls."""
    end = time.monotonic() + PATIENCE_SECONDS
    while calls(shop) < enough:
        assert time.monotonic() < end, "nobody calls"
        time.sleep(0.02)


def killed_while_delivering(night: Night) -> None:
    """Each slice in a process of its own, until a kill that nobody can handle."""
    workers = [
        get_context("spawn").Process(target=night.deliver, args=(number,))
        for number in range(SLICES)
    ]
    for worker in workers:
        worker.start()
    until_called(night.shop, 5)
    for worker in workers:
        worker.kill()
        worker.join(PATIENCE_SECONDS)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_slices_whose_workers_were_killed_are_sent_once(
    tmp_path: Path, engine: str, request: pytest.FixtureRequest
) -> None:
    with shop_in(tmp_path) as shop:
        shop.fill(rows(ORDERS)).configure(
            platforms=("meta",),
            extra=LEASES,
            per_destination=f"events_per_batch_max = {PER_CALL}",
        )
        if engine == "postgres":
            shop.configure(ledger=request.getfixturevalue("postgres_url"))
        night = Night(shop)
        assert night.assess(slice_orders=ORDERS // SLICES).slices == SLICES
        shop.faults(SLOW)

        killed_while_delivering(night)

        assert night.part().status == RunStatus.RUNNING
        sent = [night.deliver(number) for number in range(SLICES)]
        assert {one.status for one in sent} == {RunStatus.DONE}
        assert shop.counted() == {f"o-{n}": 1 for n in range(1, ORDERS + 1)}
        assert shop.classes() == {"delivered": ORDERS}
        assert (night.part().status, night.run().status) == ("done", "done")
