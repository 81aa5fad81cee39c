from collections.abc import Mapping
from pathlib import Path

import orjson
import pytest

from capi_jobs.errors import ConfigFault
from capi_jobs.validation import Validator
from capi_jobs.validation.rule import Fault
from capi_jobs.validation.suites import NAMES, read, refuse, shipped
from tests.validation.builders import NOW

NOT_NULL = {
    "type": "expect_column_values_to_not_be_null",
    "kwargs": {"column": "order_id"},
}
COLUMNS = {"orders": ["order_id"], "conversions": ["order_id"]}


def write(folder: Path, *expectations: object, conversions: bytes = b"") -> Path:
    told = {"name": "orders", "expectations": expectations}
    (folder / "orders.json").write_bytes(orjson.dumps(told))
    (folder / "conversions.json").write_bytes(conversions or b'{"expectations": []}')
    return folder


def test_our_suites_are_found_and_whole() -> None:
    assert [name for name in NAMES if not (shipped() / f"{name}.json").is_file()] == []


def test_an_installed_package_carries_the_suites() -> None:
    project = Path(__file__).parents[2] / "pyproject.toml"
    assert '"expectations" = "capi_jobs/expectations"' in project.read_text("utf-8")


def test_a_rule_without_meta_has_a_name_and_words(tmp_path: Path) -> None:
    suites, faults = read(write(tmp_path, NOT_NULL), COLUMNS)
    rule = suites["orders"][0]
    expected = "expect_column_values_to_not_be_null:order_id"
    assert not faults
    assert (expected, "critical", 1.0) == (rule.name, rule.severity, rule.mostly)
    assert f"the rule {expected} is broken" == rule.says


def between(**kwargs: object) -> Mapping[str, object]:
    return {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "order_id", **kwargs},
        "meta": {"rule": "mine"},
    }


FAULTY: list[tuple[str, object, str]] = [
    ("text", "expect_it", 'expectation 1: wants {"type": …, "kwargs": …}'),
    ("no_type", {"kwargs": {}}, 'expectation 1: wants {"type": …, "kwargs": …}'),
    ("kwargs", NOT_NULL | {"kwargs": [1]}, "kwargs and meta are objects"),
    (
        "unknown_column",
        {
            "type": "expect_column_pair_values_to_be_equal",
            "kwargs": {"column_A": "order_id", "column_B": "emial"},
        },
        "no such column: emial",
    ),
    (
        "unknown_columns",
        {
            "type": "expect_compound_columns_to_be_unique",
            "kwargs": {"column_list": ["order_id", "a", "b"]},
        },
        "no such column: a, b",
    ),
    (
        "severity",
        NOT_NULL | {"severity": "fatal"},
        "severity is one of critical, warning, info",
    ),
    (
        "unknown_type",
        {"type": "expect_magic", "kwargs": {"column": "order_id"}},
        "Great Expectations knows no expect_magic",
    ),
    (
        "whole_table",
        {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}},
        "is about a whole table",
    ),
    ("kwarg", between(min=1), "extra fields not permitted"),
    ("mostly", between(min_value=1, mostly=2), "(mine)"),
]


@pytest.mark.parametrize(
    ("told", "words"), [c[1:] for c in FAULTY], ids=[c[0] for c in FAULTY]
)
def test_a_faulty_expectation_is_named(
    tmp_path: Path, told: object, words: str
) -> None:
    _, faults = read(write(tmp_path, told), COLUMNS)
    assert len(faults) == 1
    assert str(faults[0]).startswith(f"{tmp_path / 'orders.json'}: expectation 1")
    assert words in str(faults[0])


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (b"{", "is no JSON"),
        (b"[]", 'wants {"name": …, "expectations": [ … ]}'),
        (b'{"expectations": 1}', 'wants {"name": …, "expectations": [ … ]}'),
    ],
    ids=["no_json", "no_object", "no_list"],
)
def test_a_faulty_file_is_named(tmp_path: Path, told: bytes, words: str) -> None:
    _, faults = read(write(tmp_path, conversions=told), COLUMNS)
    assert [tmp_path / "conversions.json"] == [Path(f.where) for f in faults]
    assert words in faults[0].what


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    _, faults = read(tmp_path, COLUMNS)
    expected = "cannot be read: No such file or directory"
    assert [expected, expected] == [f.what for f in faults]


def test_a_rule_name_stands_for_one_rule(tmp_path: Path) -> None:
    _, faults = read(write(tmp_path, NOT_NULL, NOT_NULL), COLUMNS)
    assert [f.what for f in faults] == ["two expectations have this rule name"]


def test_all_faults_of_both_files_are_told_at_once(tmp_path: Path) -> None:
    pattern = {
        "type": "expect_column_values_to_match_regex",
        "kwargs": {"column": "order_id", "regex": "("},
        "meta": {"rule": "open"},
    }
    write(tmp_path, FAULTY[3][1], NOT_NULL, pattern, conversions=b"{")
    with pytest.raises(ConfigFault) as caught:
        Validator(tmp_path, now=NOW, match_keys=()).check()
    told = str(caught.value)
    assert told.startswith("3 fault(s) in the expectations")
    assert "no such column: emial" in told
    assert "conversions.json: is no JSON" in told
    assert "orders.json: open: cannot be run" in told
    assert "docs/expectations.md" in told


def test_no_fault_is_no_refusal() -> None:
    refuse([])
    with pytest.raises(ConfigFault, match="a: b"):
        refuse([Fault("a", "b")])
