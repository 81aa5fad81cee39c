"""Two backfills, and the night, over the same days at once; each order counts once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from capi_jobs.ledger.values import RunStatus
from tests.acceptance.test_kill import rows
from tests.jobs.steps.building import Night
from tests.shop import shop_in

ORDERS, PER_CALL, SLICES = 120, 5, 2
# The nightly run of that day, and both backfills of it.
RUNS = ("2026-11-22-meta-web-night", "2026-11-22-meta-web-one", "2026-11-22-meta-web-2")


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_runs_of_the_same_days_send_each_order_once(
    tmp_path: Path, engine: str, request: pytest.FixtureRequest
) -> None:
    """Each has found all of it missing before any of them begins to send."""
    with shop_in(tmp_path) as shop:
        shop.fill(rows(ORDERS)).configure(
            platforms=("meta",), per_destination=f"events_per_batch_max = {PER_CALL}"
        )
        if engine == "postgres":
            shop.configure(ledger=request.getfixturevalue("postgres_url"))
        nights = [replace(Night(shop), run_id=run) for run in RUNS]
        found = [night.assess(slice_orders=ORDERS // SLICES) for night in nights]
        assert [one.orders for one in found] == [ORDERS] * len(RUNS)
        tasks = [(night, n) for night in nights for n in range(SLICES)]
        together = Barrier(len(tasks))

        def delivered(night: Night, number: int) -> int:
            together.wait(timeout=60)
            return night.deliver(number).delivered

        with ThreadPoolExecutor(len(tasks)) as pool:
            sent = sum(pool.map(delivered, *zip(*tasks, strict=True)))

        assert shop.counted() == {f"o-{n}": 1 for n in range(1, ORDERS + 1)}
        assert sent == ORDERS
        closed = [night.close() for night in nights]
        assert {(one.status, one.closes) for one in closed} == {(RunStatus.DONE, True)}
