"""How expectations fared, as rows and JSON: what the page tells, for files."""

from pathlib import Path

import pytest

from capi_jobs.errors import DecisionRefused
from capi_jobs.ledger import Ledger
from capi_jobs.ledger.values import Coverage
from capi_jobs.model import OrderClass
from capi_jobs.report.contents import RuleWords
from capi_jobs.report.validations import (
    COLUMNS,
    rows,
    validation_json,
    validation_report,
)
from tests.report.building import Shop, a_count, a_validation

WORDS = {("orders", "value_zero"): RuleWords("worth nothing", "look", "the shop")}
READY = [Coverage("website", "email", 10, 9, 0)]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(Ledger.open(f"sqlite:///{tmp_path}/ledger.db"), coverage=READY)
    made.validations = [
        a_validation("clean"),
        a_validation("counted", severity="info", failed=70, share=0.7),
        a_validation("value_zero", severity="warning", failed=9, share=0.09),
        a_validation("bad", failed=3, share=0.03, passed=False, samples=("o-1", "o-2")),
        a_validation("far", severity="warning", failed=8, share=0.08, passed=False),
    ]
    made.assess(a_count(OrderClass.MISSING, 100))
    return made


def test_the_worst_comes_first_and_only_some_are_broken(shop: Shop) -> None:
    report = validation_report(shop.ledger, "r1", "meta", WORDS)

    assert [(one.found.rule, one.broken) for one in report.rules] == [
        ("bad", True),
        ("far", True),
        ("value_zero", False),
        ("counted", False),
        ("clean", False),
    ]
    assert [one.found.rule for one in report.broken] == ["bad", "far"]
    assert not report.of_held_alone


def test_rows_fit_their_columns(shop: Shop) -> None:
    told = [
        dict(zip(COLUMNS, row, strict=True))
        for row in rows([validation_report(shop.ledger, "r1", "meta", WORDS)])
    ]

    assert (told[0]["share"], told[0]["share_before"]) == ("0.030000", "")
    assert (told[0]["order_ids"], told[0]["within_limit"]) == ("o-1 o-2", "no")
    assert (told[2]["says"], told[2]["ask"]) == ("worth nothing", "the shop")


def test_json_has_the_runs_before(shop: Shop) -> None:
    shop.run_id, before = "r2", shop.now.isoformat()
    shop.now = shop.now.replace(hour=13)
    shop.assess(a_count(OrderClass.MISSING, 100))

    told = validation_json(validation_report(shop.ledger, "r2", "meta", WORDS))

    assert told["rules"][0]["change"] == 0.0
    assert told["rules"][0]["earlier"] == [
        {"run_id": "r1", "at": before, "evaluated": 100, "failed": 3, "share": 0.03}
    ]


def test_a_rule_that_looked_at_nothing_before_is_compared_with_nothing(
    shop: Shop,
) -> None:
    shop.validations = [a_validation("bad", evaluated=0)]
    shop.run_id, shop.now = "r2", shop.now.replace(hour=13)
    shop.assess(a_count(OrderClass.MISSING, 1))
    shop.validations = [a_validation("bad", failed=3, share=0.03)]
    shop.run_id, shop.now = "r3", shop.now.replace(hour=14)
    shop.assess(a_count(OrderClass.MISSING, 1))

    (bad,) = validation_report(shop.ledger, "r3", "meta", WORDS).rules

    assert (bad.before, bad.change) == (0.03, 0.0)  # of the run before that


def test_a_destination_that_was_not_judged_is_refused(shop: Shop) -> None:
    with pytest.raises(DecisionRefused, match="validated nothing for tiktok"):
        validation_report(shop.ledger, "r1", "tiktok", WORDS)
