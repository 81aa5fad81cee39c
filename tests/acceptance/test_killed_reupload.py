"""The platform lost a day; the re-upload is killed again and again, and goes on.

What it has made missing it makes missing once, whatever moment it died in.
"""

import random
from collections import Counter
from pathlib import Path

from capi_jobs.ledger import Ledger
from tests.acceptance.test_kill import (
    PATIENCE_SECONDS,
    SLOW,
    forked,
    killed,
    prepared,
    rows,
)
from tests.shop import Shop, client, shop_in

ORDERS, KILLS = 150, 4
RUN = "20261123-031500-4f2a"


def words(shop: Shop) -> list[str]:
    told = ["reupload", "-i", shop.days, "--because", "they lost a day"]
    told += ["--delivered", "again", "--may-count-twice", "--send", "--run-id", RUN]
    return told


def survives(shop: Shop, ledger: str) -> None:
    shop.run()
    client().delete(f"{shop.url}/sandbox").raise_for_status()
    assert shop.counted() == {}
    shop.faults(SLOW)
    moment = random.Random(7)
    for _ in range(KILLS):
        killed(shop, moment, *words(shop))
    shop.mend()
    for _ in range(3):
        worker = forked(shop, *words(shop))
        assert worker.ended(PATIENCE_SECONDS)
        if worker.code == 0:
            break

    owed = [f"o-{n}" for n in range(1, ORDERS + 1)]
    assert worker.code == 0, worker.said
    assert shop.counted() == dict.fromkeys(owed, 1)
    assert shop.classes() == {"delivered": ORDERS}
    with Ledger.open(ledger) as books:
        moves = Counter(
            move["event"] for one in owed for move in books.entry_history(one)
        )
    assert moves["requeued"] == ORDERS


def test_killed_again_and_again_it_asks_for_nothing_twice_on_sqlite(
    tmp_path: Path,
) -> None:
    with shop_in(tmp_path) as shop:
        prepared(shop.fill(rows(ORDERS)))
        survives(shop, f"sqlite:///{tmp_path / 'ledger.db'}")


def test_killed_again_and_again_it_asks_for_nothing_twice_on_postgres(
    tmp_path: Path, postgres_url: str
) -> None:
    with shop_in(tmp_path) as shop:
        prepared(shop.fill(rows(ORDERS)), ledger=postgres_url)
        survives(shop, postgres_url)
