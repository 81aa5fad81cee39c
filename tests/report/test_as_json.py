"""The JSON keeps its names; docs/report-json.md shows the very same report."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from capi_jobs.ledger.values import Coverage, Decision, Gate, RunStatus
from capi_jobs.lifecycle import Event
from capi_jobs.model import OrderClass
from capi_jobs.report.as_json import destination_json, report_json
from capi_jobs.report.contents import RuleWords, Target
from capi_jobs.report.gather import gather
from tests.report.building import (
    DAY,
    NOON,
    Shop,
    a_count,
    a_score,
    a_validation,
    an_advice,
)

PAGE = Path(__file__).parents[2] / "docs" / "report-json.md"
CLASSES = [
    *("delivered", "seen_server", "seen_browser", "missing", "held", "excluded"),
    *("expired", "in_doubt", "rejected", "in_flight"),
]


def example(shop: Shop) -> dict[str, Any]:
    """The report that the page shows: something of everything."""
    shop.gate, shop.gate_reasons = Gate.ASK, ["first_run: nobody has approved one"]
    shop.validations = [
        a_validation("currency_unknown", failed=1, share=0.01, samples=("SO-5",))
    ]
    shop.coverage = [
        Coverage("website", "forecast", 4, 62, 0),
        Coverage("website", "email", 4, 3, 1),
    ]
    shop.advice = [an_advice()]
    shop.assess(
        a_count(OrderClass.MISSING, 4),
        a_count(OrderClass.MISSING, 1, currency="JPY", value=Decimal(1200)),
        a_count(OrderClass.SEEN_BROWSER, 2, reason="outside_window"),
        a_count(OrderClass.EXCLUDED, 1, reason="consent_denied"),
    )
    ledger = shop.ledger
    ledger.decide(
        "r1", None, Decision.APPROVED, actor="ana", reason="as expected", now=NOON
    )
    shop.send(Event.ACCEPTED, "SO-1", "SO-2")
    shop.send(Event.LOST, "SO-3", reason="timed out")
    shop.send(Event.REFUSED, "SO-4", currency="JPY", value=Decimal(1200), reason="100")
    shop.hold("SO-5")
    ledger.finish_destination(
        "r1", "meta", RunStatus.DONE, now=NOON, requests={"requests": 3}
    )
    ledger.finish_run("r1", RunStatus.DONE, now=NOON)
    shop.send(Event.ACCEPTED, "SO-6")  # a worker that no run counted for
    ledger.keep_readings([a_score()])
    report = gather(
        ledger,
        [Target("meta", "meta", timedelta(hours=48))],
        DAY - timedelta(days=1),
        DAY,
        now=NOON,
        timezone="Europe/Berlin",
        words={"currency_unknown": RuleWords("it is no currency", "mend it", "sales")},
    )
    return report_json(report)


def test_the_page_shows_what_a_report_really_is(shop: Shop) -> None:
    told = re.search(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert told is not None
    assert json.loads(told[1]) == example(shop)


def test_every_name_is_explained_and_no_other(shop: Shop) -> None:
    shown = example(shop)
    destination, run = shown["destinations"][0], shown["runs"][0]
    books = {"orders", "values", "classes", "reasons", "recovered", "remainder"}
    books |= {"faults"}
    shapes = {
        "Report": set(shown),
        "Balance": books,
        "Amount": set(destination["recovered"]),
        "Fault": set(destination["faults"][0]),
        "Destination": set(destination) - books,
        "Day": set(destination["days"][0]) - books,
        "Rule": set(destination["validation"][0]),
        "Groups": set(destination["rejected"]),
        "Group": set(destination["rejected"]["groups"][0]) - {"orders", "values"},
        "Source": set(destination["coverage"][0]),
        "Advice": set(destination["coverage"][0]["advice"]),
        "Score": set(destination["platform_scores"][0]),
        "Run": set(run),
        "Destination of a run": set(run["destinations"][0]),
    }
    assert shapes == explained()


def explained() -> dict[str, set[str]]:
    """The first cells of each table of the page, by the heading above it."""
    parts = PAGE.read_text("utf-8").split("\n### ")[1:]
    return {
        part.partition("\n")[0]: set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE))
        for part in parts
    }


def test_all_classes_are_always_there_also_of_nothing() -> None:
    told = destination_json("meta", "meta", [])
    assert list(told["classes"]) == CLASSES
    assert told["classes"]["missing"] == {"orders": 0, "values": {}}
    assert told["remainder"] == {"orders": 0, "values": {}}
    assert list(told["reasons"]) == ["held", "excluded", "seen_browser"]
    assert told["days"] == []


def test_a_plan_is_told_in_the_same_shape_as_a_report(shop: Shop) -> None:
    counts = [
        a_count(OrderClass.MISSING, 2),
        a_count(OrderClass.EXPIRED, 1, day=None, value=Decimal(0)),
    ]
    told = destination_json("meta", "tiktok", counts)
    assert (told["name"], told["platform"], told["orders"]) == ("meta", "tiktok", 3)
    assert told["classes"]["missing"] == {"orders": 2, "values": {"EUR": "20.00"}}
    assert [day["day"] for day in told["days"]] == ["2026-11-20", None]
    reported = example(shop)["destinations"][0]
    assert set(told) < set(reported)
    assert set(told["days"][0]) == set(reported["days"][0])


def test_money_is_exact_text_with_its_currencys_decimals() -> None:
    counts = [
        a_count(OrderClass.MISSING, 1, value=Decimal("10.100000000")),
        a_count(OrderClass.MISSING, 1, currency="JPY", value=Decimal("900.000000000")),
        a_count(OrderClass.MISSING, 1, currency="KWD", value=Decimal("1.5")),
    ]
    told = destination_json("meta", "meta", counts)
    assert told["values"] == {"EUR": "10.10", "JPY": "900", "KWD": "1.500"}


def test_any_json_writer_can_write_it(shop: Shop) -> None:
    told = example(shop)
    assert told == json.loads(json.dumps(told, allow_nan=False))
