"""The command, killed again and again: every owed order is counted once.

The moments are random but the same in each test: some lie in the start, most in the
delivery, which the sandbox makes slow. Processes are forked from one that has done the
imports (3 s of each start), but for one that is started as a person does.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from chaos.command import Command
from chaos.world import Worker
from tests.shop import COLUMNS, Row, Shop, an_order, client, shop_in

ORDERS, PER_CALL = 2_000, 25
# Twenty moments on each engine; KILLS=… for fewer or more.
KILLS = int(os.environ.get("KILLS", "20"))
# Each answer is so late that kills fall between intent and receipt.
SLOW: Row = {"do": "delay", "seconds": 0.2, "every": 1}
LEASES = '[delivery]\nlease = "2s"\ncall_deadline = "1s"\nin_flight_max = 2'
# A busy machine starts a command in some seconds; a run that hangs is a failure.
PATIENCE_SECONDS = 120
RUNS_MAX = 5


def rows(count: int = ORDERS) -> list[Row]:
    """Orders of the last two days, the first the oldest."""
    return [an_order(f"o-{n}", hours_ago=45 - n / 60) for n in range(1, count + 1)]


def command(shop: Shop, *words: str) -> list[str]:
    config = ["--config", str(shop.config)]
    return [sys.executable, "-m", "capi_jobs", *words, *config]


def forked(shop: Shop, *words: str) -> Worker:
    """Start the same from a process that has imported what takes seconds to import."""
    place = Path(tempfile.mkdtemp(dir=shop.folder))
    (place / "clock").write_text("0")
    command = Command(
        [*words, "--config", str(shop.config)],
        clock=place / "clock",
        out=place / "out",
        err=place / "err",
    )
    return Worker(command, command.start(), error=0)


def started(shop: Shop) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(shop, "run", "-i", shop.days, "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
    )


def finished(shop: Shop) -> tuple[int, str, str]:
    """Run to the end; exit code, stdout, stderr."""
    worker = forked(shop, "run", "-i", shop.days, "--json")
    assert worker.ended(PATIENCE_SECONDS), "the run does not end"
    return worker.code or 0, *worker.said


def calls(shop: Shop) -> int:
    return len(client().get(f"{shop.url}/sandbox/requests").json())


def until_calling(shop: Shop, alive: Callable[[], bool], more: int) -> None:
    """Wait until so many more calls came in, or the process ended by itself."""
    enough = calls(shop) + more
    end = time.monotonic() + PATIENCE_SECONDS
    while calls(shop) < enough and alive():
        assert time.monotonic() < end, "the run neither calls nor ends"
        time.sleep(0.02)


def killed(shop: Shop, moment: random.Random, *words: str) -> None:
    """Start a command and kill it: in three of four in the midst of its calls."""
    worker = forked(shop, *words)
    if moment.random() < 0.75:
        until_calling(shop, lambda: worker.alive, moment.randint(1, 4))
        time.sleep(moment.uniform(0, 0.3))
    else:
        time.sleep(moment.uniform(0, 1.5))
    worker.process.kill()
    worker.process.join()


def entries(shop: Shop) -> list[Row]:
    return shop.capi("ledger", "list", "--json").lines


def in_postgres(uri: str, orders: Sequence[Row]) -> None:
    """A warehouse of texts, as exports are."""
    columns = sql.SQL(",").join(
        sql.SQL("{} text").format(sql.Identifier(name)) for name in COLUMNS
    )
    with closing(psycopg.connect(uri)) as db, db:
        db.execute(sql.SQL("CREATE TABLE orders ({})").format(columns))
        with db.cursor().copy("COPY orders FROM STDIN") as copy:
            for row in orders:
                copy.write_row([row.get(name) for name in COLUMNS])


def prepared(shop: Shop, **changes: object) -> Shop:
    return shop.configure(
        platforms=("meta",),
        extra=LEASES,
        per_destination=f"events_per_batch_max = {PER_CALL}",
        **changes,
    )


def survives(shop: Shop) -> None:
    moment = random.Random(20)
    shop.faults(SLOW)
    for _ in range(KILLS):
        killed(shop, moment, "run", "-i", shop.days, "--json")
    client().delete(f"{shop.url}/sandbox/faults")
    for _ in range(RUNS_MAX):
        code, out, err = finished(shop)
        if code == 0:
            break
    assert code == 0, (out, err)

    owed = {f"o-{n}": 1 for n in range(1, ORDERS + 1)}
    assert owed == shop.counted()
    statuses = {str(row["order_id"]): row["status"] for row in entries(shop)}
    assert dict.fromkeys(owed, "delivered") == statuses
    assert shop.classes() == {"delivered": ORDERS}


def test_killed_again_and_again_all_is_counted_once_on_sqlite(
    tmp_path: Path,
) -> None:
    with shop_in(tmp_path) as shop:
        survives(prepared(shop.fill(rows())))


def test_killed_again_and_again_all_is_counted_once_on_postgres(
    tmp_path: Path, postgres_uri: str
) -> None:
    in_postgres(postgres_uri, rows())
    with shop_in(tmp_path) as shop:
        survives(prepared(shop, ledger=postgres_uri, warehouse=postgres_uri))


def test_asked_to_end_it_settles_what_is_in_flight_and_leaves(tmp_path: Path) -> None:
    with shop_in(tmp_path) as shop:
        prepared(shop.fill(rows(500))).faults(SLOW)
        with started(shop) as process:
            until_calling(shop, lambda: process.poll() is None, 3)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=PATIENCE_SECONDS)

        assert process.returncode == 1, (out, err)
        (told,) = json.loads(out)["destinations"]
        assert told["status"] == "interrupted"
        statuses = {str(row["order_id"]): row["status"] for row in entries(shop)}
        assert set(shop.counted()) == set(statuses)
        assert {"delivered"} == set(statuses.values())
        assert 0 < len(statuses) < 500


def connections_are_lost_after_counting(shop: Shop) -> None:
    shop.faults({"do": "drop_after", "every": 2, "times": 4})


def test_answers_lost_after_counting_make_no_double(tmp_path: Path) -> None:
    with shop_in(tmp_path) as shop:
        prepared(shop.fill(rows(200)))
        connections_are_lost_after_counting(shop)
        for _ in range(RUNS_MAX):
            code, out, err = finished(shop)
            if code == 0:
                break

        assert code == 0, (out, err)
        assert {f"o-{n}": 1 for n in range(1, 201)} == shop.counted()
        assert shop.classes() == {"delivered": 200}


@pytest.mark.parametrize("window", ["0s"])
def test_outside_the_window_they_stay_in_doubt_and_the_report_says_so(
    tmp_path: Path, window: str
) -> None:
    with shop_in(tmp_path) as shop:
        prepared(shop.fill(rows(200)))
        shop.configure(
            per_destination=f'{shop.per_destination}\ndedup_window = "{window}"'
        )
        connections_are_lost_after_counting(shop)
        code, out, err = finished(shop)
        again = finished(shop)

        assert (code, again[0]) == (3, 3), (out, err, again)
        in_doubt = [row for row in entries(shop) if row["status"] == "in_doubt"]
        assert len(in_doubt) == 4 * PER_CALL
        assert shop.classes() == {"delivered": 100, "in_doubt": 100}
        assert {f"o-{n}": 1 for n in range(1, 201)} == shop.counted()
