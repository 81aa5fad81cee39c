"""From what the row reader and the rules found to one verdict; plain data, pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from capi_jobs.model import RowFault
from capi_jobs.validation.columns import encodable
from capi_jobs.validation.rule import Found, Rule
from capi_jobs.validation.verdict import SAMPLE_MAX, ExpectationResult, SuiteVerdict

Finding = tuple[Rule, Found]


def with_faults(
    findings: Sequence[Finding],
    faults: Mapping[int, tuple[RowFault, ...]],
    rows: int,
) -> list[Finding]:
    """Add the row reader's faults; one that a rule names too stands there."""
    unread = _by_rule(faults)
    named = {rule.name for rule, _ in findings}
    alone = [
        (_rule(fault), Found(evaluated=rows, failed=len(held), rows=tuple(held)))
        for name, (fault, held) in unread.items()
        if name not in named
    ]
    both = [
        _both(rule, found, unread[rule.name][1], rows)
        if rule.name in unread
        else (rule, found)
        for rule, found in findings
    ]
    return alone + both


def verdict(
    findings: Sequence[Finding], order_ids: Sequence[str | None]
) -> SuiteVerdict:
    """Say which rows are held by which rules, in the order of the findings."""
    held: defaultdict[int, list[str]] = defaultdict(list)
    for rule, found in findings:
        if rule.severity == "critical":
            for row in found.rows:
                held[row].append(rule.name)
    return SuiteVerdict(
        rows=len(order_ids),
        held=len(held),
        failures={row: tuple(held[row]) for row in sorted(held)},
        results=tuple(_result(rule, found, order_ids) for rule, found in findings),
        messages={rule.name: rule.says for rule, _ in findings},
    )


def _by_rule(
    faults: Mapping[int, tuple[RowFault, ...]],
) -> dict[str, tuple[RowFault, list[int]]]:
    found: dict[str, tuple[RowFault, list[int]]] = {}
    for row in sorted(faults):
        for name, fault in {f.rule: f for f in faults[row]}.items():
            found.setdefault(name, (fault, []))[1].append(row)
    return found


def _rule(fault: RowFault) -> Rule:
    return Rule(
        suite="orders",
        name=fault.rule,
        column="",
        severity="critical",
        mostly=1.0,
        says=fault.message,
        do="mend the row in the view of the orders",
        ask="the owner of the orders' view",
        expectation=None,
    )


def _both(rule: Rule, found: Found, unread: Sequence[int], rows: int) -> Finding:
    """Hold what either says: an unreadable row cannot go out, whatever the suite."""
    together = tuple(sorted({*found.rows, *unread}))
    counts = Found(evaluated=rows, failed=len(together), rows=together)
    return replace(rule, severity="critical"), counts


def _result(
    rule: Rule, found: Found, order_ids: Sequence[str | None]
) -> ExpectationResult:
    some = [order_ids[row] for row in found.rows[:SAMPLE_MAX]]
    return ExpectationResult(
        suite=rule.suite,
        rule=rule.name,
        column=rule.column,
        severity=rule.severity,
        evaluated=found.evaluated,
        failed=found.failed,
        mostly=rule.mostly,
        says=rule.says,
        do=rule.do,
        ask=rule.ask,
        sample=tuple(encodable(one)[:_ID_CHARACTERS_MAX] for one in some if one),
    )


# Enough to find the order: dirt is 10,000 characters long. Holds have the whole id.
_ID_CHARACTERS_MAX = 64
