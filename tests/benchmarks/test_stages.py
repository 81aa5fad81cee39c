"""A few hundred orders; `python -m benchmarks stages` takes twenty thousand."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from benchmarks import job, stage_ours, stage_theirs
from benchmarks.job import Wanted
from benchmarks.shop import Shop, fill
from benchmarks.stage import Place
from benchmarks.stages import measure, told
from capi_jobs.model import DataInterval

ORDERS = 500
DIRT = 6  # numbers are always the same
WANTED = Wanted(
    orders=ORDERS,
    missing=0.1,
    destinations=1,
    sqlite=False,
    sandbox=False,
    latency=0.0,
    again=False,
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("stages")
    now = datetime.now(UTC)
    shop = Shop(ORDERS, 0.1, now, platforms=("meta",))
    with (
        job.databases(WANTED, folder) as (warehouse, ledger),
        job.server(WANTED) as server,
    ):
        fill(warehouse, shop)
        config = folder / "capi_jobs.toml"
        config.write_text(job.config(WANTED, warehouse, ledger, server), "utf-8")
        days = DataInterval(datetime.fromtimestamp(shop.first_at, UTC), now)
        yield Place(config, warehouse, server, days)
        stage_ours.close()


@pytest.mark.parametrize("way", [*stage_ours.WAYS, *stage_theirs.WAYS], ids="-".join)
def test_each_way_of_a_stage_works_on_every_order_that_it_can_read(
    way: tuple[str, str], place: Place
) -> None:
    work = (stage_ours.WAYS | stage_theirs.WAYS)[way](place)

    rows = work()

    # Dirt is a negative value, of which ours makes no order.
    read = way[1] == "capi-jobs" and way[0] != "reconcile"
    assert rows == (ORDERS - DIRT if read else ORDERS)


def test_a_way_is_measured_in_a_process_of_its_own() -> None:
    took = list(measure(WANTED, ["ledger"]))

    text = told(WANTED, took)
    assert [one.way for one in took] == ["capi-jobs", "executemany"]
    assert "| ledger | **capi-jobs** | 494 |" in text
