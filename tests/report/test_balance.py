"""The balance closes: what leaves one column arrives in another."""

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_jobs.ledger.values import LedgerCount
from capi_jobs.model import OrderClass
from capi_jobs.report.amounts import Amount
from capi_jobs.report.balance import Balance, Fault, live, several
from tests.report.building import DAY, NOON, TEN, a_count

HEADING = Balance(destination="meta", day=DAY, run_id="r1", taken_at=NOON)


def moved(name: str, owed_as: str = "missing", orders: int = 1) -> LedgerCount:
    return LedgerCount(DAY, "EUR", "entries", name, owed_as, orders, orders * TEN)


def held(rule: str, orders: int = 1) -> LedgerCount:
    return LedgerCount(DAY, "EUR", "holds", rule, "", orders, orders * TEN)


def columns(balance: Balance) -> dict[str, int]:
    return {
        each.value: amount.orders
        for each, amount in balance.classes.items()
        if amount.orders
    }


COUNTED = [
    a_count(OrderClass.MISSING, 5),
    a_count(OrderClass.SEEN_BROWSER, 3),
    a_count(OrderClass.SEEN_BROWSER, 2, reason="outside_window"),
    a_count(OrderClass.HELD, 1, reason="items_not_json"),
]

MOVES = [
    # what moved since the run counted → the columns that changed
    ("nothing", [], {}),
    ("sent", [moved("delivered")], {"missing": 4, "delivered": 1}),
    ("being sent", [moved("in_flight")], {"missing": 4, "in_flight": 1}),
    ("answer lost", [moved("in_doubt")], {"missing": 4, "in_doubt": 1}),
    ("sent again, unsure", [moved("resending")], {"missing": 4, "in_doubt": 1}),
    ("refused", [moved("rejected")], {"missing": 4, "rejected": 1}),
    (
        "enriched",
        [moved("delivered", "enrichment")],
        {"seen_browser": 4, "delivered": 1},
    ),
    ("imported, perhaps of another column", [moved("delivered", "imported")], {}),
    ("held anew", [held("items_not_json", 2)], {"missing": 4, "held": 2}),
    ("by another rule", [held("currency_unknown")], {}),
    ("mended", [held("items_not_json", 0)], {"missing": 6, "held": 0}),
    (
        "mended and sent",
        [held("items_not_json", 0), moved("delivered", orders=6)],
        {"missing": 0, "held": 0, "delivered": 6},
    ),
]


@pytest.mark.parametrize(
    ("now", "changed"), [case[1:] for case in MOVES], ids=[case[0] for case in MOVES]
)
def test_what_the_ledger_moved_changes_columns_and_the_balance_still_closes(
    now: list[LedgerCount], changed: dict[str, int]
) -> None:
    then = [held("items_not_json")]
    if not any(one.kind == "holds" for one in now):
        now = [*now, *then]
    balance = live(HEADING, COUNTED, then, now)
    before = {"missing": 5, "seen_browser": 5, "held": 1}
    expected = {name: n for name, n in (before | changed).items() if n}
    assert expected == columns(balance)
    assert balance.closes
    assert Amount.of(11, Decimal("110.00"), "EUR") == balance.orders


def test_what_the_ledger_held_already_is_not_moved_again() -> None:
    counts = [a_count(OrderClass.DELIVERED, 4)]
    ledger = [moved("delivered", orders=4)]
    balance = live(HEADING, counts, ledger, ledger)
    assert columns(balance) == {"delivered": 4}


def test_an_order_given_back_is_missing_again() -> None:
    counts = [a_count(OrderClass.IN_DOUBT, 1)]
    balance = live(HEADING, counts, [moved("in_doubt")], [])
    assert columns(balance) == {"missing": 1}
    assert balance.closes


def test_recovered_is_delivered_and_missing_before_never_an_enrichment() -> None:
    now = [moved("delivered", orders=3), moved("delivered", "enrichment", orders=2)]
    balance = live(HEADING, COUNTED, [], now)
    assert Amount.of(3, Decimal("30.00"), "EUR") == balance.recovered


def test_more_in_the_ledger_than_was_missing_is_a_fault_in_the_remainder() -> None:
    counts = [a_count(OrderClass.MISSING, 1)]
    balance = live(HEADING, counts, [], [moved("delivered", orders=3)])
    assert not balance.closes
    assert Amount.of(-2, Decimal("-20.00"), "EUR") == balance.remainder
    expected = Fault(
        destination="meta",
        day=DAY,
        order_class=OrderClass.MISSING,
        reason="",
        currency="EUR",
        orders=-2,
        value=Decimal("-20.00"),
        run_id="r1",
    )
    assert (expected,) == balance.faults


def test_a_value_that_changed_on_its_way_is_a_fault_although_the_orders_agree() -> None:
    sent = LedgerCount(
        DAY, "EUR", "entries", "delivered", "missing", 1, Decimal("9.99")
    )
    balance = live(HEADING, [a_count(OrderClass.MISSING, 1)], [], [sent])
    assert balance.remainder.values == {"EUR": Decimal("0.01")}
    assert not balance.closes


def test_currencies_are_never_mixed() -> None:
    counts = [
        a_count(OrderClass.MISSING, 1),
        a_count(OrderClass.MISSING, 1, currency="JPY", value=Decimal(900)),
    ]
    yen = LedgerCount(DAY, "JPY", "entries", "delivered", "missing", 1, Decimal(900))
    balance = live(HEADING, counts, [], [yen])
    assert balance[OrderClass.DELIVERED].values == {"JPY": Decimal(900)}
    assert balance[OrderClass.MISSING].values == {"EUR": TEN}


def test_values_beyond_the_usual_digits_stay_exact() -> None:
    large = Decimal("12345678901234567890123456789.012345678")
    counts = [a_count(OrderClass.MISSING, 1, value=large)]
    sent = LedgerCount(DAY, "EUR", "entries", "delivered", "missing", 1, large)
    balance = live(HEADING, counts, [], [sent])
    assert balance[OrderClass.DELIVERED].values == {"EUR": large}
    assert balance.closes


def test_enrichments_leave_the_unnamed_reason_first_then_the_named_ones() -> None:
    counts = [
        a_count(OrderClass.SEEN_BROWSER, 1),
        a_count(OrderClass.SEEN_BROWSER, 4, reason="other_event_id"),
    ]
    balance = live(HEADING, counts, [], [moved("delivered", "enrichment", 3)])
    expected = {"other_event_id": Amount.of(2, Decimal("20.00"), "EUR")}
    assert expected == balance.reasons[OrderClass.SEEN_BROWSER]
    assert balance.closes


def test_days_add_up_with_their_reasons_and_faults() -> None:
    one = live(HEADING, COUNTED, [held("items_not_json")], [held("items_not_json")])
    bad = live(HEADING, [], [], [moved("delivered")])
    whole = several("meta", [one, one, bad])
    assert whole.orders.orders == 22
    assert whole.reasons[OrderClass.HELD]["items_not_json"].orders == 2
    assert bad.faults == whole.faults
    assert Amount.of(-1, -TEN, "EUR") == whole.remainder


@given(st.lists(st.sampled_from([each.value for each in OrderClass]), max_size=30))
def test_what_was_counted_is_told_as_it_was(classes: list[str]) -> None:
    counts = [a_count(OrderClass(each), n) for each, n in Counter(classes).items()]
    assert Counter(classes) == columns(live(HEADING, counts))
