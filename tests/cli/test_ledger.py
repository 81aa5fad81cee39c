import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.shop import Shop, an_order, orders

WHY = ("--because", "looked in Events Manager")
META = ("--destination", "meta-web")


@pytest.fixture
def doubtful(shop: Shop) -> Shop:
    """A shop with one order delivered, one rejected and one in doubt."""
    shop.configure(per_destination='events_per_batch_max = 1\ndedup_window = "0s"')
    shop.fill(orders(1)).run()
    shop.fill([an_order("bad"), an_order("lost", hours_ago=29)])
    shop.faults(
        {"do": "refuse", "when": {"order_id": ["bad"]}},
        {"do": "error_500", "when": {"order_id": ["lost"]}},
    )
    shop.run(code=3)
    shop.mend()
    return shop


def _status(shop: Shop) -> dict[str, str]:
    lines = shop.capi("ledger", "list", "--json").lines
    return {line["order_id"]: line["status"] for line in lines}


def test_entries_are_listed_one_a_line(doubtful: Shop) -> None:
    lines = doubtful.capi("ledger", "list", "--json").lines

    wanted = (
        "destination order_id event_id event_name event_time status reason attempts"
        " batch_id"
    ).split()
    assert all(set(wanted) <= set(line) for line in lines)
    assert _status(doubtful) == {
        "o-1": "delivered",
        "bad": "rejected",
        "lost": "in_doubt",
    }
    (bad,) = [line for line in lines if line["order_id"] == "bad"]
    assert bad["reason"]
    assert (bad["value"], bad["attempts"]) == ("19.90", 1)
    assert datetime.fromisoformat(bad["event_time"]).tzinfo is not None


@pytest.mark.parametrize(
    ("words", "listed"),
    [
        (["--status", "in_doubt"], ["lost"]),
        (["--order", "bad", "--order", "o-1"], ["bad", "o-1"]),
        (["--limit", "1"], ["bad"]),
        (["--status", "in_flight"], []),
    ],
)
def test_the_list_can_be_narrowed(
    doubtful: Shop, words: list[str], listed: list[str]
) -> None:
    lines = doubtful.capi("ledger", "list", "--json", *words).lines

    assert [line["order_id"] for line in lines] == listed


def test_people_see_a_row_a_line_in_a_pipe(doubtful: Shop) -> None:
    said = doubtful.capi("ledger", "list")

    (row,) = [line for line in said.out.splitlines() if " lost " in line]
    assert "in_doubt" in row
    assert "meta-web" in row


def test_an_unknown_status_is_a_mistake_of_usage(shop: Shop) -> None:
    said = shop.capi("ledger", "list", "--status", "sent", code=2)

    assert "in_doubt" in said.err


def test_an_empty_ledger_is_said(shop: Shop) -> None:
    assert shop.capi("ledger", "list").out == "The ledger has no such entry.\n"
    said = shop.capi("ledger", "show", "x", code=1)
    assert "it was never sent" in said.out


def test_an_order_is_shown_with_every_move(doubtful: Shop) -> None:
    told = doubtful.capi("ledger", "show", "bad", "--json").json

    assert [entry["status"] for entry in told["entries"]] == ["rejected"]
    assert [move["event"] for move in told["history"]] == ["claimed", "refused"]
    assert "refused" in doubtful.capi("ledger", "show", "bad").out


def test_what_is_resolved_counts_as_delivered(doubtful: Shop) -> None:
    said = doubtful.capi("ledger", "resolve", "lost", *META, *WHY, "--actor", "ana")

    assert said.out == "1 entry is delivered now\n"
    assert _status(doubtful)["lost"] == "delivered"
    told = doubtful.capi("ledger", "show", "lost", "--json").json
    assert told["history"][-1]["actor"] == "ana"
    assert told["history"][-1]["reason"] == WHY[1]
    assert doubtful.classes() == {"delivered": 2, "rejected": 1}


def test_what_is_requeued_goes_out_with_the_next_run(doubtful: Shop) -> None:
    doubtful.capi("ledger", "requeue", "lost", "bad", *META, *WHY)
    assert doubtful.classes() == {"delivered": 1, "missing": 2}

    doubtful.run()

    assert doubtful.counted() == {"o-1": 1, "bad": 1, "lost": 1}
    assert doubtful.classes() == {"delivered": 3}


def test_what_is_delivered_is_requeued_only_by_an_explicit_word(doubtful: Shop) -> None:
    said = doubtful.capi("ledger", "requeue", "o-1", *META, *WHY, code=1)
    assert "only by who says that it may count twice" in said.err
    assert _status(doubtful)["o-1"] == "delivered"

    doubtful.capi("ledger", "requeue", "o-1", *META, *WHY, "--may-count-twice")

    assert doubtful.classes() == {"missing": 1, "rejected": 1, "in_doubt": 1}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["resolve", "o-1"], "→"),
        (["requeue", "o-1"], "→"),
        (["resolve", "nobody"], "→"),
        (["requeue"], "→"),
    ],
)
def test_what_cannot_be_decided_is_refused(
    doubtful: Shop, words: list[str], says: str
) -> None:
    said = doubtful.capi("ledger", *words, *META, *WHY, code=1)

    assert says in said.err
    assert _status(doubtful)["lost"] == "in_doubt"


def test_what_was_sent_before_counts_without_its_worth(shop: Shop) -> None:
    """A list of ids is all that some senders have kept."""
    shop.fill(orders(2))
    when = datetime.now(UTC) - timedelta(hours=30)
    names = ("destination", "order_id", "event_id", "event_name", "event_time")
    sent = ("meta-web", "o-1", "o-1", "Purchase", when.isoformat())
    file = shop.folder / "sent.json"
    file.write_text(json.dumps([dict(zip(names, sent, strict=True))]))

    shop.capi("ledger", "import", str(file), *WHY)
    shop.run()

    assert shop.counted() == {"o-2": 1}
    assert shop.classes() == {"delivered": 2}


def test_what_was_sent_before_can_be_taken_over(shop: Shop) -> None:
    shop.fill(orders(2))
    when = datetime.now(UTC) - timedelta(hours=30)
    sent = {
        "destination": "meta-web",
        "order_id": "o-1",
        "event_id": "o-1",
        "event_time": when.isoformat(),
        "value": 19.9,
        "currency": "EUR",
    }
    file = shop.folder / "sent.json"
    file.write_text(json.dumps([sent]))

    said = shop.capi("ledger", "import", str(file), *WHY)
    again = shop.capi("ledger", "import", str(file), *WHY)
    shop.run()

    assert said.out == "1 entry is new, 0 were known\n"
    assert again.out == "0 entries are new, 1 was known\n"
    assert shop.counted() == {"o-2": 1}
    assert shop.classes() == {"delivered": 2}


def test_a_faulty_import_names_every_row_and_takes_none(shop: Shop) -> None:
    good = {
        "destination": "meta-web",
        "order_id": "a",
        "event_id": "a",
        "event_time": "2026-11-20T00:00:00Z",
        "value": "1",
        "currency": "EUR",
    }
    rows = [
        good,
        {**good, "destination": "x"},
        {**good, "event_id": None},
        {**good, "value": "NaN"},
        {**good, "event_time": "2026-11-20"},
    ]
    file = shop.folder / "sent.json"
    file.write_text("\n".join(map(json.dumps, rows)))

    said = shop.capi("ledger", "import", str(file), *WHY, code=1)

    assert "has 4 faults, nothing was imported" in said.err
    for fault in (
        "row 2: destination_unknown",
        "row 3: event_id_missing",
        "row 4: value_not_a_number",
        "row 5: completed_at",
    ):
        assert fault in said.err
    assert _status(shop) == {}


def test_what_is_forgotten_is_gone_and_never_sent_again(
    doubtful: Shop, tmp_path: Path
) -> None:
    (tmp_path / "ids").write_text("bad\n")

    said = doubtful.capi(
        *("ledger", "forget", "o-1", "--file", str(tmp_path / "ids"), *WHY)
    )
    doubtful.run(code=3)

    assert said.out.startswith("forgotten: ")
    lines = doubtful.capi("ledger", "list", "--json").lines
    assert {"o-1", "bad"} & {line["order_id"] for line in lines} == set()
    assert doubtful.counted() == {"o-1": 1}


def test_what_is_in_doubt_cannot_be_forgotten(doubtful: Shop) -> None:
    said = doubtful.capi("ledger", "forget", "lost", *WHY, code=1)

    assert "→" in said.err
    assert _status(doubtful)["lost"] == "in_doubt"


def test_forgetting_nobody_is_refused(shop: Shop) -> None:
    assert "name" in shop.capi("ledger", "forget", *WHY, code=2).err


def test_retention_keeps_what_could_be_sent_again(doubtful: Shop) -> None:
    said = doubtful.capi("ledger", "retention")

    assert said.out.startswith("removed: ")
    assert _status(doubtful)["o-1"] == "delivered"
