"""What comes out: groups in order of precedence, with worth and samples."""

from decimal import Decimal

from capi_jobs.audit import Kind
from capi_jobs.audit.result import SAMPLES_MAX
from tests.audit.building import audit, event, one_class, order


def test_groups_stand_in_order_of_precedence_with_values_by_currency() -> None:
    orders = [
        order("DE-1001", status="pending", value="1"),
        order("DE-1002", status="pending", value="2", currency="USD"),
        order("DE-1003", status="pending", value="4"),
        order("DE-1004"),
    ]
    events = [event(one["order_id"], value=one["value"]) for one in orders[:3]]
    lost = [one_class("DE-1004", **{"class": "missing"})]

    with audit(orders, events, classes=lost) as made:
        never, unpaid = made.groups

    assert (never.cause.name, unpaid.cause.name) == ("never_fired", "unpaid")
    assert unpaid.values == {"EUR": Decimal(5), "USD": Decimal(2)}
    assert unpaid.samples == ("DE-1003", "DE-1002", "DE-1001")


def test_the_worst_of_a_cause_come_first_and_are_as_many_as_asked_for() -> None:
    values = {"DE-1001": "1", "DE-1002": "9", "DE-1003": "4"}
    orders = [order(name, value=value) for name, value in values.items()]
    classes = [
        one_class(name, value=value, **{"class": "missing"})
        for name, value in values.items()
    ]

    with audit(orders, classes=classes) as made:
        [group] = made.groups
        worst = list(made.worst(group, 2))

    assert [(one.order_id, one.value) for one in worst] == [
        ("DE-1002", Decimal(9)),
        ("DE-1003", Decimal(4)),
    ]


def test_samples_are_few_and_findings_are_all() -> None:
    orders = [order(f"DE-{n}") for n in range(1000, 1030)]
    classes = [
        one_class(one["order_id"] or "", **{"class": "missing"}) for one in orders
    ]

    with audit(orders, classes=classes) as made:
        [group] = made.groups
        findings = list(made.findings())

    assert (group.orders, len(group.samples), len(findings)) == (30, SAMPLES_MAX, 30)
    assert {one.kind for one in findings} == {Kind.MISSING}


def test_findings_can_be_read_twice() -> None:
    with audit([order(status="pending")], [event()]) as made:
        assert list(made.findings()) == list(made.findings()) != []
