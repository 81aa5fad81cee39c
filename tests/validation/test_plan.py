"""The prepared way answers as the public way does, whatever the rows and the rules."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import great_expectations
import orjson
import pandas as pd
import pytest

from capi_jobs.validation.engine import Engine
from capi_jobs.validation.metrics import COMPARED
from capi_jobs.validation.plan import Plan
from capi_jobs.validation.rule import Found, Rule
from capi_jobs.validation.sample import frames
from capi_jobs.validation.suites import NAMES, read, shipped
from tests.validation.builders import NOW

DIRT: dict[str, Sequence[Any]] = {
    "str": ("", " ", "EUR", "eur", "ORD1", "ORD1", "a\nb", "x" * 300, "-1", "1e3", "é"),
    "float64": (-1.0, 0.0, 0.25, 1.0, 3.0, 1e16, float("inf"), -0.25, 11.0),
    "boolean": (True, False),
    "datetime64[us, UTC]": ("1999-12-31", "2000-01-01", "2026-11-22", "2031-01-01"),
}
COLUMNS = {name: list(page.columns) for name, page in frames(NOW).items()}


def messy(suite: str, rows: int, random: Random) -> pd.DataFrame:
    """Every column is dirt: nulls here and there, everywhere, or nowhere."""
    return pd.DataFrame(
        {name: column(kind, rows, random) for name, kind in dtypes(suite).items()}
    )


def dtypes(suite: str) -> dict[str, str]:
    return {str(n): str(dtype) for n, dtype in frames(NOW)[suite].dtypes.items()}


def column(kind: str, rows: int, random: Random) -> "pd.Series[Any]":
    nulls = random.choice((0, 0.3, 1))
    told = [
        None if random.random() < nulls else random.choice(DIRT[kind])
        for _ in range(rows)
    ]
    if kind.startswith("datetime"):
        return pd.to_datetime(pd.Series(told), utc=True).astype(kind)  # type: ignore[call-overload, no-any-return]
    return pd.Series(told, dtype=kind)


def each_alone(
    engine: Engine, rules: Sequence[Rule], page: pd.DataFrame
) -> dict[str, Found]:
    """Ask the public way, one rule after the other, for everything."""
    found: dict[str, Found] = {}
    for rule in rules:
        told = engine._validate([rule], page, "COMPLETE")[rule.name]
        found[rule.name] = replace(told, rows=()) if rule.severity == "info" else told
    return found


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@pytest.fixture(scope="module")
def ours() -> dict[str, tuple[Rule, ...]]:
    return read(shipped(), COLUMNS)[0]


@pytest.mark.parametrize("suite", NAMES)
def test_every_rule_of_ours_is_prepared(
    ours: dict[str, tuple[Rule, ...]], suite: str
) -> None:
    assert Plan(ours[suite], dtypes(suite)).left == []


@pytest.mark.parametrize("suite", NAMES)
@pytest.mark.parametrize("rows", [40])
def test_our_rules_find_what_each_finds_alone(
    engine: Engine, ours: dict[str, tuple[Rule, ...]], suite: str, rows: int
) -> None:
    page = messy(suite, rows, Random(rows))
    found = Plan(ours[suite], dtypes(suite)).run(page)
    assert each_alone(engine, ours[suite], page) == found


def test_the_version_is_one_that_was_compared() -> None:
    """Another takes the slow way: add it to `COMPARED` when this file is green."""
    assert great_expectations.__version__.rpartition(".")[0] in COMPARED


OWN: dict[str, dict[str, Any]] = {
    "expect_column_values_to_be_null": {"column": "fault"},
    "expect_column_values_to_not_be_in_set": {
        "column": "currency",
        "value_set": ["EUR"],
        "mostly": 0.9,
    },
    "expect_column_value_lengths_to_equal": {"column": "currency", "value": 3},
    "expect_column_values_to_match_regex_list": {
        "column": "channel",
        "regex_list": ["^E", "(?<=O)R"],
    },
    "expect_column_values_to_be_between": {
        "column": "value_number",
        "min_value": 0,
        "row_condition": {
            "type": "comparison",
            "column": {"name": "currency"},
            "operator": "==",
            "parameter": "EUR",
        },
        "mostly": 0.5,
    },
    "expect_column_values_to_be_increasing": {"column": "items_count"},
    "expect_column_pair_values_to_be_equal": {
        "column_A": "order_id",
        "column_B": "event_id",
        "ignore_row_if": "either_value_is_missing",
    },
    "expect_column_pair_values_a_to_be_greater_than_b": {
        "column_A": "value_number",
        "column_B": "items_count",
        "or_equal": True,
    },
    "expect_select_column_values_to_be_unique_within_record": {
        "column_list": ["order_id", "event_id", "status"],
        "ignore_row_if": "any_value_is_missing",
    },
    "expect_compound_columns_to_be_unique": {"column_list": ["order_id", "status"]},
    "expect_multicolumn_sum_to_equal": {
        "column_list": ["items_count", "identifiers_count"],
        "sum_total": 1,
    },
}


def own_rules(folder: Path, told: dict[str, dict[str, Any]]) -> tuple[Rule, ...]:
    severities = ("critical", "warning", "info")
    expectations = [
        {"type": kind, "kwargs": kwargs, "severity": severities[i % 3]}
        for i, (kind, kwargs) in enumerate(told.items())
    ]
    suite = {"name": "orders", "expectations": expectations}
    (folder / "orders.json").write_bytes(orjson.dumps(suite))
    (folder / "conversions.json").write_bytes(b'{"expectations": []}')
    found, faults = read(folder, COLUMNS)
    assert not faults
    return found["orders"]


# No rule of these can be prepared: of the first there is no metric for pandas, the
# second's bound is another on each page.
UNFIT: dict[str, dict[str, Any]] = {
    "expect_column_values_to_match_like_pattern": {
        "column": "status",
        "like_pattern": "a%",
    },
    "expect_column_values_to_be_between": {
        "column": "completed_at",
        "min_value": {"$PARAMETER": "now() - timedelta(weeks=1)"},
    },
}
# Most text is no JSON: the rule breaks while it looks at the rows.
BREAKING: dict[str, dict[str, Any]] = {
    "expect_column_values_to_match_json_schema": {
        "column": "event_id",
        "json_schema": {"type": "number"},
    }
}

NULLS = {"expect_column_values_to_not_be_null": {"column": "event_id"}}


@pytest.mark.parametrize("rows", [40])
def test_rules_of_users_find_what_each_finds_alone(
    tmp_path: Path, engine: Engine, rows: int
) -> None:
    rules = own_rules(tmp_path, OWN)
    page = messy("orders", rows, Random(rows))
    plan = Plan(rules, dtypes("orders"))
    assert plan.left == []
    assert each_alone(engine, rules, page) == plan.run(page)


def test_rules_that_do_not_fit_take_the_public_way(
    tmp_path: Path, engine: Engine
) -> None:
    rules = own_rules(tmp_path, {**UNFIT, **NULLS})
    assert list(rules[:2]) == Plan(rules, dtypes("orders")).left
    page = messy("orders", 40, Random(1))
    assert each_alone(engine, rules, page) == engine.run(rules, page)


def test_a_rule_that_breaks_leaves_the_others_as_they_are(
    tmp_path: Path, engine: Engine
) -> None:
    rules = own_rules(tmp_path, {**BREAKING, **NULLS})
    page = messy("orders", 40, Random(1)).assign(event_id="x")
    found = engine.run(rules, page)
    assert each_alone(engine, rules, page) == found
    assert [bool(found[rule.name].error) for rule in rules] == [True, False]
