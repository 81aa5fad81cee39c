"""Reconcile's classes as reasons for being nowhere."""

from decimal import Decimal

import pytest

from tests.audit.building import audit, event, found, one_class, order

ID = "DE-1001"


@pytest.mark.parametrize(
    ("order_class", "reason", "cause"),
    [
        ("missing", "", "never_fired"),
        ("expired", "", "expired"),
        ("held", "value_negative", "quarantined"),
        ("rejected", "", "rejected"),
        ("in_doubt", "", "in_doubt"),
        ("excluded", "consent_denied", "consent"),
        ("excluded", "consent_unknown", "consent"),
        ("excluded", "blocked", "blocked"),
    ],
)
def test_each_class_has_its_cause(order_class: str, reason: str, cause: str) -> None:
    classes = [one_class(**{"class": order_class, "reason": reason})]

    assert found([order()], classes=classes) == {f"missing/{cause}": {ID}}


@pytest.mark.parametrize(
    ("order_class", "reason"),
    [
        ("delivered", ""),
        ("seen_browser", ""),
        ("seen_server", ""),
        ("in_flight", ""),
        ("excluded", "status"),
        ("excluded", "test"),
        ("excluded", "channel"),
    ],
)
def test_what_is_counted_or_not_owed_is_not_missing(
    order_class: str, reason: str
) -> None:
    classes = [one_class(**{"class": order_class, "reason": reason})]

    assert found([order()], classes=classes) == {}


@pytest.mark.parametrize(
    "told", [event("de-1001"), event(event_name="PlaceAnOrder")], ids=["id", "name"]
)
def test_what_was_told_in_another_writing_is_not_nowhere(
    told: dict[str, str | None],
) -> None:
    classes = [one_class(**{"class": "missing"})]

    assert {
        kind.partition("/")[0] for kind in found([order()], [told], classes=classes)
    } == {"misaligned"}


def test_a_rejected_order_is_missing_whoever_else_told_of_it() -> None:
    classes = [one_class(**{"class": "rejected"})]

    assert found([order()], [event()], classes=classes) == {"missing/rejected": {ID}}


def test_rows_without_id_count_as_one_order_without_id() -> None:
    classes = [one_class(None, **{"class": "missing", "currency": ""})]

    assert found([order(None)], classes=classes) == {"missing/never_fired": {""}}


def test_the_rule_and_the_value_are_told() -> None:
    held = one_class(**{"class": "held", "reason": "value_negative", "value": "7.25"})
    with audit([order()], classes=[held]) as made:
        [finding] = made.findings()

    assert (finding.detail, finding.value) == ("value_negative", Decimal("7.25"))
