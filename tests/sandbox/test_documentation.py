"""docs/sandbox.md tells what is so: its examples run, its tables are complete."""

import doctest
import re
from pathlib import Path
from typing import get_args

import pytest

from capi_jobs.sandbox import SandboxSettings, meta, snapchat, tiktok
from capi_jobs.sandbox.faults import Action, Rule, Rules
from tests.sandbox.builders import Shop, snapchat_event

PAGE = (Path(__file__).parents[2] / "docs/sandbox.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def first_column(heading: str) -> set[str]:
    """The names in code of a table's first column."""
    table = PAGE.partition(f"| {heading} |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (.*?) \|", table, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_the_examples_do_what_they_show() -> None:
    text = "\n".join(blocks("pycon"))
    example = doctest.DocTestParser().get_doctest(text, {}, "sandbox.md", None, 0)
    told: list[str] = []

    doctest.DocTestRunner().run(example, out=told.append)

    assert told == []
    assert len(example.examples) > 15


def test_the_script_can_be_read() -> None:
    assert len(Rules.validate_json(blocks("json")[1])) == 3


def test_every_fault_and_every_field_of_a_rule_is_told() -> None:
    assert first_column("fault") == set(get_args(Action))
    assert first_column("field") == set(Rule.model_fields)


def test_counted_has_the_fields_that_are_told(shop: Shop) -> None:
    shop.snapchat(snapchat_event())
    shop.snapchat(snapchat_event())
    counted = shop.counted("snapchat")
    names = re.findall(r'"(\w+)":', blocks("json")[0])

    assert [*counted, *counted["events"][0]] == names


@pytest.mark.parametrize(
    "limits",
    [
        f"| {meta.EVENTS_MAX} | {tiktok.EVENTS_MAX} | {snapchat.EVENTS_MAX} |",
        f"| {meta.AGE_MAX // 86400} days; store {meta.STORE_AGE_MAX // 86400} |",
        f"| {SandboxSettings().tiktok_age_max.days} days (setting) ",
        f"| {SandboxSettings().snapchat_age_max.days} days (setting) |",
    ],
)
def test_the_limits_are_those_of_the_code(limits: str) -> None:
    assert limits in PAGE
