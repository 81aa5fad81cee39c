from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

from sqlalchemy import func, select

from capi_jobs.ledger import Ledger
from capi_jobs.ledger.schema import batches, entries
from capi_jobs.lifecycle import Status
from tests.ledger.building import LEASE, Bench, an_entry
from tests.ledger.worker import CHUNK, ENTRIES, claim_all, claim_until_killed

SPAWN = get_context("spawn")


def test_processes_never_claim_the_same_entry(ledger_url: str) -> None:
    """Each goes through the same thousand entries in an order of its own."""
    with ProcessPoolExecutor(3, mp_context=SPAWN) as workers:
        kept = list(workers.map(claim_all, [ledger_url] * 3, range(3)))

    counts = Counter(event_id for each in kept for event_id in each)
    assert len(counts) == ENTRIES
    assert set(counts.values()) == {1}


def test_threads_with_other_event_ids_never_claim_the_same_order(
    ledger_url: str,
) -> None:
    """Somebody changed event_id_template while a run was under way."""

    def claim(template: str) -> list[str]:
        with Ledger.open(ledger_url) as ledger:
            bench = Bench(ledger)
            claims = [
                bench.claim_these(
                    [
                        an_entry(number, event_id=f"{template}{number}")
                        for number in range(start, start + CHUNK)
                    ]
                )
                for start in range(0, 500, CHUNK)
            ]
            return [entry.order_id for one in claims for entry in one.entries]

    with ThreadPoolExecutor(4) as workers:
        kept = list(workers.map(claim, "abcd"))

    counts = Counter(order_id for each in kept for order_id in each)
    assert len(counts) == 500
    assert set(counts.values()) == {1}


def test_a_killed_worker_leaves_a_ledger_that_tells_the_truth(ledger_url: str) -> None:
    mine, its = SPAWN.Pipe()
    worker = SPAWN.Process(target=claim_until_killed, args=(ledger_url, its))
    worker.start()
    told = [mine.recv() for _ in range(5)]
    worker.kill()
    worker.join()

    with Ledger.open(ledger_url) as ledger, ledger.snapshot() as connection:
        held: dict[str, int] = dict(
            connection.execute(
                select(entries.c.batch_id, func.count()).group_by(entries.c.batch_id)
            ).all()
        )
        claimed = connection.execute(select(batches)).all()
    assert set(told) <= held.keys()
    assert {batch.batch_id: batch.events for batch in claimed} == held
    assert {batch.status for batch in claimed} == {Status.IN_FLIGHT}


def test_the_next_run_finds_what_a_killed_worker_had_in_flight(
    ledger_url: str,
) -> None:
    mine, its = SPAWN.Pipe()
    worker = SPAWN.Process(target=claim_until_killed, args=(ledger_url, its))
    worker.start()
    mine.recv()
    worker.kill()
    worker.join()

    with Ledger.open(ledger_url) as ledger:
        bench = Bench(ledger)
        assert not bench.claim(0)
        bench.now += LEASE
        ledger.sweep(bench.now, actor="next run")
        assert bench.status(0) is Status.IN_DOUBT


def test_two_sweeps_at_once_tell_of_each_batch_once(ledger: Ledger) -> None:
    bench = Bench(ledger)
    for number in range(20):
        bench.claim(number)
    bench.now += LEASE

    with ThreadPoolExecutor(4) as workers:
        swept = list(
            workers.map(lambda _: ledger.sweep(bench.now, actor="x"), range(4))
        )

    assert sum(sum(each.entries.values()) for each in swept) == 20
    lost = [x for x in ledger.entry_history("o3") if x["event"] == "lost"]
    assert len(lost) == 1
