from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from capi_jobs.ledger import Chosen
from capi_jobs.ledger.decisions import PersonsWord, Word
from capi_jobs.ledger.values import Decision
from capi_jobs.lifecycle import Event, Status
from tests.ledger.building import NOON, Bench
from tests.ledger.test_assessments import assess, decide, start

MINUTE = timedelta(minutes=1)


def word(minute: int, what: Word, orders: int, order: str, **more: str) -> PersonsWord:
    given = {"actor": "ana", "reason": "looked", "run_id": ""} | more
    return PersonsWord(
        at=NOON + minute * MINUTE,
        word=what,
        destination="meta",
        orders=orders,
        order_id=order,
        **given,
    )


def decide_each(bench: Bench) -> list[PersonsWord]:
    """Decide about everything that can be decided about; the newest last."""
    who: Mapping[str, Any] = {"actor": "ana", "reason": "looked"}
    start(bench)
    assess(bench)
    decide(bench, Decision.APPROVED)
    bench.in_status(Status.IN_DOUBT, 1, 2, 3)
    bench.now += MINUTE
    bench.ledger.release_hold("meta", ["o8", "o9"], now=bench.now, **who)
    bench.now += MINUTE
    bench.ledger.block_order("meta", ["o7"], now=bench.now, **who)
    bench.now += MINUTE
    chosen = Chosen("meta", order_ids=["o1", "o2"])
    bench.ledger.resolve(chosen, now=bench.now, **who)
    bench.now += MINUTE
    bench.ledger.requeue(Chosen("meta", order_ids=["o3"]), now=bench.now, **who)
    approved = {"actor": "dora", "reason": "plausible", "run_id": "r1"}
    return [
        word(0, Word.APPROVED, 3, "", **approved),
        word(1, Word.RELEASE, 2, "o8"),
        word(2, Word.BLOCK, 1, "o7"),
        word(3, Word.RESOLVED, 2, "o1"),
        word(4, Word.REQUEUED, 1, "o3"),
    ]


def test_every_decision_is_told_once_the_newest_first(bench: Bench) -> None:
    made = decide_each(bench)

    assert bench.ledger.decisions().rows == tuple(reversed(made))


def test_decisions_are_paged(bench: Bench) -> None:
    made = decide_each(bench)
    seen: list[PersonsWord] = []
    after = None
    for _ in made:
        page = bench.ledger.decisions(limit=1, after=after)
        seen += page.rows
        after = page.after

    assert (after, seen) == (None, made[::-1])


def test_what_nobody_decided_is_no_decision(bench: Bench) -> None:
    """A late answer resolves a doubt, too."""
    batch_id = bench.in_status(Status.IN_DOUBT, 1)
    bench.settle(batch_id, Event.ACCEPTED, attempt=1)
    start(bench)
    assess(bench)

    assert bench.ledger.decisions().rows == ()
