"""What a data owner reads, and what becomes of the answer."""

import json
import re

import pytest
from jinja2 import Environment

from capi_jobs.errors import DecisionRefused
from capi_jobs.jobs.steps.asking import NO_WORDS
from capi_jobs.ledger.values import Decision, RunStatus
from tests.jobs.steps.building import ASKS, OWNER, RUN, WHY, Night
from tests.shop import ACCOUNTS, PERSONAL, TOKEN, an_order, orders


@pytest.fixture
def asking(night: Night) -> Night:
    """Two good orders, a bad one, a cancelled one; the gate asks."""
    night.shop.configure(gate=ASKS).fill(
        [
            *orders(1),
            an_order("o-usd", currency="USD", value="1234.50"),
            an_order("bad", value="-5.00"),
            an_order("gone", status="cancelled"),
        ]
    )
    night.assess()
    return night


def cells(body: str) -> list[list[str]]:
    """All rows of all tables."""
    rows = [line for line in body.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows]


def test_it_says_what_would_be_sent_and_why_it_asks(asking: Night) -> None:
    told = asking.question()

    assert told.asked
    assert told.subject.startswith("meta-web: send 2 orders of 20")
    assert "worth 19.90 EUR · 1,234.50 USD." in told.body
    assert "it is the first run of meta-web" in told.body
    assert "**Approve** sends what is shown here, at most 2 orders" in told.body
    assert "**Reject** sends nothing" in told.body


def test_the_shops_usual_currency_comes_first(night: Night) -> None:
    rare = an_order("o-rare", currency="AUD", value="50.00")
    night.shop.configure(gate=ASKS).fill([*orders(3), rare])
    night.assess()

    body = night.question().body

    assert "worth 59.70 EUR · 50.00 AUD." in body
    assert "| 59.70 EUR · 50.00 AUD |" in body


def test_a_message_has_the_reasons_in_plain_lines(asking: Night) -> None:
    notice = asking.question().notice

    first, unlogged = notice.splitlines()
    assert first.startswith("it is the first run of meta-web: until events sent")
    assert unlogged.startswith("no log of sent events covers meta-web: what others")


def test_it_shows_counts_and_value_by_class_rules_and_the_last_runs(
    asking: Night,
) -> None:
    rows = cells(asking.question().body)

    figures = {row[0].partition(":")[0]: row[1:] for row in rows}
    assert figures["**missing**"] == ["2", "19.90 EUR · 1,234.50 USD"]
    assert figures["**held**"] == ["1", "-5.00 EUR"]
    assert figures["… value_negative"] == ["1", "-5.00 EUR"]
    assert figures["… status"] == ["1", "19.90 EUR"]
    assert figures["value_negative"] == ["critical", "**no**", "1", "3", "33.3%"]
    assert [row[1:] for row in rows if row[1] == "open"] == [
        ["open", "7", "4", "2", "19.90 EUR · 1,234.50 USD"]
    ]


def test_rules_that_hold_rows_stand_before_those_that_only_tell(night: Night) -> None:
    free = [an_order(f"free-{n}", value="0.00") for n in range(3)]
    night.shop.rules = ("value_negative", "value_zero")
    night.shop.configure(gate=ASKS).fill([*free, an_order("bad", value="-5.00")])
    night.assess()

    rows = cells(night.question().body)

    head = [row[0] for row in rows].index("rule")
    assert [row[0] for row in rows[head + 2 : head + 4]] == [
        "value_negative",
        "value_zero",
    ]


def test_earlier_runs_stand_beside_it_and_it_is_not_its_own_past(
    asking: Night,
) -> None:
    asking.approve()
    asking.deliver()
    later = Night(asking.shop, run_id="2026-11-23-meta-web-ffffffff")
    asking.shop.fill([an_order("late")])
    later.assess()
    later.assess()

    rows = cells(later.question().body)

    beside = rows[[row[0] for row in rows].index("until") + 2 :]
    assert [row[1] for row in beside] == ["nobody was asked", "approved"]


def test_nothing_personal_and_no_secret_is_in_it(asking: Night) -> None:
    told = asking.question()

    for hidden in (*PERSONAL, TOKEN, ACCOUNTS["meta"], "o-usd", "gone"):
        assert hidden not in told.subject + told.body


def test_hostile_names_of_rules_are_only_text(night: Night) -> None:
    night.shop.configure(gate="ask_first_run = true\nbad_rows_floor = 1")
    night.shop.fill([*orders(2), an_order("bad", value="-5.00")])
    suite = night.shop.folder / "expectations" / "orders.json"
    told = json.loads(suite.read_text())
    hostile = "{{ 7 * 7 }}|<img src=x>"
    for one in told["expectations"]:
        one["meta"].update(rule=hostile, says=hostile)
    suite.write_text(json.dumps(told))
    night.assess()

    body = night.question().body

    assert Environment(autoescape=True).from_string(body).render() == body.rstrip("\n")
    assert not re.search(r"<|\{\{|\{%", body)
    assert {len(row) for row in cells(body)} == {3, 6}


def test_nobody_is_asked_where_the_gate_passed(night: Night) -> None:
    night.shop.fill(orders(1))
    night.assess()

    assert not night.question().asked


def test_nobody_is_asked_twice(asking: Night) -> None:
    asking.approve()

    assert not asking.question().asked


def test_the_answer_is_kept_with_who_and_why(asking: Night) -> None:
    asking.decide(Decision.APPROVED)

    part = asking.part()
    assert (part.decision, part.decided_by, part.decided_reason) == (
        Decision.APPROVED,
        OWNER,
        WHY,
    )
    assert part.approved_count == 2


def test_the_same_answer_twice_is_one(asking: Night) -> None:
    asking.decide(Decision.HELD)
    asking.decide(Decision.HELD, actor="another")

    assert asking.part().decided_by == OWNER
    assert asking.run().status == RunStatus.HELD


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (Decision.HELD, Decision.APPROVED),
        (Decision.APPROVED, Decision.HELD),
    ],
)
def test_a_different_answer_is_refused(
    asking: Night, first: Decision, then: Decision
) -> None:
    asking.decide(first)

    with pytest.raises(DecisionRefused, match=f"was {first} by {OWNER}"):
        asking.decide(then)

    assert asking.part().decision is first


def test_an_answer_without_words_is_one(asking: Night) -> None:
    asking.decide(Decision.HELD, reason="  ")

    assert asking.part().decided_reason == NO_WORDS


def test_what_was_never_assessed_asks_nothing(night: Night) -> None:
    for call in (night.question, night.approve):
        with pytest.raises(DecisionRefused, match="no such run"):
            call()


def test_a_beginning_of_a_name_is_not_the_run(asking: Night) -> None:
    asking.run_id = RUN[:-1]

    with pytest.raises(DecisionRefused, match="no such run"):
        asking.question()
