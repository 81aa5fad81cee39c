"""How SQLite goes about it: it knows no figures of the tables, so each plan is its own.

Where it walks through a destination's entries, a claim or a page takes seconds once
there are millions of them. PostgreSQL gathers figures; what fits here fits there.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from capi_jobs.ledger import Chosen, Ledger
from capi_jobs.lifecycle import Event, Status
from tests.ledger.building import NOON, Bench

DAY = timedelta(days=1)
# All entries, or all of a destination, or of one of its event names.
WALK = re.compile(
    r"^(SCAN ledger_entries\b(?!.* ix_ledger_entries_forgotten_at)"
    # Of a covering index only the first key is looked at, by min().
    r"|SEARCH ledger_entries USING INDEX .*\(destination=\?( AND event_name=\?)?\)$)"
)

Ask = Callable[[Bench], object]


@pytest.fixture
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    file = tmp_path_factory.mktemp("plans") / "ledger.sqlite"
    with Ledger.open(f"sqlite:///{file}") as ledger:
        bench = Bench(ledger)
        bench.in_status(Status.DELIVERED, 1, 2)
        bench.in_status(Status.IN_DOUBT, 3)
        bench.in_status(Status.REJECTED, 4)
        bench.ledger.forget(["o2"], actor="ana", reason="asked", now=NOON)
        yield bench


def walks(bench: Bench, ask: Ask) -> list[str]:
    """Say where the statements that are asked would walk through entries."""
    said: list[tuple[str, tuple[object, ...]]] = []

    def note(*told: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
        said.append((str(told[2]), told[3]))

    engine = bench.ledger.engine
    event.listen(engine, "before_cursor_execute", note)
    ask(bench)
    event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        plans = [
            connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", told).all()
            for statement, told in said
            if "ledger_entries" in statement and isinstance(told, tuple)
        ]
    assert plans
    return [row[3] for plan in plans for row in plan if WALK.search(row[3])]


def claim_known(bench: Bench) -> None:
    bench.claim(1, 2, 3, 9)


def claim_and_settle(bench: Bench) -> None:
    bench.settle(bench.claim(10, 11).batch_id, Event.ACCEPTED)
    batch_id = bench.claim(12, 13).batch_id
    bench.settle_each(batch_id, {"e12": (Event.REFUSED, "no"), "e13": (Event.LOST, "")})
    bench.settle(bench.claim(14).batch_id, Event.DEFERRED)


def decide(bench: Bench) -> None:
    who: Mapping[str, Any] = {"actor": "ana", "reason": "looked", "now": bench.now}
    bench.ledger.resolve(Chosen("meta", order_ids=["o3"]), **who)
    bench.ledger.requeue(Chosen("meta", order_ids=["o4"]), **who)


ASKED: Mapping[str, Ask] = {
    "claim of what is known": claim_known,
    "claim and settle": claim_and_settle,
    "resend": lambda b: b.resend(),
    "decide": decide,
    "known": lambda b: b.ledger.known("meta", ["o1"], ["e3"]),
    "one order": lambda b: list(b.ledger.entries(order_ids=["o1"])),
    "history": lambda b: b.ledger.entry_history("o1"),
    "rejected": lambda b: list(b.ledger.entries("meta", status=Status.REJECTED)),
    "rejected, a page": lambda b: b.ledger.entries_page("meta", status=Status.REJECTED),
    "batch, a page": lambda b: b.ledger.entries_page("meta", batch_id="b"),
    "day, a page": lambda b: b.ledger.entries_page("meta", first_day=NOON.date()),
    "sent by receipt": lambda b: b.ledger.sent_by_minute(
        "meta", NOON - DAY, NOON, by_receipt=True
    ),
    "sent by order": lambda b: b.ledger.sent_by_minute(
        "meta", NOON - DAY, NOON, by_receipt=False
    ),
    "forget": lambda b: b.ledger.forget(["o1"], actor="ana", reason="asked", now=b.now),
    "retention": lambda b: b.ledger.retention(
        older_than=DAY, never_below=DAY, now=b.now + 9 * DAY
    ),
    "stuck": lambda b: b.ledger.stuck_by_reason(
        "meta", [Status.IN_DOUBT], most=5, samples=5
    ),
}


@pytest.mark.parametrize("what", ASKED)
def test_no_question_walks_through_all_entries(embedded: Bench, what: str) -> None:
    assert walks(embedded, ASKED[what]) == []


def test_what_is_counted_is_not_read(embedded: Bench) -> None:
    """Live counts name no entries at all."""
    said: list[str] = []

    def note(*told: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
        said.append(str(told[2]))

    event.listen(embedded.ledger.engine, "before_cursor_execute", note)
    embedded.ledger.live_counts("meta")
    embedded.ledger.status_counts()
    embedded.ledger.waiting()
    embedded.ledger.sent_by_run("r1")

    assert said
    assert not any("ledger_entries" in statement for statement in said)
