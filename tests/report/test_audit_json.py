"""Every name of the JSON is in the page, and money is exact text."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from capi_jobs.report.audit_json import (
    CORRECTION_COLUMNS,
    FINDING_COLUMNS,
    audits_json,
    correction_row,
    finding_row,
)
from capi_jobs.report.audits import audit_report
from tests.audit.building import DAY, audit, entry, event, order, server

PAGE = (Path(__file__).parents[2] / "docs" / "audit.md").read_text("utf-8")
TOLD = set(re.findall(r"`(\w+)`", PAGE))
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
ORDERS = [order(), order("DE-1002", value="8"), order("DE-1003", status="refunded")]
EVENTS = [event(event_id="px"), server(), event("DE-1003")]


@pytest.fixture(scope="module")
def made() -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The document, and the rows of both exports."""
    with audit(ORDERS, EVENTS, entries=[entry("DE-1002")], classes=[]) as found:
        report = audit_report(
            found, destination="meta-web", platform="meta", interval=DAY
        )
        findings = [finding_row("meta-web", one) for one in found.findings()]
        wrong = [correction_row("meta-web", one) for one in found.corrections()]
    return audits_json([report], AT), [*findings, *wrong]


def names(value: object) -> Iterator[str]:
    """Names of every level, but for what is data: causes, logs, classes, currencies."""
    if isinstance(value, list):
        for one in value:
            yield from names(one)
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            if name not in {"values", "names", "classes", "reasons", "rates"}:
                yield from names(inner)


BALANCE = {"recovered", "remainder", "faults", "classes", "reasons"}  # report-json.md


def test_every_name_is_in_the_page(
    made: tuple[dict[str, Any], list[dict[str, str]]],
) -> None:
    document, _ = made
    [destination] = document["destinations"]

    assert set(names(document)) - TOLD - BALANCE == {"log"}
    assert set(destination["rates"]["missing"]) <= TOLD


def test_exports_have_the_columns_of_the_page(
    made: tuple[dict[str, Any], list[dict[str, str]]],
) -> None:
    _, rows = made

    assert {tuple(row) for row in rows} == {
        tuple(FINDING_COLUMNS),
        tuple(CORRECTION_COLUMNS),
    }
    assert {*FINDING_COLUMNS, *CORRECTION_COLUMNS} <= TOLD


def test_rows_can_be_written_as_csv(
    made: tuple[dict[str, Any], list[dict[str, str]]],
) -> None:
    writer = csv.DictWriter(io.StringIO(), FINDING_COLUMNS)

    assert all(
        writer.writerow(row) for row in made[1] if set(row) == set(FINDING_COLUMNS)
    )


def test_money_is_text_and_times_are_utc(
    made: tuple[dict[str, Any], list[dict[str, str]]],
) -> None:
    document, _ = made
    [one] = document["destinations"]

    assert document["generated_at"] == "2026-11-23T12:00:00Z"
    assert one["rates"]["duplicated"]["values"] == {"EUR": "10.50"}
    assert one["corrections"]["groups"] == [
        {"cause": "value", "currency": "EUR", "orders": 1, "overstated": "2.50"}
    ]


def test_what_is_in_no_column_is_listed_by_order(
    made: tuple[dict[str, Any], list[dict[str, str]]],
) -> None:
    document, _ = made
    [one] = document["destinations"]

    assert (document["closes"], document["needs_person"]) == (False, True)
    left = one["balance"]["remainder_orders"]
    assert [(each["order_id"], each["why"]) for each in left] == [
        ("DE-1001", "no_column"),
        ("DE-1002", "no_column"),
        ("DE-1003", "no_column"),
    ]
    assert one["balance"]["remainder"]["orders"] == 3
