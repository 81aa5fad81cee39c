from pathlib import Path

from capi_jobs.report.contents import RuleWords
from capi_jobs.report.rule_words import rule_words
from capi_jobs.validation.suites import shipped


def test_our_own_rules_all_say_what_is_wrong() -> None:
    words = rule_words()
    assert words == rule_words(shipped())
    assert len(words) > 20
    assert [rule for rule, told in words.items() if not told.says] == []


def test_a_file_that_cannot_be_read_costs_its_words_alone(tmp_path: Path) -> None:
    (tmp_path / "orders.json").write_text("{")
    (tmp_path / "conversions.json").write_text(
        '{"expectations": [{"meta": {"rule": "a", "says": "it is bad"}}, {}]}'
    )
    assert {"a": RuleWords("it is bad")} == rule_words(tmp_path)
    assert rule_words(tmp_path / "nowhere") == {}
