from capi_jobs.model import RowFault
from capi_jobs.validation.judging import verdict, with_faults
from capi_jobs.validation.rule import Found, Rule
from capi_jobs.validation.verdict import Severity


def a_rule(name: str, severity: Severity = "critical") -> Rule:
    return Rule("orders", name, "c", severity, 0.9, f"{name}!", "do", "ask", None)


def test_only_critical_rules_hold_rows() -> None:
    found = Found(evaluated=3, failed=1, rows=(1,))
    told = verdict([(a_rule("w", "warning"), found), (a_rule("c"), found)], ["A"] * 3)
    assert told.failures == {1: ("c",)}
    assert [r.failed for r in told.results] == [1, 1]


def test_rules_of_a_row_stand_in_the_suites_order() -> None:
    first, second = (a_rule("b"), Found(2, 2, (0, 1))), (a_rule("a"), Found(2, 1, (1,)))
    told = verdict([first, second], ["A", "B"])
    assert told.failures == {0: ("b",), 1: ("b", "a")}
    assert told.held == 2


def test_faults_come_first_and_once_per_row() -> None:
    fault = RowFault("unreadable", "no")
    findings = with_faults([(a_rule("c"), Found(2, 1, (1,)))], {1: (fault, fault)}, 2)
    told = verdict(findings, ["A", None])
    assert told.failures == {1: ("unreadable", "c")}
    assert [(r.rule, r.failed, r.sample) for r in told.results] == [
        ("unreadable", 1, ()),
        ("c", 1, ()),
    ]


def test_a_fault_makes_its_namesake_critical() -> None:
    faults = {0: (RowFault("w", "no"),)}
    findings = with_faults([(a_rule("w", "warning"), Found(2, 1, (1,)))], faults, 2)
    told = verdict(findings, ["A", "B"])
    assert told.failures == {0: ("w",), 1: ("w",)}
    assert told.messages == {"w": "w!"}
