from collections.abc import Callable
from typing import Any

import pytest

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger import Chosen
from capi_jobs.ledger.people import IMPORT_ROWS
from capi_jobs.ledger.values import Decided, Imported
from capi_jobs.lifecycle import TRANSITIONS, Event, Status
from capi_jobs.model import OwedAs
from tests.ledger.building import Bench, an_entry, entries

DECISIONS = (Event.RESOLVED, Event.REQUEUED)


def decide(
    bench: Bench, event: Event, chosen: Chosen, reason: str = "looked"
) -> Decided:
    moves: dict[Event, Callable[..., Decided]] = {
        Event.RESOLVED: bench.ledger.resolve,
        Event.REQUEUED: bench.ledger.requeue,
    }
    return moves[event](chosen, actor="ana", reason=reason, now=bench.now)


def repeat(bench: Bench, *order_ids: str, **more: Any) -> Decided:  # noqa: ANN401
    """Requeue what is delivered, as a person who says that it may count twice."""
    return bench.ledger.requeue(
        Chosen("meta", order_ids=order_ids),
        actor="ana",
        reason="the platform lost it",
        now=bench.now,
        may_count_twice=True,
        **more,
    )


@pytest.mark.parametrize("event", DECISIONS)
@pytest.mark.parametrize(
    "status", [each for each in Status if each is not Status.RELEASED]
)
def test_people_move_what_the_table_lets_them(
    bench: Bench, status: Status, event: Event
) -> None:
    batch_id = bench.in_status(status, 1, 2)
    chosen = Chosen("meta", batch_id=batch_id)
    to = TRANSITIONS.get((status, event))

    # What is delivered takes one word more, see below.
    if to is None or status is Status.DELIVERED:
        with pytest.raises(DecisionRefused, match=str(status)):
            decide(bench, event, chosen)
        to = status
    else:
        assert Decided(2, (batch_id,)) == decide(bench, event, chosen)

    gone = {} if to is Status.RELEASED else {"o1": to, "o2": to}
    assert gone == bench.statuses()


@pytest.mark.parametrize(
    "chosen",
    [Chosen("meta", order_ids=["o2"]), Chosen("meta", event_ids=["e2"])],
    ids=["by order", "by event"],
)
def test_only_the_named_order_is_moved(bench: Bench, chosen: Chosen) -> None:
    bench.in_status(Status.IN_DOUBT, 1, 2, 3)

    decide(bench, Event.RESOLVED, chosen)

    assert bench.statuses() == {
        "o1": Status.IN_DOUBT,
        "o2": Status.DELIVERED,
        "o3": Status.IN_DOUBT,
    }


def test_orders_of_several_batches_are_moved_at_once(bench: Bench) -> None:
    bench.in_status(Status.REJECTED, 1, 2)
    bench.in_status(Status.IN_DOUBT, 3, 4)

    done = decide(bench, Event.REQUEUED, Chosen("meta", order_ids=["o1", "o3", "o4"]))

    assert done.orders == 3
    assert bench.statuses() == {"o2": Status.REJECTED}


def test_what_is_delivered_is_requeued_by_who_says_that_it_may_count_twice(
    bench: Bench,
) -> None:
    bench.in_status(Status.DELIVERED, 1, 2)
    with pytest.raises(DecisionRefused, match=r"may count twice \['o1'\]"):
        decide(bench, Event.REQUEUED, Chosen("meta", order_ids=["o1"]))
    assert Status.DELIVERED is bench.status(1)

    done = repeat(bench, "o1")

    assert done.orders == 1
    assert bench.statuses() == {"o2": Status.DELIVERED}
    assert bench.claim(1)


def test_what_others_sent_is_never_requeued(bench: Bench) -> None:
    """The books could not tell where it stood before."""
    sent = an_entry(1, owed_as=OwedAs.IMPORTED)
    bench.ledger.import_entries([sent], actor="ana", reason="old", now=bench.now)

    with pytest.raises(DecisionRefused, match="others sent these"):
        repeat(bench, "o1")

    assert Status.DELIVERED is bench.status(1)


def test_a_run_can_tell_what_it_requeued(bench: Bench) -> None:
    bench.in_status(Status.DELIVERED, 1, 2, 3)
    repeat(bench, "o1", run_id="again")
    repeat(bench, "o2", run_id="other")
    wanted = ["o1", "o2", "o3"]

    assert bench.ledger.requeued_by("again", "meta", wanted) == {"o1"}
    assert bench.ledger.requeued_by("again", "tiktok", wanted) == frozenset()
    assert bench.ledger.requeued_by("r1", "meta", wanted) == frozenset()


def test_what_was_requeued_can_be_claimed_again(bench: Bench) -> None:
    bench.in_status(Status.REJECTED, 1)

    decide(bench, Event.REQUEUED, Chosen("meta", order_ids=["o1"]))

    assert bench.claim(1)


def test_the_history_says_who_decided_about_which_order_and_why(bench: Bench) -> None:
    """The entry is gone then; this is the only trace."""
    bench.in_status(Status.IN_DOUBT, 1, 2)

    decide(bench, Event.REQUEUED, Chosen("meta", order_ids=["o1"]), "lost for sure")

    line = bench.ledger.entry_history("o1")[-1]
    assert tuple(
        line[name]
        for name in ("order_id", "event_id", "event", "to_status", "actor", "reason")
    ) == ("o1", "e1", "requeued", "released", "ana", "lost for sure")
    assert "requeued" not in {x["event"] for x in bench.ledger.entry_history("o2")}


def test_one_unknown_order_refuses_the_whole_decision(bench: Bench) -> None:
    bench.in_status(Status.IN_DOUBT, 1)

    with pytest.raises(DecisionRefused, match=r"nothing for these at meta.*'o9'"):
        decide(bench, Event.RESOLVED, Chosen("meta", order_ids=["o1", "o9"]))

    assert Status.IN_DOUBT is bench.status(1)


def test_one_order_that_does_not_fit_refuses_the_whole_decision(bench: Bench) -> None:
    bench.in_status(Status.IN_DOUBT, 1)
    bench.in_status(Status.DELIVERED, 2)

    with pytest.raises(DecisionRefused, match="delivered cannot be resolved"):
        decide(bench, Event.RESOLVED, Chosen("meta", order_ids=["o1", "o2"]))

    assert Status.IN_DOUBT is bench.status(1)


def test_another_destination_is_not_meant(bench: Bench) -> None:
    bench.in_status(Status.IN_DOUBT, 1)

    with pytest.raises(DecisionRefused, match="at tiktok"):
        decide(bench, Event.RESOLVED, Chosen("tiktok", order_ids=["o1"]))


def test_a_decision_needs_a_reason(bench: Bench) -> None:
    bench.in_status(Status.IN_DOUBT, 1)

    with pytest.raises(DecisionRefused, match="reason"):
        decide(bench, Event.RESOLVED, Chosen("meta", order_ids=["o1"]), reason=" ")


@pytest.mark.parametrize(
    "named",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"order_ids": ["o1"], "batch_id": "b"}, id="two kinds"),
        pytest.param({"order_ids": []}, id="an empty list"),
    ],
)
def test_a_decision_names_one_kind_of_thing(named: dict[str, object]) -> None:
    with pytest.raises(DecisionRefused, match="one of the three ways"):
        Chosen("meta", **named)  # type: ignore[arg-type]


# ── Import ──────────────────────────────────────────────────────────────────────


def imported(bench: Bench, numbers: range) -> Imported:
    return bench.ledger.import_entries(
        (an_entry(number) for number in numbers),
        actor="ana",
        reason="sent by the old job",
        now=bench.now,
    )


def test_what_was_sent_before_is_delivered(bench: Bench) -> None:
    assert Imported(new=3, known=0) == imported(bench, range(3))

    assert {Status.DELIVERED} == set(bench.statuses().values())
    assert not bench.claim(1)
    (line,) = bench.ledger.entry_history("o1")
    assert (
        line["event"],
        line["actor"],
        line["reason"],
    ) == (Event.IMPORTED, "ana", "sent by the old job")


def test_importing_again_changes_nothing(bench: Bench) -> None:
    imported(bench, range(3))

    assert Imported(new=1, known=3) == imported(bench, range(4))


def test_an_id_that_is_cut_to_be_kept_is_imported_beside_what_is_known(
    bench: Bench,
) -> None:
    imported(bench, range(1))
    long = an_entry(1, order_id="漢" * 200)

    done = [
        bench.ledger.import_entries(some, actor="ana", reason="old", now=bench.now)
        for some in ([an_entry(0), long, an_entry(2)], [long, an_entry(3)], [long])
    ]

    expected = [Imported(2, 1), Imported(1, 1), Imported(0, 1)]
    assert expected == done


def test_a_long_import_is_cut_into_chunks(bench: Bench) -> None:
    done = imported(bench, range(IMPORT_ROWS + 1))

    assert Imported(new=IMPORT_ROWS + 1, known=0) == done
    assert len(bench.ledger.batches_of("import")) == 2


def test_an_import_may_hold_several_destinations(bench: Bench) -> None:
    sent = [*entries(1, 2), an_entry(1, destination="tiktok")]

    bench.ledger.import_entries(sent, actor="ana", reason="old", now=bench.now)

    counts = bench.ledger.status_counts()
    assert counts == {
        ("meta", Status.DELIVERED): 2,
        ("tiktok", Status.DELIVERED): 1,
    }


def test_what_is_in_doubt_stays_so_when_it_is_imported(bench: Bench) -> None:
    """Whoever knows that it arrived resolves it."""
    bench.in_status(Status.IN_DOUBT, 1)

    assert Imported(new=0, known=1) == imported(bench, range(1, 2))
    assert Status.IN_DOUBT is bench.status(1)
