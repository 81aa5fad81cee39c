from datetime import timedelta, timezone

import pytest

from capi_jobs.ledger import Ledger
from capi_jobs.ledger.columns import ID_BYTES_MAX
from capi_jobs.lifecycle import Event, Status
from tests.ledger.building import LEASE, NOON, Bench, an_entry, entries


def test_a_claim_keeps_its_entries_in_the_order_they_were_given(bench: Bench) -> None:
    wanted = entries(3, 1, 2)

    claim = bench.claim_these(wanted)

    assert tuple(wanted) == claim.entries
    assert claim.dropped == ()


def test_a_claim_is_committed_when_it_returns(bench: Bench, ledger_url: str) -> None:
    """Whoever opens the ledger before the call is made sees the intent."""
    claim = bench.claim(1)

    with Ledger.open(ledger_url) as another:
        batch = another.batch(claim.batch_id)
        found = list(another.entries())

    assert batch is not None
    assert batch.status is Status.IN_FLIGHT
    assert (
        batch.first_sent_at,
        batch.lease_until,
        batch.attempts,
    ) == (NOON, NOON + LEASE, 1)
    assert [row["order_id"] for row in found] == ["o1"]


def test_what_another_worker_holds_drops_out(bench: Bench) -> None:
    bench.claim(1, 2)

    claim = bench.claim(2, 3)

    assert [entry.order_id for entry in claim.entries] == ["o3"]
    assert [(drop.order_id, drop.status) for drop in claim.dropped] == [
        ("o2", Status.IN_FLIGHT)
    ]


def test_a_claim_of_nothing_new_leaves_no_batch(bench: Bench) -> None:
    bench.in_status(Status.DELIVERED, 1)

    claim = bench.claim(1)

    assert not claim
    assert claim.batch_id == ""
    assert [drop.status for drop in claim.dropped] == [Status.DELIVERED]
    assert len(bench.ledger.batches_of("r1")) == 1


def test_a_claim_of_no_entries_is_false(bench: Bench) -> None:
    assert not bench.claim_these([])


def test_an_order_known_under_another_event_id_drops_out(bench: Bench) -> None:
    """Somebody changed event_id_template: the conversion was sent all the same."""
    bench.in_status(Status.DELIVERED, 1)

    claim = bench.claim(1, event_id="another")

    assert not claim
    assert [(drop.order_id, drop.status) for drop in claim.dropped] == [
        ("o1", Status.DELIVERED)
    ]


def test_an_event_id_that_another_order_used_drops_out(bench: Bench) -> None:
    bench.in_status(Status.DELIVERED, 1)

    claim = bench.claim(2, event_id="e1")

    assert [(drop.order_id, drop.status) for drop in claim.dropped] == [
        ("o1", Status.DELIVERED)
    ]


def test_twins_in_one_claim_are_sent_once(bench: Bench) -> None:
    claim = bench.claim_these([an_entry(1), an_entry(1), an_entry(2)])

    assert [entry.order_id for entry in claim.entries] == ["o1", "o2"]
    assert [(drop.order_id, drop.status) for drop in claim.dropped] == [
        ("o1", Status.IN_FLIGHT)
    ]


def test_one_order_goes_to_each_destination_and_as_each_event(bench: Bench) -> None:
    bench.claim(1)

    assert bench.claim(1, destination="tiktok")
    assert bench.claim(1, event_name="Subscribe")


def test_what_was_given_back_can_be_claimed_again(bench: Bench) -> None:
    bench.in_status(Status.RELEASED, 1)

    assert bench.claim(1)


def test_a_child_counts_the_attempts_of_its_parent(bench: Bench) -> None:
    parent = bench.in_status(Status.RELEASED, 1, 2)

    child = bench.claim_these(entries(1), parent_id=parent)

    batch = bench.ledger.batch(child.batch_id)
    assert batch is not None
    assert (parent, 2) == (batch.parent_id, batch.attempts)


def test_a_claim_has_one_destination(bench: Bench) -> None:
    with pytest.raises(ValueError, match="one destination"):
        bench.claim_these([an_entry(1), an_entry(2, destination="tiktok")])


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"event_id": "x" * (ID_BYTES_MAX + 1)}, id="long event id"),
        pytest.param({"order_id": "é" * ID_BYTES_MAX}, id="order id long in bytes"),
        pytest.param({"order_id": "a\x00b"}, id="NUL in an order id"),
        pytest.param({"event_id": "a\ud800b"}, id="half a character"),
    ],
)
def test_an_id_that_would_not_come_back_as_it_went_in_is_refused(
    bench: Bench, changes: dict[str, str]
) -> None:
    """A resend reads the ids back; another id would count as another conversion."""
    with pytest.raises(ValueError, match="hold the order"):
        bench.claim(1, **changes)


@pytest.mark.parametrize("odd", ["a'b", 'a"b', "a\nb", "🛒", " ", "%", "x" * 512])
def test_odd_ids_are_kept_as_they_are(bench: Bench, odd: str) -> None:
    bench.claim(1, order_id=odd, event_id=odd)

    assert [(odd, odd)] == [
        (row["order_id"], row["event_id"]) for row in bench.ledger.entries()
    ]
    assert not bench.claim(1, order_id=odd, event_id=odd)


def test_what_is_kept_of_an_entry_comes_back_exactly(bench: Bench) -> None:
    bench.claim(1)

    (row,) = bench.ledger.entries()

    entry = an_entry(1)
    assert (entry.event_time, entry.day, entry.value, entry.currency) == (
        row["event_time"],
        row["day"],
        row["value"],
        row["currency"],
    )
    assert str(entry.value) == str(row["value"])


def test_the_history_tells_who_claimed(bench: Bench) -> None:
    claim = bench.claim(1, 2)

    (line,) = bench.ledger.entry_history("o1")

    expected = (claim.batch_id, None, Event.CLAIMED, Status.IN_FLIGHT, 2, "test", "r1")
    names = (
        "batch_id",
        "from_status",
        "event",
        "to_status",
        "events",
        "actor",
        "run_id",
    )
    assert expected == tuple(line[name] for name in names)


def test_a_naive_time_is_refused(bench: Bench) -> None:
    bench.now = NOON.replace(tzinfo=None)

    with pytest.raises(Exception, match="aware"):
        bench.claim(1)


def test_a_claim_in_another_zone_is_kept_in_utc(bench: Bench) -> None:
    east = timezone(timedelta(hours=9))
    bench.claim(1, event_time=NOON.astimezone(east))

    (row,) = bench.ledger.entries()

    assert NOON.isoformat() == row["event_time"].isoformat()
