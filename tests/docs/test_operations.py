"""The runbook knows every class, reason, rule of the gate and error there is."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from capi_jobs import errors, gate
from capi_jobs.cli import screen
from capi_jobs.ledger.values import BLOCK
from capi_jobs.model import OrderClass
from capi_jobs.orders import choosing
from capi_jobs.reconcile import classing

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")

ERRORS = [
    name
    for name, one in vars(errors).items()
    if inspect.isclass(one) and one is not errors.CapiJobsError
    if issubclass(one, errors.CapiJobsError)
]


def rules_of_the_gate() -> list[str]:
    """Read the first argument of each GateReason in the source."""
    calls = [
        node
        for node in ast.walk(ast.parse(inspect.getsource(gate)))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "GateReason"
    ]
    return [ast.unparse(call.args[0]).strip("'") for call in calls]


def exclusions() -> list[str]:
    """Read what `exclusion` returns in the source, and what a person adds."""
    source = inspect.getsource(choosing.exclusion)
    named = re.findall(r'(?:return|else) "(\w+)"', source)
    return [*named, f"{BLOCK}ed"]


@pytest.mark.parametrize("name", ERRORS)
def test_each_error_has_a_line(name: str) -> None:
    assert f"*{name}*" in PAGE


@pytest.mark.parametrize("order_class", OrderClass)
def test_each_class_of_orders_has_a_line(order_class: OrderClass) -> None:
    assert f"\n| `{order_class}` |" in PAGE


@pytest.mark.parametrize("reason", exclusions())
def test_each_reason_for_excluding_has_a_line(reason: str) -> None:
    assert f"\n| `{reason}` |" in PAGE


def test_there_are_as_many_reasons_for_excluding_as_reconcile_knows() -> None:
    assert len(exclusions()) == 6
    assert f"'{exclusions()[-1]}'" in inspect.getsource(classing)


@pytest.mark.parametrize(
    "reason", ["other_event_id", "outside_window", "event_id_shared"]
)
def test_each_reason_beside_seen_in_the_browser_is_said(reason: str) -> None:
    assert f"'{reason}'" in inspect.getsource(classing)
    assert f"`{reason}`" in PAGE


@pytest.mark.parametrize("rule", rules_of_the_gate())
def test_each_rule_of_the_gate_has_a_line(rule: str) -> None:
    """The rule that stands for an expectation ends in its name."""
    named = rule.partition("{")[0].removeprefix("f'")
    shown = f"{named}…" if "{" in rule else named

    assert f"\n| `{shown}` |" in PAGE


def test_the_gate_has_the_rules_that_were_found() -> None:
    assert len(rules_of_the_gate()) == 10


def test_each_exit_code_has_a_line() -> None:
    codes = (screen.DONE, screen.FAILED, screen.USAGE, screen.PERSON_NEEDED)

    assert [c for c in codes if f"\n| {c} |" not in PAGE] == []
