import json
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Connection, select

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger import Chosen, Ledger
from capi_jobs.ledger.forgetting import Forgotten
from capi_jobs.ledger.schema import METADATA
from capi_jobs.ledger.values import Claim, Validation
from capi_jobs.lifecycle import Event, Status
from tests.ledger.building import Bench, an_entry
from tests.ledger.test_assessments import assess, start
from tests.ledger.test_holds import A_HOLD

SECRET = "order-of-ada-1815"
EVENT = "event-of-ada-1815"


def forget(bench: Bench, *order_ids: str) -> Forgotten:
    return bench.ledger.forget(
        order_ids, actor="ana", reason="her request", now=bench.now
    )


def delivered(bench: Bench, order_id: str = SECRET, event_id: str = EVENT) -> None:
    claim = bench.claim(1, order_id=order_id, event_id=event_id)
    bench.settle(claim.batch_id, Event.ACCEPTED)


def everything(ledger: Ledger) -> str:
    """All rows of all tables, as text."""
    with ledger.snapshot() as connection:
        tables = [connection.execute(select(t)).all() for t in METADATA.sorted_tables]
    rows = [list(row) for table in tables for row in table]
    return json.dumps(rows, default=str, ensure_ascii=False)


def test_nothing_of_a_forgotten_order_is_left(bench: Bench) -> None:
    claim = bench.claim(1, order_id=SECRET, event_id=EVENT)
    bench.settle(claim.batch_id, Event.LOST)
    bench.ledger.resolve(
        Chosen("meta", order_ids=[SECRET]), actor="ana", reason="seen", now=bench.now
    )
    bench.ledger.record_holds(
        [replace(A_HOLD, order_id=SECRET)], run_id="r1", now=bench.now
    )
    bench.ledger.block_order(
        "tiktok", [SECRET], actor="ana", reason="fraud", now=bench.now
    )
    start(bench)
    assess(bench, validations=[a_validation(SECRET, "o2")])
    assert everything(bench.ledger).count("of-ada-1815") > 5

    done = forget(bench, SECRET)

    assert "of-ada-1815" not in everything(bench.ledger)
    assert done == Forgotten(entries=1, holds=1, overrides=1, history=1, samples=1)
    assert bench.ledger.validations_of("r1", "meta")[0].samples == ("o2",)
    assert list(bench.ledger.open_holds()) == []


def a_validation(*samples: str) -> Validation:
    return Validation(
        suite="orders",
        rule="value_negative",
        column="value",
        severity="critical",
        evaluated=10,
        failed=2,
        share=0.2,
        samples=samples,
        passed=False,
    )


def test_a_forgotten_order_cannot_be_sent_again(bench: Bench) -> None:
    delivered(bench)
    forget(bench, SECRET)

    claim = bench.claim(1, order_id=SECRET, event_id=EVENT)

    assert not claim
    assert [drop.status for drop in claim.dropped] == [Status.DELIVERED]
    assert not bench.claim(1, order_id=SECRET, event_id="another")
    assert not bench.claim(1, order_id="another", event_id=EVENT)
    assert bench.claim(2)


def test_a_forgotten_order_cannot_be_imported_anew(bench: Bench) -> None:
    delivered(bench)
    forget(bench, SECRET)

    done = bench.ledger.import_entries(
        [an_entry(1, order_id=SECRET, event_id="other")],
        actor="ana",
        reason="old",
        now=bench.now,
    )

    assert (done.new, done.known) == (0, 1)


def test_a_forgotten_block_still_blocks(bench: Bench) -> None:
    bench.ledger.block_order(
        "meta", [SECRET], actor="ana", reason="fraud", now=bench.now
    )

    forget(bench, SECRET)

    assert not bench.claim(1, order_id=SECRET)
    assert bench.ledger.overrides("meta", [SECRET])[SECRET].decision == "block"


def test_counts_stay_what_they_were(bench: Bench) -> None:
    delivered(bench)
    before = bench.ledger.live_counts("meta")

    forget(bench, SECRET)

    assert bench.ledger.live_counts("meta") == before


def test_forgetting_twice_or_the_unknown_changes_nothing(bench: Bench) -> None:
    delivered(bench)
    forget(bench, SECRET)

    assert forget(bench, SECRET, "o9") == Forgotten(0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "status", [Status.IN_FLIGHT, Status.IN_DOUBT, Status.RESENDING]
)
def test_what_may_still_be_sent_cannot_be_forgotten(
    bench: Bench, status: Status
) -> None:
    """A resend needs the ids; without them nobody could ever decide."""
    bench.in_status(status, 1)
    delivered(bench)

    with pytest.raises(DecisionRefused, match="o1"):
        forget(bench, SECRET, "o1")

    assert bench.statuses().keys() == {SECRET, "o1"}


def test_the_history_of_a_forgotten_order_is_found_by_who_knows_its_id(
    bench: Bench,
) -> None:
    delivered(bench)
    forget(bench, SECRET)

    assert len(bench.ledger.entry_history(SECRET)) == 2
    assert len(list(bench.ledger.entries(order_ids=[SECRET]))) == 1


def test_samples_are_found_however_json_writes_them(bench: Bench) -> None:
    odd = 'Ünïcode "quoted" 🛒\n'
    start(bench)
    assess(bench, validations=[a_validation(odd)])

    assert forget(bench, odd).samples == 1


def test_forgetting_needs_a_reason(bench: Bench) -> None:
    with pytest.raises(DecisionRefused, match="reason"):
        bench.ledger.forget(["o1"], actor="ana", reason="", now=bench.now)


def test_a_claim_waits_for_a_forgetting_under_way(ledger: Ledger) -> None:
    """Else it would look for digests too early, and insert the ids anew."""
    bench = Bench(ledger)
    delivered(bench)
    forget_in = Ledger.forget.__wrapped__  # type: ignore[attr-defined]
    with ThreadPoolExecutor(1) as worker:

        def work(connection: Connection) -> Future[Claim]:
            who = {"actor": "ana", "reason": "request", "now": bench.now}
            forget_in(ledger, connection, [SECRET], **who)
            claim = worker.submit(bench.claim, 1, order_id=SECRET, event_id=EVENT)
            with pytest.raises(TimeoutError):
                claim.result(timeout=0.5)
            return claim

        claim = ledger.in_transaction(work)

        assert not claim.result(timeout=30)
