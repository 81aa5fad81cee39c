"""Words about held orders: what they move, what they cannot, and how many at once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from capi_jobs.jobs import quarantining
from capi_jobs.jobs.quarantining import (
    Refused,
    Wanted,
    Word,
    by_destination,
    decide,
    judged,
    matching,
    meant,
    named,
)
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.values import BLOCK, RELEASE, HoldRow
from capi_jobs.model import Hold

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SUITES = frozenset({"too_cheap", "value_negative"})
WHY = {"actor": "ana", "reason": "looked", "now": NOW}


def a_hold(order_id: str, *rules: str, value: str = "5") -> Hold:
    rules = rules or ("too_cheap",)
    return Hold(
        destination="meta",
        order_id=order_id,
        rule=rules[0],
        rules=rules,
        message="",
        day=None,
        value=Decimal(value),
        currency="EUR",
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Three held orders; a second rule of one is the reader's own."""
    held = [a_hold("o1"), a_hold("o2", "too_cheap", "odd"), a_hold("o3", value="7")]
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as opened:
        opened.record_holds(held, run_id="r1", now=NOW)
        yield opened


def held(ledger: Ledger) -> list[str]:
    return [row.order_id for row in ledger.open_holds()]


def test_a_release_leaves_what_a_rule_of_nobodys_holds_as_well(ledger: Ledger) -> None:
    rows, more = matching(ledger, Wanted())

    found = judged(Word.RELEASE, rows, SUITES)

    assert not more
    assert [row.order_id for row in found.doable] == ["o1", "o3"]
    assert found.refused == (
        Refused("meta", "o2", "odd: no word of a person lets it go"),
    )
    assert len(judged(Word.BLOCK, rows, SUITES).doable) == 3


def test_a_rule_that_platforms_have_as_well_holds_again() -> None:
    """A person's word would only bring it back under the other's name."""
    row = replace(_row(), rule="value_negative", rules=("value_negative",))
    assert judged(Word.RELEASE, [row], SUITES).doable == ()


def _row() -> HoldRow:
    return HoldRow(
        destination="meta",
        order_id="o1",
        rule="too_cheap",
        rules=("too_cheap",),
        message="",
        day=None,
        value=None,
        currency="",
        run_first_seen="r1",
        run_last_seen="r1",
        first_seen_at=NOW,
        last_seen_at=NOW,
        ended_at=None,
        ended_how=None,
    )


def test_a_digest_tells_these_orders_and_this_word_from_any_others() -> None:
    other = replace(_row(), order_id="o2")
    found = [
        judged(word, rows, SUITES).digest
        for word in Word
        for rows in ([], [_row()], [_row(), other], [replace(_row(), destination="x")])
    ]
    assert len(set(found)) == len(found)
    both = [judged(Word.BLOCK, rows, ()) for rows in ([_row(), other], [other, _row()])]
    assert both[0].digest == both[1].digest


def test_what_is_no_longer_held_is_named(ledger: Ledger) -> None:
    rows, gone = named(ledger, [("meta", "o1"), ("meta", "o9"), ("tiktok", "o1")])

    assert [row.order_id for row in rows] == ["o1"]
    assert [(one.destination, one.order_id) for one in gone] == [
        ("meta", "o9"),
        ("tiktok", "o1"),
    ]


def test_so_many_at_once_and_it_is_said_that_there_are_more(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantining, "ORDERS_MAX", 2)
    monkeypatch.setattr(quarantining, "PAGE_ROWS_MAX", 1)

    assert [len(matching(ledger, Wanted())[0]), matching(ledger, Wanted())[1]] == [2, 1]
    rows, more = matching(ledger, Wanted(min_value=Decimal(6)))
    assert ([row.order_id for row in rows], more) == (["o3"], False)


@pytest.mark.parametrize(("word", "kept"), [("release", RELEASE), ("block", BLOCK)])
def test_the_word_stands_in_the_ledger_with_who_and_why(
    ledger: Ledger, word: str, kept: str
) -> None:
    orders = by_destination(list(ledger.open_holds(order_ids=["o1", "o3"])))

    done = decide(ledger, Word(word), {**orders, "tiktok": []}, **WHY)  # type: ignore[arg-type]

    assert (done, held(ledger)) == ({"meta": 2}, ["o2"])
    said = ledger.overrides("meta", ["o3"])["o3"]
    assert (said.decision, said.actor, said.reason) == (kept, "ana", "looked")


def test_a_command_means_orders_a_rule_or_both(ledger: Ledger) -> None:
    def these(word: Word, rule: str | None, *ids: str) -> list[str]:
        return meant(ledger, word, "meta", rule, ids)

    assert these(Word.RELEASE, "too_cheap") == ["o1", "o2", "o3"]
    assert these(Word.BLOCK, "too_cheap", "o1", "o9") == ["o1"]
    assert these(Word.BLOCK, None, "o1", "o9") == ["o1", "o9"]
    assert these(Word.RELEASE, None, "o1", "o9") == ["o1"]
    ledger.block_order("meta", ["o9"], **WHY)  # type: ignore[arg-type]
    assert these(Word.RELEASE, None, "o1", "o9") == ["o1", "o9"]
