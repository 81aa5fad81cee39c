from datetime import timedelta

from capi_jobs.lifecycle import Event, Status
from tests.ledger.building import Bench, an_entry


def listed(bench: Bench, **filters: object) -> list[str]:
    return [
        row["order_id"]
        for row in bench.ledger.entries(**filters)  # type: ignore[arg-type]
    ]


def test_an_entry_is_listed_with_its_batch(bench: Bench) -> None:
    batch_id = bench.in_status(Status.REJECTED, 1)

    (row,) = bench.ledger.entries()

    expected = {
        "destination": "meta",
        "order_id": "o1",
        "event_id": "e1",
        "event_name": "Purchase",
        "status": Status.REJECTED,
        "attempts": 1,
        "batch_id": batch_id,
        "run_id": "r1",
        "currency": "EUR",
    }
    assert expected == {name: row[name] for name in expected}


def test_entries_are_filtered(bench: Bench) -> None:
    bench.in_status(Status.DELIVERED, 1, 2)
    doubtful = bench.in_status(Status.IN_DOUBT, 3)
    bench.claim(4, destination="tiktok")

    assert listed(bench) == ["o1", "o2", "o3", "o4"]
    assert listed(bench, destination="meta") == ["o1", "o2", "o3"]
    assert listed(bench, status=Status.DELIVERED) == ["o1", "o2"]
    assert listed(bench, order_ids=["o2", "o4", "o9"]) == ["o2", "o4"]
    assert listed(bench, order_ids=[]) == []
    assert listed(bench, batch_id=doubtful) == ["o3"]
    assert listed(bench, since=an_entry(3).event_time) == ["o3", "o4"]


def test_pages_meet_without_gap_or_overlap(bench: Bench) -> None:
    bench.claim(1, 2)
    bench.claim(1, 2, event_name="Subscribe")
    bench.claim(1, 2, destination="tiktok")
    seen, after = [], None
    while page := list(bench.ledger.entries(limit=2, after=after)):
        seen += page
        last = page[-1]
        after = (last["destination"], last["event_name"], last["event_id"])

    assert seen == list(bench.ledger.entries())
    assert len(seen) == 6


def test_a_list_may_be_left_half_read(bench: Bench) -> None:
    bench.claim(*range(50))

    next(bench.ledger.entries())

    assert bench.claim(99)


def test_the_history_reaches_back_to_where_an_entry_was_split_off(bench: Bench) -> None:
    batch_id = bench.in_status(Status.IN_DOUBT, 1, 2, 3)
    groups = [[("Purchase", "e1")]]
    (sibling,) = bench.ledger.split_in_doubt(
        batch_id, groups, now=bench.now, actor="test"
    )
    bench.now += timedelta(minutes=1)
    bench.resend()
    bench.settle(batch_id, Event.ACCEPTED)

    events = [line["event"] for line in bench.ledger.entry_history("o1")]

    assert events[:3] == ["claimed", "lost", "split"]
    assert sibling in {line["batch_id"] for line in bench.ledger.entry_history("o1")}


def test_an_unknown_order_has_no_history(bench: Bench) -> None:
    assert bench.ledger.entry_history("o1") == []


def test_batches_of_a_run_come_oldest_first(bench: Bench) -> None:
    first = bench.in_status(Status.DELIVERED, 1)
    bench.now += timedelta(seconds=1)
    second = bench.in_status(Status.DELIVERED, 2)

    assert [b.batch_id for b in bench.ledger.batches_of("r1")] == [first, second]
    assert bench.ledger.batch("nowhere") is None
