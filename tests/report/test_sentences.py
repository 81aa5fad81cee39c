from datetime import UTC, datetime
from decimal import Decimal

import pytest

from capi_jobs.ledger.values import Gate
from capi_jobs.lifecycle import Event
from capi_jobs.model import OrderClass
from capi_jobs.report import sentences
from capi_jobs.report.amounts import Amount
from capi_jobs.report.contents import DestinationReport, Target
from capi_jobs.report.gather import gather
from tests.report.building import DAY, Shop, a_count


def told(shop: Shop) -> DestinationReport:
    target = Target("meta", "meta")
    report = gather(shop.ledger, [target], DAY, DAY, now=shop.now)
    return report.destinations[0]


def test_all_is_well(shop: Shop) -> None:
    shop.assess(a_count(OrderClass.MISSING, 2_304))
    shop.send(Event.ACCEPTED, *(f"o{n}" for n in range(2_304)))
    assert sentences.level(told(shop)) == "good"
    assert sentences.headline(told(shop)) == (
        "Every one of 2,304 completed orders stands in one column; 2,304 recovered,"
        " worth 23,040.00 EUR; nothing needs you."
    )


def test_something_is_owed_and_somebody_should_look(shop: Shop) -> None:
    shop.assess(a_count(OrderClass.MISSING, 3))
    shop.hold("o1")
    assert sentences.level(told(shop)) == "look"
    assert sentences.headline(told(shop)) == (
        "Every one of 3 completed orders stands in one column; 2 are owed still;"
        " 1 order needs you."
    )


def test_a_run_asks(shop: Shop) -> None:
    shop.gate = Gate.ASK
    shop.assess(a_count(OrderClass.MISSING, 1))
    assert sentences.level(told(shop)) == "look"
    assert sentences.headline(told(shop)) == (
        "The one completed order stands in one column; 1 is owed still; a run waits"
        " for your word."
    )


def test_the_books_do_not_close(shop: Shop) -> None:
    shop.assess(a_count(OrderClass.MISSING, 1))
    shop.send(Event.ACCEPTED, "o1", "o2")
    assert sentences.level(told(shop)) == "fault"
    assert sentences.headline(told(shop)) == (
        "The books do not close: 1 day of meta with orders in no column, or in two."
    )
    (fault,) = told(shop).total.faults
    line = sentences.fault_line(fault)
    assert line.startswith(
        "meta, 2026-11-20: missing would hold -1 orders worth -10.00 EUR"
    )
    assert "run r1" in line
    assert "a later run has not been assessed" in line


def test_nothing_was_looked_at_and_nothing_was_there(shop: Shop) -> None:
    assert sentences.level(told(shop)) == "empty"
    assert sentences.headline(told(shop)) == "No run has looked at these days yet."
    shop.assess()
    assert (
        sentences.headline(told(shop)) == "There are no completed orders in these days."
    )


def test_amounts_of_many_currencies_are_counted_not_summed() -> None:
    amount = Amount(
        {
            "EUR": (3, Decimal(10)),
            "USD": (2, Decimal(20)),
            "JPY": (1, Decimal(30)),
            "": (1, Decimal(0)),
        }
    )
    assert sentences.amounts(amount) == "10.00 EUR · 20.00 USD and 2 currencies more"
    assert sentences.amounts(Amount()) == "nothing"


SHORTENED = [
    ("SO-1001", "SO-1001"),
    ("x" * 10_000, "xxxxxxxxxxxxx…xxxxxxxxxxxxx"),
    ("a\nb\x00c\u202ed", "a\\nb\\x00c\\u202ed"),
    ("🛒-1", "🛒-1"),
    ("", ""),
]


@pytest.mark.parametrize(("identifier", "shown"), SHORTENED, ids=range(len(SHORTENED)))
def test_ids_are_cut_and_what_does_not_print_is_escaped(
    identifier: str, shown: str
) -> None:
    assert shown == sentences.short(identifier)


def test_times_are_told_in_utc() -> None:
    moment = datetime.fromisoformat("2026-11-20T10:30:00+01:00")
    assert sentences.moment(moment) == "2026-11-20 09:30 UTC"
    assert sentences.moment(None) == "–"
    assert sentences.day_name(None) == "undated"
    assert sentences.day_name(datetime(2026, 11, 20, tzinfo=UTC).date()) == "2026-11-20"
