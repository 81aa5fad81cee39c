"""The dry run: what it says of each order, and that it leaves no trace."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.reuploading.building import ITEMS, META, Desk
from tests.jobs.test_work import with_log
from tests.shop import an_order, orders


@pytest.fixture
def sent(desk: Desk) -> Desk:
    """A shop that has delivered three orders, and has others since."""
    desk.shop.fill(orders(3)).run()
    return desk


def test_each_order_is_told_by_what_becomes_of_it(sent: Desk) -> None:
    sent.shop.fill(
        [
            an_order("new"),
            an_order("bad", value="-1"),
            an_order("off", status="cancelled"),
            an_order("old", hours_ago=24 * 8),
            an_order("when", completed_at="soon"),
        ]
    )

    found = sent.explain("o-1", "new", "bad", "off", "old", "when", "nobody")

    assert sent.said() == {
        "nobody": ("not_found", "not_found"),
        "o-1": ("leave", "delivered"),
        "new": ("send", "missing"),
        "bad": ("refuse", "value_negative"),
        "off": ("refuse", "status"),
        "old": ("refuse", "expired"),
        "when": ("refuse", "completed_at_unreadable"),
    }
    assert found.not_found == ("nobody",)
    assert found.needs_person


def test_counts_and_value_are_told_and_no_order_is_named(sent: Desk) -> None:
    sent.shop.fill([an_order("new")])

    found = sent.explain("o-1", "new", "o-2", delivered="again")

    told: Any = found.as_json()
    [one] = told["destinations"]
    assert one["name"] == META
    assert one["going"] == {"orders": 1, "values": {"EUR": "19.90"}}
    assert one["needs_word"] == {"orders": 2, "values": {"EUR": "39.80"}}
    assert one["may_count_twice"] == {"orders": 0, "values": {}}
    assert (one["actions"]["send"], one["actions"]["refuse"]) == (1, 2)
    assert "o-1" not in str(told)


def test_what_could_count_twice_is_counted_with_its_value(sent: Desk) -> None:
    sent.later(timedelta(hours=49))

    found = sent.explain("o-1", "o-2", delivered="again", may_count_twice=True)

    assert found.would_count_twice == 2
    [one] = found.destinations
    assert one.twice.as_json() == {"orders": 2, "values": {"EUR": "39.80"}}


def test_nothing_is_written(sent: Desk) -> None:
    file = sent.shop.folder / "ledger.db"
    before = sent.shop.capi("report", "--json").json["runs"]
    size = file.stat().st_size

    sent.explain("o-1", delivered="again", may_count_twice=True)

    assert sent.shop.capi("report", "--json").json["runs"] == before
    assert (file.stat().st_size, sent.moves("o-1")) == (size, 0)


def test_no_ledger_is_made_to_look(desk: Desk) -> None:
    desk.shop.fill(orders(1))

    desk.explain("o-1")

    assert desk.said() == {"o-1": ("refuse", "first_run")}
    assert not (desk.shop.folder / "ledger.db").exists()


@pytest.mark.parametrize(
    ("channel", "was"), [("browser", "seen_browser"), ("server", "seen_server")]
)
def test_what_others_sent_is_refused_whatever_is_said(
    sent: Desk, channel: str, was: str
) -> None:
    sent.shop.fill([an_order("theirs")])
    with_log(sent.shop, channel, "theirs")

    sent.explain("theirs", delivered="again", may_count_twice=True)

    assert sent.said() == {"theirs": ("refuse", was)}


def test_what_is_delivered_and_seen_elsewhere_is_not_sent_again(sent: Desk) -> None:
    """It would be missing from our books, and the browser's copy counts."""
    with_log(sent.shop, "browser", "o-1")

    sent.explain("o-1", "o-2", delivered="again", may_count_twice=True)

    assert sent.said() == {
        "o-1": ("refuse", "seen_browser"),
        "o-2": ("send_again", "delivered"),
    }


def test_a_rule_keeps_back_what_would_be_sent_again(sent: Desk) -> None:
    """It stays delivered: requeued and held, it would be in the books as never sent."""
    sent.shop.change("UPDATE orders SET value = '-1' WHERE order_id = 'o-1'")

    sent.explain("o-1", delivered="again", may_count_twice=True)

    assert sent.said() == {"o-1": ("refuse", "value_negative")}


def test_what_is_released_is_asked_of_its_rule_no_more(sent: Desk) -> None:
    sent.shop.configure(rules=("items_sum_implausible",))
    sent.shop.fill([an_order("odd", items=ITEMS), an_order("none", value="much")])
    sent.shop.run()

    sent.explain("odd", "none", held="release")

    assert sent.said() == {
        "odd": ("release", "items_sum_implausible"),
        # What cannot be read nobody can release.
        "none": ("refuse", "value_not_a_number"),
    }
    [none] = [line for line in sent.lines if line.order_id == "none"]
    assert none.why.startswith("nobody can release value_not_a_number")


def test_an_interval_means_what_was_completed_in_it(sent: Desk) -> None:
    sent.shop.fill([an_order("inside", hours_ago=26), an_order("later", hours_ago=2)])
    now = sent.shop.capi("ledger", "list", "--json").lines[0]["first_sent_at"]
    begin, end = (an_order(hours_ago=hours)["completed_at"] for hours in (27, 25))

    sent.explain(order_ids=(), interval=f"{begin}..{end}")

    assert now
    assert sent.said() == {"inside": ("send", "missing")}


def test_as_many_orders_as_pages_hold_and_more_are_told(sent: Desk) -> None:
    sent.shop.configure(extra="[delivery]\npage_rows = 2")
    ids = [f"m-{n}" for n in range(5)]
    sent.shop.fill([an_order(one) for one in ids])

    found = sent.explain(*ids)

    assert set(sent.said()) == set(ids)
    assert found.going == 5


def test_a_destination_without_any_sign_of_others_takes_the_word(desk: Desk) -> None:
    desk.shop.configure(platforms=("meta", "tiktok")).fill(orders(2))
    desk.shop.run("-d", "meta-web")

    found = desk.explain("o-1")

    told = {one.name: one.needs_word.orders for one in found.destinations}
    assert told == {"meta-web": 0, "tiktok-web": 1}


def test_a_log_of_sent_events_is_such_a_sign(desk: Desk) -> None:
    desk.shop.fill(orders(2))
    with_log(desk.shop, "server", "o-2")

    desk.explain("o-1", "o-2")

    assert desk.said() == {
        "o-1": ("send", "missing"),
        "o-2": ("refuse", "seen_server"),
    }


def test_what_was_turned_down_is_no_sign(desk: Desk) -> None:
    desk.shop.configure(gate="ask_first_run = true").fill(orders(1))
    desk.shop.run(code=3)
    desk.shop.capi("hold", "latest", "--because", "the log is missing")

    desk.explain("o-1")

    assert desk.said() == {"o-1": ("refuse", "first_run")}


def test_what_was_forgotten_is_not_sent_again(sent: Desk, tmp_path: Path) -> None:
    sent.shop.capi("ledger", "forget", "o-1", "--because", "request 4711")

    sent.explain("o-1", delivered="again", may_count_twice=True)

    assert sent.said() == {"o-1": ("refuse", "unknown_entry")}


def test_what_lies_before_anything_is_taken_is_looked_up_in_the_ledger(
    sent: Desk,
) -> None:
    """A row of years ago must not make a run read all orders since."""
    sent.shop.fill([an_order("ancient", hours_ago=24 * 900)])
    sent.shop.change(
        "UPDATE orders SET completed_at = ? WHERE order_id = 'o-2'",
        an_order(hours_ago=24 * 900)["completed_at"],
    )

    sent.explain("ancient", "o-1", "o-2", delivered="again", may_count_twice=True)

    assert sent.said() == {
        "o-1": ("send_again", "delivered"),
        "o-2": ("refuse", "expired"),
        "ancient": ("refuse", "expired"),
    }
