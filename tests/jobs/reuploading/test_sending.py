"""The deed: what the platform counts afterwards, and what the books say.

Where it breaks off, or is overtaken: test_sending_broken_off.py.
"""

from datetime import datetime

from capi_jobs.jobs.reuploading import KIND
from tests.jobs.reuploading.building import AGAIN, ITEMS, META, OVER, RUN, WHY, Desk
from tests.shop import an_order, orders


def test_what_is_missing_goes_and_nothing_else(sent: Desk) -> None:
    sent.shop.fill([an_order("new"), an_order("other")])

    done = sent.send("new", "o-1")

    assert not done.failed
    assert sent.shop.counted() == {"o-1": 1, "o-2": 1, "o-3": 1, "new": 1}
    assert sent.shop.classes() == {"delivered": 4, "missing": 1}


def test_reason_and_person_are_kept(sent: Desk) -> None:
    sent.send("o-1", **AGAIN)

    with sent.house() as house:
        run = house.ledger.run(RUN)
    assert (run.kind, run.note, run.actor, run.status) == (KIND, WHY, "ada", "done")
    told = sent.shop.capi("ledger", "show", "o-1", "--json").json["history"]
    [requeued] = [move for move in told if move["event"] == "requeued"]
    assert (requeued["actor"], requeued["reason"]) == ("ada", WHY)


def test_by_default_nothing_that_is_known_is_touched(sent: Desk) -> None:
    before = sent.requests()

    done = sent.send("o-1", "o-2", "o-3")

    assert (sent.requests(), sent.moves("o-1")) == (before, 0)
    assert not done.needs_person
    assert sent.shop.classes() == {"delivered": 3}


def test_delivered_again_takes_the_word(sent: Desk) -> None:
    before = sent.requests()

    done = sent.send("o-1", delivered="again")

    assert done.needs_person
    assert (sent.requests(), sent.moves("o-1")) == (before, 0)


def test_inside_the_window_the_platform_drops_the_copy(sent: Desk) -> None:
    before = sent.requests()

    done = sent.send("o-1", **AGAIN)

    assert done.explained.would_count_twice == 0
    assert sent.requests() == before + 1
    assert sent.shop.counted() == {"o-1": 1, "o-2": 1, "o-3": 1}
    assert sent.shop.classes() == {"delivered": 3}


def test_outside_the_window_it_counts_twice_as_was_said(sent: Desk) -> None:
    sent.later(OVER)

    done = sent.send("o-1", **AGAIN)

    assert done.explained.would_count_twice == 1
    assert sent.shop.counted() == {"o-1": 2, "o-2": 1, "o-3": 1}
    assert sent.shop.classes() == {"delivered": 3}


def test_an_order_in_doubt_is_called_arrived_by_who_looked(sent: Desk) -> None:
    _in_doubt(sent, "lost")
    sent.later(OVER)

    sent.send("lost", in_doubt="delivered")

    assert sent.shop.classes() == {"delivered": 4}
    assert sent.moves("lost", "resolved") == 1


def test_an_order_in_doubt_inside_the_window_is_sent_again_and_counts_once(
    sent: Desk,
) -> None:
    _in_doubt(sent, "lost")

    done = sent.send("lost")

    assert sent.said() == {"lost": ("resend", "in_doubt")}
    assert not done.report.needs_person
    assert sent.shop.counted()["lost"] == 1
    assert sent.shop.classes() == {"delivered": 4}


def test_an_order_in_doubt_outside_the_window_takes_the_word(sent: Desk) -> None:
    _in_doubt(sent, "lost")
    sent.later(OVER)
    before = sent.requests()

    assert sent.send("lost", in_doubt="again").needs_person
    assert sent.requests() == before
    sent.run_id += "-2"
    sent.send("lost", in_doubt="again", may_count_twice=True)

    assert sent.shop.counted()["lost"] == 2
    assert sent.shop.classes() == {"delivered": 4}


def test_what_was_refused_is_sent_again_without_the_word(sent: Desk) -> None:
    sent.shop.fill([an_order("bad")])
    sent.shop.faults({"do": "refuse", "when": {"order_id": ["bad"]}})
    sent.shop.run(code=3)
    sent.shop.mend()

    sent.send("bad", rejected="again")

    assert sent.shop.counted()["bad"] == 1
    assert sent.shop.classes() == {"delivered": 4}


def test_what_a_rule_holds_is_released_and_sent(sent: Desk) -> None:
    sent.shop.configure(rules=("items_sum_implausible",))
    sent.shop.fill([an_order("bad", page_url=None), an_order("odd", items=ITEMS)])
    sent.shop.run()

    sent.send("bad", "odd", held="release")

    assert sent.said()["odd"] == ("release", "items_sum_implausible")
    # Meta takes no website event without an address, whoever lets it go.
    assert sent.said()["bad"][0] == "refuse"
    assert sent.shop.counted()["odd"] == 1
    assert sent.shop.classes() == {"delivered": 4, "held": 1}


def test_what_a_rule_finds_is_held_as_by_any_run(sent: Desk) -> None:
    sent.shop.fill([an_order("new"), an_order("bad", value="-5")])

    done = sent.send("new", "bad")

    assert done.report.destinations[0].held == {"value_negative": 1}
    assert sent.shop.held() == {"bad": "value_negative"}
    assert sent.shop.classes() == {"delivered": 4, "held": 1}


def test_the_books_close_when_a_row_has_changed_since_it_was_sent(sent: Desk) -> None:
    """The copy that goes out again tells what the row says by now."""
    sent.shop.change("UPDATE orders SET value = '7.00' WHERE order_id = 'o-1'")

    sent.send("o-1", **AGAIN)

    assert sent.shop.classes() == {"delivered": 3}


def test_the_books_of_a_day_that_no_run_has_seen_are_its_own(sent: Desk) -> None:
    """A re-upload of one order counts the whole day, or says nothing about it."""
    sent.shop.fill([an_order(f"early-{n}", hours_ago=24 * 5) for n in range(3)])

    sent.send("early-1")

    day = _day_of(an_order(hours_ago=24 * 5))
    told = sent.shop.capi("report", "-i", day, "--json").json["destinations"][0]
    counts = {k: v["orders"] for k, v in told["classes"].items() if v["orders"]}
    assert counts == {"delivered": 1, "missing": 2}
    assert told["remainder"]["orders"] == 0


def test_a_re_upload_is_no_measure_for_the_next_run(sent: Desk) -> None:
    for number in range(8):
        sent.run_id = f"{RUN}-{number}"
        sent.send("o-1")
    sent.shop.configure(gate="ask_first_run = true\nask_without_sent_events = false")
    sent.shop.fill([an_order("new")])

    told = sent.shop.run()

    assert told["destinations"][0]["gate"] == "pass"


def test_a_first_run_is_not_replaced_by_a_re_upload(desk: Desk) -> None:
    desk.shop.configure(gate="ask_first_run = true").fill(orders(2))
    assert desk.send("o-1").needs_person
    assert desk.shop.counted() == {}
    desk.run_id += "-2"

    desk.send("o-1", may_count_twice=True)

    assert desk.shop.counted() == {"o-1": 1}
    assert desk.shop.run(code=3)["destinations"][0]["gate"] == "ask"


def test_several_destinations_are_asked_each_for_itself(desk: Desk) -> None:
    desk.shop.configure(platforms=("meta", "tiktok")).fill(orders(2))
    desk.shop.run("-d", "meta-web")

    desk.send("o-1", may_count_twice=True)

    assert desk.shop.counted("meta") == {"o-1": 1, "o-2": 1}
    assert desk.shop.counted("tiktok") == {"o-1": 1}


def test_an_interval_is_sent_as_a_whole(sent: Desk) -> None:
    sent.shop.fill([an_order("a"), an_order("b"), an_order("late", hours_ago=2)])
    day = _day_of(an_order())

    sent.send(order_ids=(), interval=day)

    assert set(sent.shop.counted()) == {"o-1", "o-2", "o-3", "a", "b"} | (
        {"late"} if _day_of(an_order(hours_ago=2)) == day else set()
    )


def test_a_refused_token_stops_it_and_what_was_requeued_is_missing(sent: Desk) -> None:
    sent.shop.faults({"do": "expire_token", "times": 1})

    done = sent.send("o-1", **AGAIN)

    assert done.failed
    assert sent.shop.classes() == {"delivered": 2, "missing": 1}
    sent.shop.mend()
    sent.shop.run()
    assert sent.shop.classes() == {"delivered": 3}


def test_the_destination_is_named(sent: Desk) -> None:
    assert sent.send("o-1").report.destinations[0].destination == META


def _in_doubt(desk: Desk, order_id: str) -> None:
    """Let the platform count an order, and its answer be lost."""
    desk.shop.fill([an_order(order_id)])
    desk.shop.faults({"do": "drop_after", "when": {"order_id": [order_id]}})
    desk.shop.run(code=3)
    desk.shop.mend()
    assert desk.shop.counted()[order_id] == 1


def _day_of(row: dict[str, object]) -> str:
    return f"{datetime.fromisoformat(str(row['completed_at'])):%Y-%m-%d}"
