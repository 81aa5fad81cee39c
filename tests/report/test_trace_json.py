"""Every name of the trace is in the page, and nothing else is told."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from capi_jobs.audit import Finding, Kind
from capi_jobs.audit.counting import Counted
from capi_jobs.ledger.values import HoldRow, Override
from capi_jobs.lifecycle import Status
from capi_jobs.model import OrderClass
from capi_jobs.reconcile import AskedOrder
from capi_jobs.report.trace_json import trace_json
from capi_jobs.report.traces import Trace, TracedDestination, TracedOrder
from tests.config.building import settings

PAGE = (Path(__file__).parents[2] / "docs" / "audit.md").read_text("utf-8")
TOLD = set(re.findall(r"`(\w+)`", PAGE))
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
ONE = settings().destinations[0]
FINDING = Finding(
    kind=Kind.MISALIGNED,
    cause="cents",
    order_id="DE-1001",
    event_ids=("e-1",),
    day=date(2026, 11, 20),
    currency="EUR",
    value=Decimal("10.5"),
    detail="",
)
DECISION = AskedOrder(
    order_id="DE-1001",
    event_id="e-1",
    order_class=OrderClass.SEEN_BROWSER,
    reason="",
    day=date(2026, 11, 20),
    value=Decimal("10.5"),
    currency="EUR",
)
HOLD = HoldRow(
    destination="meta-web",
    order_id="DE-1001",
    rule="value_negative",
    rules=("value_negative",),
    message="the value is negative",
    day=date(2026, 11, 20),
    value=Decimal("10.5"),
    currency="EUR",
    run_first_seen="r1",
    run_last_seen="r1",
    first_seen_at=AT,
    last_seen_at=AT,
    ended_at=None,
    ended_how=None,
)
MOVE = {
    "at": AT,
    "destination": "meta-web",
    "batch_id": "0193-4a5b",
    "from_status": "in_flight",
    "event": "accepted",
    "to_status": "delivered",
    "actor": "nightly",
    "reason": "",
    "trace_id": "AbC123",
    "run_id": "r1",
}


def traced(**changes: Any) -> Trace:  # noqa: ANN401 - as many kinds as fields
    known: dict[str, Any] = {
        "destination": ONE,
        "decision": DECISION,
        "events": ({"event_id": "e-1", "value": "1050", "ip": "203.0.113.7"},),
        "entries": ({"status": Status.DELIVERED, "value": Decimal("10.5")},),
        "hold": HOLD,
        "override": Override("meta-web", "DE-1001", "block", "*", "dora", "no", AT),
        "findings": (FINDING,),
        "corrections": (),
        "counted": Counted(1, 2, ("an answer was lost",)),
        **changes,
    }
    return Trace(
        order_id="DE-1001",
        order=TracedOrder(facts={"value": "10.5"}, filled=("email",), empty=(), rows=1),
        destinations=(TracedDestination(**known),),
        history=(MOVE,),
    )


@pytest.fixture
def told() -> dict[str, Any]:
    document: dict[str, Any] = trace_json(traced())
    return document


def test_every_name_is_in_the_page(told: dict[str, Any]) -> None:
    [one] = told["destinations"]

    assert {*told, *one, *told["order"], *one["decision"], *one["counted"]} <= TOLD


def test_values_are_exact_text_and_times_are_utc(told: dict[str, Any]) -> None:
    [one] = told["destinations"]

    assert (one["entries"][0]["value"], one["entries"][0]["status"]) == (
        "10.5",
        "delivered",
    )
    assert told["history"][0]["at"] == "2026-11-20T12:00:00Z"
    assert one["counted"] == {
        "least": 1,
        "most": 2,
        "unsure": ("an answer was lost",),
    }


def test_only_known_columns_of_an_event_are_told(told: dict[str, Any]) -> None:
    """A log may have any column, and who visited is none of this."""
    [one] = told["destinations"]

    assert "203.0.113.7" not in str(one)
    assert one["events"][0]["value"] == "1050"


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({}, True),
        ({"findings": ()}, False),
    ],
)
def test_a_finding_needs_a_person(changes: dict[str, object], needed: bool) -> None:
    assert trace_json(traced(**changes))["needs_person"] == needed


def test_what_nobody_needs_to_do_needs_nobody() -> None:
    consent = Finding(
        kind=Kind.MISSING,
        cause="consent",
        order_id="DE-1001",
        event_ids=(),
        day=None,
        currency="EUR",
        value=Decimal(0),
        detail="",
    )

    assert not trace_json(traced(findings=(consent,)))["needs_person"]
