from dataclasses import replace

import pytest

from capi_jobs.validation.verdict import ExpectationResult, SuiteVerdict

RESULT = ExpectationResult(
    suite="orders",
    rule="r",
    column="c",
    severity="warning",
    evaluated=10,
    failed=1,
    mostly=0.9,
    sample=("A",),
)


@pytest.mark.parametrize(
    ("evaluated", "failed", "mostly", "within"),
    [(10, 1, 0.9, True), (10, 2, 0.9, False), (0, 0, 1.0, True), (10, 10, 0.0, True)],
    ids=["just_enough", "too_few", "nothing_looked_at", "anything_goes"],
)
def test_enough_rows_pass(
    evaluated: int, failed: int, mostly: float, within: bool
) -> None:
    result = replace(RESULT, evaluated=evaluated, failed=failed, mostly=mostly)
    assert result.within is within


def test_pages_add_up_by_rule() -> None:
    other = replace(RESULT, rule="s")
    first = SuiteVerdict(
        rows=10, held=1, failures={3: ("r",)}, results=(RESULT,), messages={"r": "x"}
    )
    second = SuiteVerdict(rows=5, held=2, results=(other, RESULT), messages={"s": "y"})
    both = first.merge(second)
    assert (both.rows, both.held, both.failures) == (15, 3, {})
    twice = replace(RESULT, evaluated=20, failed=2, sample=("A", "A"))
    assert both.results == (twice, other)
    assert both.messages == {"r": "x", "s": "y"}


def test_samples_stay_few() -> None:
    many = replace(RESULT, sample=tuple("ABCDEFGHIJKLMNO"))
    assert "".join(many.plus(many).sample) == "ABCDEFGHIJKLMNOABCDE"


def test_the_worst_severity_stands() -> None:
    """A rule that warns holds the rows that cannot be read: on those pages only."""
    held = replace(RESULT, severity="critical")
    assert RESULT.plus(held).severity == held.plus(RESULT).severity == "critical"
