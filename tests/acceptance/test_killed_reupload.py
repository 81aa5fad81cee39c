"""The platform lost a day; the re-upload is killed again and again, and goes on.

What it has made missing it makes missing once, whatever moment it died in.
"""

import random
import subprocess
import time
from collections import Counter
from pathlib import Path

import httpx

from capi_jobs.ledger import Ledger
from tests.acceptance.test_kill import (
    PATIENCE_SECONDS,
    SLOW,
    command,
    prepared,
    rows,
    until_calling,
)
from tests.shop import Shop, shop_in

ORDERS, KILLS = 150, 4
RUN = "20261123-031500-4f2a"


def started(shop: Shop) -> "subprocess.Popen[bytes]":
    words = ["reupload", "-i", shop.days, "--because", "they lost a day"]
    words += ["--delivered", "again", "--may-count-twice", "--send", "--run-id", RUN]
    return subprocess.Popen(
        command(shop, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finished(shop: Shop) -> tuple[int, bytes]:
    with started(shop) as process:
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, err


def killed(shop: Shop, moment: random.Random) -> None:
    """Kill it among its decisions, or in the midst of its calls."""
    with started(shop) as process:
        if moment.random() < 0.7:
            until_calling(shop, process, moment.randint(1, 3))
            time.sleep(moment.uniform(0, 0.3))
        else:
            time.sleep(moment.uniform(1, 4))
        process.kill()
        process.communicate()


def survives(shop: Shop, ledger: str) -> None:
    shop.run()
    httpx.delete(f"{shop.url}/sandbox").raise_for_status()
    assert shop.counted() == {}
    shop.faults(SLOW)
    moment = random.Random(7)
    for _ in range(KILLS):
        killed(shop, moment)
    shop.mend()
    for _ in range(3):
        code, err = finished(shop)
        if code == 0:
            break

    owed = [f"o-{n}" for n in range(1, ORDERS + 1)]
    assert code == 0, err
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
