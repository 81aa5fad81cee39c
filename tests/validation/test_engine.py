import pandas as pd
import pytest

from capi_jobs.validation.engine import Engine, make
from capi_jobs.validation.rule import Found, Rule
from capi_jobs.validation.verdict import Severity

PAGE = pd.DataFrame({"t": pd.Series(["1", "x", None], dtype="str")})


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def a_rule(kind: str, severity: Severity = "critical", **kwargs: object) -> Rule:
    name = f"expect_column_values_to_{kind}"
    told = make(name, {"column": "t"} | kwargs, severity, kind)
    return Rule("orders", kind, "t", severity, 1.0, "", "", "", told)


def test_rows_are_named_by_their_place(engine: Engine) -> None:
    rules = [a_rule("not_be_null"), a_rule("be_in_set", value_set=["x"])]
    found = engine.run(rules, PAGE)
    assert found == {
        "not_be_null": Found(evaluated=3, failed=1, rows=(2,)),
        "be_in_set": Found(evaluated=2, failed=1, rows=(0,)),
    }


def test_coverage_counts_and_names_no_row(engine: Engine) -> None:
    found = engine.run([a_rule("not_be_null", "info")], PAGE)
    assert found == {"not_be_null": Found(evaluated=3, failed=1)}


def test_no_rows_are_nothing_to_look_at(engine: Engine) -> None:
    assert engine.run([a_rule("not_be_null")], PAGE[:0]) == {"not_be_null": Found()}


def test_a_rule_that_cannot_run_is_named_with_its_error(engine: Engine) -> None:
    pattern = a_rule("match_regex", regex="(")
    schema = a_rule("match_json_schema", json_schema={})
    faults = engine.trial([pattern, schema, a_rule("not_be_null")], PAGE)
    assert [fault.where for fault in faults] == [
        "orders.json: match_regex",
        "orders.json: match_json_schema",
    ]
    assert faults[1].what == "cannot be run: json.decoder.JSONDecodeError"
