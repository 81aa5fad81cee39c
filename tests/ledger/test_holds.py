import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger.columns import ID_BYTES_MAX
from capi_jobs.ledger.forgotten import digest_of
from capi_jobs.ledger.holds import FEW_WORDS
from capi_jobs.ledger.values import HoldEnd
from capi_jobs.lifecycle import Status
from capi_jobs.model import Hold
from tests.ledger.building import Bench

A_HOLD = Hold(
    destination="meta",
    order_id="o1",
    rule="value_negative",
    message="the value is negative",
    rules=("value_negative", "currency_unknown"),
    day=date(2026, 11, 19),
    value=Decimal("-1.50"),
    currency="EUR",
)


def hold(bench: Bench, *holds: Hold, run_id: str = "r1") -> None:
    bench.ledger.record_holds(holds or (A_HOLD,), run_id=run_id, now=bench.now)


def held(bench: Bench, **filters: object) -> list[tuple[str, str]]:
    rows = bench.ledger.open_holds(**filters)  # type: ignore[arg-type]
    return [(row.order_id, row.rule) for row in rows]


def test_a_hold_is_kept_with_every_rule_that_failed(bench: Bench) -> None:
    hold(bench)

    (row,) = bench.ledger.open_holds()

    assert (A_HOLD.rules, A_HOLD.value, A_HOLD.day, "r1", bench.now) == (
        row.rules,
        row.value,
        row.day,
        row.run_first_seen,
        row.first_seen_at,
    )


def test_seen_again_it_stays_one_hold_with_the_rule_of_now(bench: Bench) -> None:
    hold(bench)
    first, bench.now = bench.now, bench.now + timedelta(days=1)

    hold(bench, replace(A_HOLD, rule="currency_unknown"), run_id="r2")

    (row,) = bench.ledger.open_holds()
    assert ("currency_unknown", "r1", "r2", first, bench.now) == (
        row.rule,
        row.run_first_seen,
        row.run_last_seen,
        row.first_seen_at,
        row.last_seen_at,
    )


def test_the_same_order_twice_in_one_page_is_one_hold(bench: Bench) -> None:
    hold(bench, A_HOLD, replace(A_HOLD, rule="other"))

    assert held(bench) == [("o1", "other")]


def test_an_ended_hold_is_no_longer_open_and_may_come_again(bench: Bench) -> None:
    hold(bench)

    ended = bench.ledger.end_holds("meta", ["o1", "o2"], HoldEnd.MENDED, now=bench.now)

    assert ended == 1
    assert held(bench) == []
    hold(bench)
    assert held(bench) == [("o1", "value_negative")]


def test_holds_are_listed_by_filter_and_page(bench: Bench) -> None:
    later = date(2026, 11, 20)
    hold(
        bench,
        A_HOLD,
        replace(A_HOLD, order_id="o2", day=later),
        replace(A_HOLD, order_id="o3", rule="no_match_key", day=later),
        replace(A_HOLD, order_id="o4", destination="tiktok"),
    )

    assert len(held(bench)) == 4
    assert [order for order, _ in held(bench, destination="meta")] == ["o1", "o2", "o3"]
    assert held(bench, rule="no_match_key") == [("o3", "no_match_key")]
    assert [order for order, _ in held(bench, first_day=later)] == ["o2", "o3"]
    assert [order for order, _ in held(bench, last_day=date(2026, 11, 19))] == [
        "o1",
        "o4",
    ]
    assert [order for order, _ in held(bench, limit=2)] == ["o1", "o2"]
    assert [order for order, _ in held(bench, after=("meta", "o2"))] == ["o3", "o4"]


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param("", id="empty"),
        pytest.param("x" * 10_000, id="10,000 characters"),
        pytest.param("a\x00b", id="NUL"),
        pytest.param("a\nb'\"", id="newline and quotes"),
        pytest.param("🛒" * ID_BYTES_MAX, id="emoji"),
        pytest.param("a\ud800", id="half a character"),
    ],
)
def test_any_id_can_be_held_and_ended(bench: Bench, odd: str) -> None:
    hold(bench, replace(A_HOLD, order_id=odd))
    hold(bench, replace(A_HOLD, order_id=odd))

    assert len(held(bench)) == 1
    assert bench.ledger.end_holds("meta", [odd], HoldEnd.GONE, now=bench.now) == 1


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        pytest.param(None, None, id="none"),
        pytest.param(Decimal("NaN"), None, id="not a number"),
        pytest.param(Decimal("Infinity"), None, id="infinite"),
        pytest.param(Decimal("9" * 400), Decimal("9" * 400), id="400 digits"),
        pytest.param(Decimal("0.00000001"), Decimal("0.00000001"), id="tiny"),
    ],
)
def test_any_value_can_be_held(
    bench: Bench, value: Decimal | None, kept: Decimal | None
) -> None:
    hold(bench, replace(A_HOLD, value=value))

    (row,) = bench.ledger.open_holds()
    assert kept == row.value


# ── People's words ──────────────────────────────────────────────────────────────


def release(bench: Bench, *order_ids: str, reason: str = "checked") -> int:
    return bench.ledger.release_hold(
        "meta", order_ids, actor="ana", reason=reason, now=bench.now
    )


def block(bench: Bench, *order_ids: str) -> int:
    return bench.ledger.block_order(
        "meta", order_ids, actor="ana", reason="fraud", now=bench.now
    )


def test_a_released_order_is_held_no_longer_and_the_word_is_kept(bench: Bench) -> None:
    hold(bench)

    assert release(bench, "o1") == 1

    assert held(bench) == []
    word = bench.ledger.overrides("meta", ["o1", "o2"])["o1"]
    assert ("release", "*", "ana", "checked", bench.now) == (
        word.decision,
        word.rule,
        word.actor,
        word.reason,
        word.at,
    )


def test_the_last_word_counts(bench: Bench) -> None:
    release(bench, "o1")
    block(bench, "o1")

    assert bench.ledger.overrides("meta", ["o1"])["o1"].decision == "block"


@pytest.mark.parametrize("words", [1, FEW_WORDS - 1, FEW_WORDS])
def test_a_page_is_looked_up_among_few_words_or_many(bench: Bench, words: int) -> None:
    """Whose id was forgotten, or cannot be an index's key, is found as well."""
    endless = "o" * 2_000
    others = [f"other-{n}" for n in range(words - 1)]
    block(bench, endless, *others)
    page = [f"o-{n}" for n in range(FEW_WORDS)] + [endless]

    assert set(bench.ledger.overrides("meta", page)) == {endless}


def test_among_many_asked_for_one_that_was_forgotten_is_found(bench: Bench) -> None:
    block(bench, digest_of("o-7"), "other")
    page = [f"o-{n}" for n in range(FEW_WORDS + 1)]

    assert bench.ledger.overrides("meta", page)["o-7"].decision == "block"


def test_nobody_said_anything_about_a_page(bench: Bench) -> None:
    block(bench, "other")
    bench.ledger.block_order("tiktok", ["o-2"], actor="a", reason="b", now=bench.now)
    page = [f"o-{n}" for n in range(FEW_WORDS + 1)]

    assert set(bench.ledger.overrides("meta", page)) == set()


def test_a_blocked_order_cannot_be_claimed(bench: Bench) -> None:
    """Even when it was blocked after reconcile had called it missing."""
    block(bench, "o1")

    claim = bench.claim(1, 2)

    assert [entry.order_id for entry in claim.entries] == ["o2"]
    assert [drop.order_id for drop in claim.dropped] == ["o1"]
    assert bench.claim(1, destination="tiktok")


def test_a_word_needs_a_reason_and_an_order(bench: Bench) -> None:
    with pytest.raises(DecisionRefused, match="reason"):
        release(bench, "o1", reason="")
    with pytest.raises(DecisionRefused, match="order"):
        release(bench)


def test_a_hold_does_not_move_an_entry(bench: Bench) -> None:
    bench.in_status(Status.DELIVERED, 1)

    hold(bench)
    release(bench, "o1")

    assert Status.DELIVERED is bench.status(1)
    assert not bench.claim(1)


def test_a_hold_of_one_order_is_looked_up_until_it_ends(bench: Bench) -> None:
    hold(bench)

    found = bench.ledger.open_hold("meta", "o1")
    bench.ledger.end_holds("meta", ["o1"], HoldEnd.RELEASED, now=bench.now)

    assert found is not None
    assert found.rule == "value_negative"
    assert bench.ledger.open_hold("tiktok", "o1") is None
    assert bench.ledger.open_hold("meta", "o1") is None


def test_holds_of_named_orders_alone_can_be_listed(bench: Bench) -> None:
    long = "ö" * ID_BYTES_MAX
    hold(bench, *(replace(A_HOLD, order_id=each) for each in ("o1", "o2", long)))

    assert len(held(bench, order_ids=["o2", long, "o9"])) == 2
    assert held(bench, order_ids=["o2"]) == [("o2", "value_negative")]
    assert held(bench, order_ids=[]) == []


def test_the_last_hold_of_an_order_is_known_when_it_has_ended(bench: Bench) -> None:
    def ended() -> HoldEnd | None:
        row = bench.ledger.latest_hold("meta", "o1")
        assert row is not None
        return row.ended_how

    assert bench.ledger.latest_hold("meta", "o1") is None
    hold(bench)
    bench.ledger.block_order("meta", ["o1"], actor="ana", reason="x", now=bench.now)
    assert ended() is HoldEnd.BLOCKED

    hold(bench)
    assert ended() is None
    bench.ledger.end_holds("meta", ["o1"], HoldEnd.MENDED, now=bench.now)
    assert ended() is HoldEnd.MENDED


def test_whatever_stands_in_a_row_it_can_be_held(bench: Bench) -> None:
    """No index of PostgreSQL holds such texts."""
    chance = random.Random(1)
    text = "".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(4_000))
    value = Decimal("".join(chance.choice("123456789") for _ in range(9_000)))

    hold(bench, replace(A_HOLD, currency=text, rule=text[::-1], value=value))

    (row,) = bench.ledger.open_holds()
    assert (row.currency, row.rule, row.value) == (text, text[::-1], value)
