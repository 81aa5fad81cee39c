from datetime import UTC, datetime
from typing import Any

import pytest

from tests.shop import PERSONAL, Said, Shop, an_order, orders

WHY = ("--because", "the platform lost a morning")
WORD = ("--delivered", "again", "--may-count-twice")


@pytest.fixture
def sent(shop: Shop) -> Shop:
    """A shop that has delivered two orders."""
    shop.fill(orders(2)).run()
    return shop


def reupload(shop: Shop, *words: str, code: int = 0) -> Said:
    return shop.capi("reupload", *words, *WHY, code=code)


def told(said: Said) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The lines of the orders, and the document at the end."""
    *lines, end = said.lines
    return lines, end


def test_without_send_it_is_only_shown(sent: Shop) -> None:
    sent.fill([an_order("new")])

    said = reupload(sent, "o-1", "new")

    assert "meta-web: 2 orders, 1 would go (19.90 EUR)" in said.out
    assert "nobody sent it yet" in said.out
    assert said.out.endswith("Nothing was sent. The same with --send does it.\n")
    assert sent.counted() == {"o-1": 1, "o-2": 1}


def test_with_send_it_is_done_and_the_run_is_named_first(sent: Shop) -> None:
    sent.fill([an_order("new")])

    said = reupload(sent, "new", "--send")

    assert "if it breaks off: --run-id 20" in said.err
    assert "meta-web: 1 order, 1 to go (19.90 EUR)" in said.out
    assert sent.counted()["new"] == 1
    assert sent.classes() == {"delivered": 3}


def test_a_run_goes_on_by_its_id(sent: Shop) -> None:
    run = "20261123-031500-4f2a"
    reupload(sent, "o-1", *WORD, "--send", "--run-id", run)

    said = reupload(sent, "o-1", *WORD, "--send", "--run-id", run)

    assert "this re-upload has sent it already" in said.out
    history = sent.capi("ledger", "show", "o-1", "--json").json["history"]
    assert sum(move["event"] == "requeued" for move in history) == 1


def test_ids_may_stand_in_a_file(sent: Shop) -> None:
    file = sent.folder / "ids"
    file.write_text("o-1\n\n o-2 \n")

    lines, _ = told(reupload(sent, "--file", str(file), "--json"))

    assert [line["order_id"] for line in lines] == ["o-1", "o-2"]


def test_too_many_ids_are_refused(sent: Shop) -> None:
    file = sent.folder / "ids"
    file.write_text("\n".join(f"x-{n}" for n in range(100_001)))

    said = reupload(sent, "--file", str(file), code=2)

    assert "100,001 order ids are more than 100,000" in _flat(said.err)


def test_every_mistake_is_told_at_once(sent: Shop) -> None:
    said = reupload(
        sent, "o-1", "-i", "2026-13-01", "-d", "meta", "--held", "again", code=2
    )

    words = _flat(said.err)
    for part in (
        "4 faults",
        "there is no 'meta'; choose of meta-web",
        "choose of skip, release",
        "the interval cannot be read",
        "not both",
    ):
        assert part in words


def test_a_reason_is_needed(sent: Shop) -> None:
    assert "--because" in sent.capi("reupload", "o-1", code=2).err
    said = sent.capi("reupload", "o-1", "--because", " ", code=2)
    assert "a reason is needed" in _flat(said.err)


def test_ids_that_are_not_there_are_named_and_stop_nothing(sent: Shop) -> None:
    sent.fill([an_order("new")])

    said = reupload(sent, "nobody", "new", "--send", code=3)

    assert "1 order id is not in the view of the orders: nobody" in said.out
    assert sent.counted()["new"] == 1


def test_what_takes_a_word_leaves_with_its_exit_code(sent: Shop) -> None:
    said = reupload(sent, "o-1", "--delivered", "again", code=3)

    assert "1 order is refused without --may-count-twice (19.90 EUR)" in said.out
    assert said.out.endswith("\nNothing would be sent.\n")
    reupload(sent, "o-1", *WORD)


def test_json_is_a_line_for_each_order_and_a_document_at_the_end(sent: Shop) -> None:
    lines, end = told(reupload(sent, "o-1", "nobody", "--json", code=3))

    assert [(x["order_id"], x["action"]) for x in lines] == [
        ("nobody", "not_found"),
        ("o-1", "leave"),
    ]
    assert (end["dry_run"], end["not_found"], end["needs_person"]) == (True, 1, True)


def test_json_of_the_deed_is_that_of_a_run(sent: Shop) -> None:
    lines, end = told(reupload(sent, "o-1", *WORD, "--send", "--json"))

    assert [line["action"] for line in lines] == ["send_again"]
    assert end["dry_run"] is False
    assert end["status"] == "done"
    [one] = end["destinations"]
    assert one["sent"]["delivered"] == 1
    assert end["decided"]["destinations"][0]["going"]["orders"] == 1


def test_a_refused_token_is_a_failure(sent: Shop) -> None:
    sent.fill([an_order("new")])
    sent.faults({"do": "expire_token", "times": 1})

    said = reupload(sent, "new", "--send", code=1)

    assert "✗" in said.out


def test_long_lists_are_cut_and_counted(sent: Shop) -> None:
    ids = [f"m-{n:02}" for n in range(60)]
    sent.fill([an_order(one) for one in ids])

    said = reupload(sent, *ids)

    assert sum(f" {one} " in said.out for one in ids) == 20
    assert "… and 40 more; --json has them all" in said.out
    assert len(told(reupload(sent, *ids, "--json"))[0]) == 60


def test_an_interval_without_orders_is_said(sent: Shop) -> None:
    said = reupload(sent, "-i", "2020-01-01")

    assert "No order of these is there for this destination." in said.out
    assert said.out.endswith("Nothing would be sent.\n")


def test_a_day_is_sent_again_as_one(sent: Shop) -> None:
    day = f"{datetime.fromisoformat(str(an_order()['completed_at'])):%Y-%m-%d}"
    days = f"{day}..{datetime.now(UTC):%Y-%m-%d}"

    lines, _ = told(reupload(sent, "-i", days, *WORD, "--json"))

    assert {line["order_id"] for line in lines} == {"o-1", "o-2"}


def test_nobodys_data_is_shown(sent: Shop) -> None:
    said = reupload(sent, "o-1", *WORD, "--send", "--json")

    assert not [one for one in PERSONAL if one in said.out + said.err]


def _flat(text: str) -> str:
    """What stands in a box, without its frame and its folds."""
    return " ".join(text.replace("│", " ").split())
