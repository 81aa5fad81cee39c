"""A page of keys: each is ready, held, excluded or gone, and in one list only."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capi_jobs.config import read
from capi_jobs.model import Entry, OrderKey, OwedAs, RowFault
from capi_jobs.platforms import platform_named
from capi_jobs.preparation import Page, Preparer
from capi_jobs.preparation.preparer import STRIDE
from capi_jobs.validation import Validator
from tests.config.building import destination, table

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TIME = NOW - timedelta(hours=5)


def a_key(order_id: str = "o1", **changes: object) -> OrderKey:
    key = OrderKey(
        order_id, order_id, TIME, TIME.date(), Decimal(20), "EUR", OwedAs.MISSING
    )
    return replace(key, **changes)  # type: ignore[arg-type]


def a_row(order_id: str = "o1", **changes: object) -> dict[str, object]:
    return {
        "order_id": order_id,
        "completed_at": TIME,
        "status": "completed",
        "value": "20.00",
        "currency": "EUR",
        "email": "ann@shop.example",
        "country": "DE",
        "user_agent": "Mozilla/5.0",
        "page_url": "https://shop.example/thanks",
        "consent": True,
        **changes,
    }


@pytest.fixture(scope="module")
def preparer() -> Preparer:
    told = read(
        table(destinations=[destination(channels=["web"])]), Path("/shop/x.toml")
    )
    (one,) = told.destinations
    keys = platform_named(one.platform).match_keys
    return Preparer(told, one, Validator(None, now=NOW, match_keys=keys))


def page(
    preparer: Preparer,
    keys: Sequence[OrderKey],
    rows: Sequence[Mapping[str, object]],
    *released: str,
) -> Page:
    return preparer.page(keys, rows, released=frozenset(released), now=NOW)


def held(preparer: Preparer, row: Mapping[str, object], *released: str) -> list[str]:
    """Return the rules that hold the one order of this row."""
    told = page(preparer, [a_key()], [row], *released)
    assert len(told.holds) + len(told.ready) == 1
    return [rule for hold in told.holds for rule in hold.rules]


def test_a_good_order_is_ready_with_what_the_ledger_will_keep(
    preparer: Preparer,
) -> None:
    until = NOW + timedelta(hours=1)
    key = a_key(event_id="e9", owed_as=OwedAs.ENRICHMENT, send_until=until)

    (one,) = page(preparer, [key], [a_row()]).ready

    expected = Entry(
        destination="meta-web",
        event_name="Purchase",
        event_id="e9",
        order_id="o1",
        event_time=TIME,
        day=date(2026, 11, 22),
        value=Decimal("20.00"),
        currency="EUR",
        owed_as=OwedAs.ENRICHMENT,
    )
    assert expected == one.entry
    assert until == one.send_until
    assert b'"event_id":"e9"' in one.event
    assert b"ann@shop.example" not in one.event


def test_a_fault_of_the_key_holds_it_before_its_row_is_read(preparer: Preparer) -> None:
    fault = RowFault("event_id_shared", "another order has this event id")

    told = page(preparer, [a_key(fault=fault)], [a_row()])

    (hold,) = told.holds
    assert (hold.rule, hold.rules) == ("event_id_shared", ("event_id_shared",))
    assert ("meta-web", "o1", Decimal(20), "EUR") == (
        hold.destination,
        hold.order_id,
        hold.value,
        hold.currency,
    )


def test_rows_that_differ_hold_the_order(preparer: Preparer) -> None:
    rows = [a_row(), a_row(value="21.00")]

    (hold,) = page(preparer, [a_key()], rows).holds

    assert hold.rule == "order_id_ambiguous"


def test_equal_rows_are_one_order(preparer: Preparer) -> None:
    assert len(page(preparer, [a_key()], [a_row(), a_row()]).ready) == 1


def test_a_page_of_several_strides_keeps_its_order_and_loses_nothing(
    preparer: Preparer,
) -> None:
    names = [f"o{number}" for number in range(2 * STRIDE + 3)]
    bad, moved = names[STRIDE], names[-1]
    rows = [
        a_row(name, page_url=None) if name == bad else a_row(name) for name in names
    ]
    keys = [
        a_key(name, value=Decimal(7)) if name == moved else a_key(name)
        for name in names
    ]

    told = page(preparer, keys, rows)

    assert [one.entry.order_id for one in told.ready] == [
        name for name in names if name not in {bad, moved}
    ]
    assert all(
        one.entry.order_id == one.conversion.order_id
        and f'"event_id":"{one.entry.order_id}"'.encode() in one.event
        for one in told.ready
    )
    assert [hold.order_id for hold in told.holds] == [bad]
    assert {moved: "changed_meanwhile"} == told.excluded


def test_an_order_whose_row_went_away_is_gone(preparer: Preparer) -> None:
    told = page(preparer, [a_key("o1"), a_key("o2")], [a_row("o2")])

    assert (
        told.gone,
        [one.entry.order_id for one in told.ready],
    ) == (["o1"], ["o2"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"consent": False}, "consent_refused"),
        ({"is_test": True}, "test_order"),
        ({"status": "refunded"}, "not_completed"),
    ],
)
def test_what_changed_since_its_key_was_read_is_excluded(
    preparer: Preparer, change: dict[str, Any], reason: str
) -> None:
    told = page(preparer, [a_key()], [a_row(**change)])

    assert {"o1"} == set(told.excluded)
    assert told.ready + told.holds == []


def test_a_row_that_cannot_be_read_is_held_by_all_its_faults(
    preparer: Preparer,
) -> None:
    rules = held(preparer, a_row(value="NaN", currency="XXQ"))

    assert {"value_not_a_number", "currency_unknown"} <= set(rules)


def test_a_rule_of_the_suites_holds_until_a_person_releases(
    preparer: Preparer,
) -> None:
    dear = a_row(items='[{"sku": "a", "quantity": 1, "unit_price": "500"}]')

    assert held(preparer, dear) == ["items_sum_implausible"]
    assert held(preparer, dear, "o1") == []


def test_nobody_can_release_what_cannot_be_read(preparer: Preparer) -> None:
    assert held(preparer, a_row(value="NaN"), "o1")


def test_a_time_too_far_ahead_is_held(preparer: Preparer) -> None:
    ahead = NOW + timedelta(hours=1)

    rules = held(preparer, a_row(completed_at=ahead), "o1")

    assert rules == ["completed_at_in_future"]


def test_what_the_platform_would_refuse_is_held_whoever_releases_it(
    preparer: Preparer,
) -> None:
    assert held(preparer, a_row(page_url=None), "o1")


def test_an_event_that_no_call_can_carry_is_held(
    preparer: Preparer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        preparer, "limits", replace(preparer.limits, body_bytes_max=2_000)
    )
    long = a_row(page_url=f"https://shop.example/{'x' * 2_000}")

    assert held(preparer, long) == ["event_too_large"]
    assert held(preparer, a_row()) == []


@pytest.mark.parametrize(
    "ids",
    [{"order_id": "訂" * 200}, {"event_id": "e" * 513}, {"event_id": "e\0"}],
    ids=["order id", "event id of a log", "NUL"],
)
def test_ids_that_the_ledger_cannot_keep_cost_only_their_own_order(
    preparer: Preparer, ids: dict[str, str]
) -> None:
    """The claim would raise, and nothing of the destination would be sent."""
    key = a_key(**ids)

    (hold,) = page(preparer, [key], [a_row(key.order_id)]).holds

    assert hold.rule == "id_too_long"


@pytest.mark.parametrize("change", [{"value": "25.00"}, {"currency": "USD"}], ids=str)
def test_a_row_that_changed_since_it_was_counted_waits_for_the_next_run(
    preparer: Preparer, change: dict[str, str]
) -> None:
    told = page(preparer, [a_key()], [a_row(**change)])

    assert (told.excluded, told.ready) == ({"o1": "changed_meanwhile"}, [])


def test_an_order_is_sent_on_the_day_on_which_it_was_counted(
    preparer: Preparer,
) -> None:
    day = TIME.date() - timedelta(days=1)

    (one,) = page(preparer, [a_key(day=day)], [a_row()]).ready

    assert day == one.entry.day


def test_a_hold_tells_no_value_of_the_row(preparer: Preparer) -> None:
    row = a_row(email="ada.secret@shop.example", value="-17.77", currency="XXQ")

    (hold,) = page(preparer, [a_key()], [row]).holds

    assert "secret" not in repr(hold)
    assert "17.77" not in hold.message


def test_a_frozen_copy_keeps_what_platforms_tell_copies_by(preparer: Preparer) -> None:
    """Between two sends the row changed: its time, and what it is called."""
    (now,) = page(
        preparer, [a_key(value=None)], [a_row(event_name="Subscribe", value="25.00")]
    ).ready
    sent = replace(
        now.entry,
        event_id="e0",
        event_name="Purchase",
        event_time=TIME - timedelta(hours=1),
    )

    again = preparer.frozen(now, sent)

    assert sent == again.entry
    for part in (b'"event_id":"e0"', b'"event_name":"Purchase"'):
        assert part in again.event
    assert str(int(sent.event_time.timestamp())).encode() in again.event


BAD: list[dict[str, Any]] = [
    {},
    {},
    {"value": "NaN"},
    {"value": "-1.00"},
    {"currency": "XXQ"},
    {"completed_at": NOW + timedelta(days=1)},
    {"completed_at": None},
    {"consent": False},
    {"is_test": True},
    {"channel": "store"},
    {"channel": "nowhere"},
    {"page_url": None},
    {"email": None, "user_agent": None},
    {"items": "{not json"},
]
FAULT = RowFault("event_id_shared", "another order has this event id")
ORDER = st.tuples(
    st.sampled_from(BAD), st.integers(0, 3), st.sampled_from([None, None, FAULT])
)


@settings(max_examples=10)
@given(st.lists(ORDER, max_size=12), st.sets(st.integers(0, 11)))
def test_every_key_stands_in_exactly_one_list(
    preparer: Preparer,
    orders: list[tuple[dict[str, Any], int, RowFault | None]],
    released: set[int],
) -> None:
    keys, rows = [], []
    for number, (change, copies, fault) in enumerate(orders):
        keys.append(a_key(f"o{number}", fault=fault))
        # Of three copies the last differs.
        rows += [
            a_row(f"o{number}", **change, first_name="Ann" if copy < 2 else "Eve")
            for copy in range(copies)
        ]

    told = page(preparer, keys, rows, *(f"o{number}" for number in released))

    found = [
        *(one.entry.order_id for one in told.ready),
        *(hold.order_id for hold in told.holds),
        *told.excluded,
        *told.gone,
    ]
    assert sorted(key.order_id for key in keys) == sorted(found)
