"""What another process does in test_workers.py; importable, so it can be spawned."""

import random
from itertools import count
from multiprocessing.connection import Connection

from capi_jobs.ledger import Ledger
from tests.ledger.building import Bench, entries

ENTRIES = 1_000
# Small enough that workers meet in the middle of each other's batches.
CHUNK = 50


def claim_all(url: str, seed: int) -> list[str]:
    """Claim every entry in an order of one's own; return the event ids kept."""
    numbers = list(range(ENTRIES))
    random.Random(seed).shuffle(numbers)
    kept = []
    with Ledger.open(url) as ledger:
        bench = Bench(ledger)
        for start in range(0, ENTRIES, CHUNK):
            claim = bench.claim_these(entries(*numbers[start : start + CHUNK]))
            kept += [entry.event_id for entry in claim.entries]
    return kept


def claim_until_killed(url: str, told: Connection) -> None:
    """Claim new entries for ever, and say so after each claim."""
    with Ledger.open(url) as ledger:
        bench = Bench(ledger)
        for number in count():
            start = number * CHUNK
            claim = bench.claim_these(entries(*range(start, start + CHUNK)))
            told.send(claim.batch_id)
